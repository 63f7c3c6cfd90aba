// The options of `cyclone train`.

#include "cli/train_options.h"

#include <cyclone/base/arguments.h>
#include <cyclone/base/error.h>
#include <cyclone/optim/parse.h>
#include <cyclone/schedule/parse.h>
#include <cyclone/train/recorder.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "cli/image_source.h"
#include "cli/process.h"
#include "cli/shared.h"

namespace cyclone::cli {
namespace {

// What the options were called in folders of the program `train`, before `cyclone`.
constexpr std::pair<const char*, const char*> kFormerNames[] = {
    {"--batch", "--batch-size"}, {"--balance", "--rebalance"}, {"--size", "--resize"}, {"--split-seed", "--data-seed"}};

constexpr double kSwaStart = 0.75;  // of the run
constexpr const char* kStarts =
    "expected a part of the run such as 0.75, or a length such as 9epochs or 4000 (updates), got '";

void check_values(const TrainSettings& s) {
    const auto positive = [](std::int64_t value, const char* option) {
        check<UsageError>(value >= 1, option, "expected at least 1, got ", value);
    };
    check<UsageError>(!s.data.empty(), "DATA", "expected the data to train on: a folder or a file (see --help)");
    positive(s.epochs, "--epochs");
    positive(s.batch_size, "--batch-size");
    if (s.threads != 0) check_threads(s.threads);
    positive(s.accumulate, "--accumulate");
    check<UsageError>(s.slice.value_or(0) >= 0 && s.slice.value_or(0) % 4 == 0, "--slice",
                      "expected a multiple of 4, or 0 for whole batches, got ", s.slice.value_or(0));
    check<UsageError>(s.batch_size <= std::numeric_limits<std::int64_t>::max() / s.accumulate, "--accumulate",
                      "expected fewer images per update, got ", s.accumulate, " times ", s.batch_size);
    check<UsageError>(s.patience >= 0, "--patience", "expected at least 1, or 0 for none, got ", s.patience);
    check<UsageError>(s.max_lr > 0 && std::isfinite(s.max_lr), "--max-lr", "expected a number above 0, got ", s.max_lr);
    check<UsageError>(s.momentum >= 0 && s.momentum < 1, "--momentum", "expected a value in [0, 1), got ", s.momentum);
    check<UsageError>(s.weight_decay >= 0 && std::isfinite(s.weight_decay), "--weight-decay",
                      "expected a number >= 0, got ", s.weight_decay);
    try {
        train::parse_recorders(s.record);
    } catch (const UsageError& error) {
        fail<UsageError>("--record", error.what());
    }
    try {
        optim::registry().row(name_in(s.optimizer));
    } catch (const UsageError& error) {
        fail<UsageError>("--optimizer", error.what());
    }
}

void add_data_options(Options& options, TrainSettings& s, DataOptions& data) {
    options
        .option("DATA", s.data,
                "data in one of the formats that `cyclone help formats` lists, such as a folder of images with one "
                "subfolder per class (perhaps below train, val, test)")
        .usual();
    options.group("Data");
    options
        .option("--validation PART", s.validation,
                "fraction of the training images, or other data (default: the data's own validation set, else 0.15)")
        .usual();
    options
        .option("--test PART", s.test,
                "fraction, other data, or 0 for none (default: the data's own test set, else 0.15)")
        .usual();
    options.option("--data-seed", s.data_seed, "of the choice of validation and test images");
    options.option("--positive CLASS", s.positive,
                   "name or number of the class, of two, that the metrics are about (default: the second)");
    data.add_meaning(options);
    data.add_image_files(options);
}

void add_training_options(Options& options, TrainSettings& s) {
    options.group("Training");
    options.option("--model", s.model, kModelHelp).usual();
    options.option(
        "--init WEIGHTS", s.init,
        "start from these weights, also NAME.onnx, as far as they fit the network (whose --model is theirs unless "
        "given)");
    options.option("--init-layout NAME", s.layout,
                   "order of the elements in --init: cyclone or pytorch (default: what the file says)");
    options.option("--freeze PATTERNS", s.freeze,
                   "layers that stay as they are, by the names of their tensors, such as 'conv1.*,conv2.*'; head is "
                   "the last layer with parameters");
    options.option("--unfreeze PATTERNS", s.unfreeze,
                   "train the layers of the first pattern alone, and with each cycle (or epoch) those of one pattern "
                   "more: 'head,3.*,*'");
    options.option(
        "--parameter-groups GROUPS", s.groups,
        "hyper-parameters of some layers as multiples of the others': 'head:lr*10,weight-decay*0,0.*:lr*0.1'");
    options.option("--schedule", s.schedule, "of the learning rate").usual();
    options.option("--base-lr", s.base_lr, "lowest rate of a cycle (default: a fifteenth of --max-lr)").usual();
    options.option("--max-lr", s.max_lr, "highest rate of a cycle").usual();
    options.option("--step-size LENGTH", s.step_size, "half a cycle: 2epochs, or 4000 (updates)");
    options
        .option("--find-lr", s.find_lr,
                "the rates that find-lr finds (with three seeds from --seed on) replace --base-lr and --max-lr")
        .usual();
    options.option("--optimizer", s.optimizer, "such as sgd:momentum=0.9 or adamw:weight-decay=0.05");
    options.option("--momentum", s.momentum, "of sgd");
    options.option("--weight-decay", s.weight_decay, "of the optimizer");
    options.option("--rebalance METHOD", s.rebalance, "against unbalanced classes");
    options.option("--augment", s.augment, "random changes of the training images, such as flip,shift:2").usual();
    options.option("--epochs", s.epochs, "passes over the training images").usual();
    options.option("--batch-size", s.batch_size, "images per update");
    options.option("--accumulate N", s.accumulate, "N batches per update, for batches that do not fit into memory");
    options.option(
        "--slice N", s.slice,
        "images per slice, a multiple of 4: a batch keeps as many threads busy as it has slices (default: by "
        "the network's size); 0: whole batches");
    options.option("--drop-last", s.drop_last, "leave out the last update of an epoch if it has fewer images");
    add_precision(options, s.precision);
    options.option("--seed", s.seed, "of weights, batches, dropout and augmentation");
    options.group("Averages");
    options.option("--swa", s.swa,
                   "the mean of the weights at the ends of cycles, or epochs, late in the run: swa.safetensors");
    options.option("--ema DECAY", s.ema,
                   "an exponential moving average of the weights, such as 0.999: ema.safetensors");
    options.option("--snapshots", s.snapshots,
                   "the weights at the end of each cycle, and their ensemble: snapshot-N.safetensors, ensemble.json");
    options.option("--average-start START", s.average_start,
                   "where --swa and --snapshots begin: a part of the run, or 9epochs, or 4000 updates (default: 0.75 "
                   "for --swa, 0 for --snapshots)");
    options.option("--lookahead K,ALPHA", s.lookahead,
                   "every K updates slow weights go the fraction ALPHA of the way to the others, which restart there");
    options.group("Measurements");
    options.option("--record LIST", s.record,
                   "measure while training, such as norms,curvature:every=50: columns of history.csv, pictures of the "
                   "page; changes no bit of the weights");
    options.group("Choice of the epoch");
    options.option("--monitor", s.monitor, "metric that picks the best epoch, with its direction: max:val_auc");
    options.option("--patience", s.patience,
                   "stop after N epochs without a better one; with a cyclical schedule cycles, with one-cycle epochs "
                   "after its end; 0: never");
    options.option("--threshold GOAL", s.threshold, "what the threshold of two classes is tuned for");
}

void add_run_options(Options& options, TrainSettings& s, DataOptions& data) {
    options.group("How to run");
    options.option("--threads N", s.threads, "(default: as many as processors)").incidental();
    options
        .option("--ranks N", s.ranks,
                "processes that mpirun has started to train one network together (default: all of them); 1: each alone")
        .incidental();
    data.add_memory_limit(options);
    options.option("--resume", s.resume, "resume the training in --out").incidental().usual();
    options.group("Output");
    options.option("--out FOLDER", s.out, "for weights, history, results (default: runs/train-<time>)")
        .incidental()
        .usual();
    options.option("--overwrite", s.overwrite, "replace an earlier training in --out").incidental();
    options.option("--watch", s.watch, "write report.html after each epoch; an open page loads itself again")
        .incidental();
    options.option("--tensorboard", s.tensorboard, kTensorboardHelp).incidental();
    options.option("--quiet", s.quiet, "print the results only").incidental();
    options.option("--json", s.json, "print the results as JSON, nothing else").incidental();
}

}  // namespace

TrainOptions::TrainOptions(Options& options) : options_(options) {
    add_data_options(options, s_, data_);
    add_training_options(options, s_);
    add_run_options(options, s_, data_);
    options.only_one_of({"--resume", "--overwrite"});
    options.only_one_of({"--find-lr", "--parameter-groups", "--unfreeze"});
    options.example("photos --resize 32 --out run");
    options.example("data.npz --rebalance weights --augment flip,shift:2");
    options.example("--resume --out run");
    options.note("Exit codes: 0 finished, 1 failed or stopped by Ctrl-C (--resume resumes), 2 wrong use.");
    options.topics({"formats", "networks", "layers", "schedules", "optimizers", "rebalancing", "augmentation",
                    "recorders", "metrics", "thresholds"});
}

void TrainOptions::fill_in(const Settings& stored) {
    Settings was;
    for (const auto& [name, value] : stored) {
        was.emplace_back(name, value);
        for (const auto& [former, now] : kFormerNames)
            if (name == former) was.back().first = now;
        if (!options_.given(was.back().first)) options_.set(was.back().first, value);
    }
    for (const auto& [name, value] : options_.given_settings()) {
        if (name == "--epochs") continue;  // see check_epochs()
        const auto same = [&name = name](const auto& pair) { return pair.first == name; };
        const auto before = std::find_if(was.begin(), was.end(), same);
        const bool there = before != was.end();
        check<UsageError>(there && before->second == value, name, "the training in ", s_.out, " has ",
                          there ? "'" + before->second + "'" : "the default", ", got '", value,
                          "' (hint: omit it with --resume; to train on with it: --init ", s_.out,
                          "/best.safetensors --out ANOTHER)");
    }
    const auto epochs = std::find_if(was.begin(), was.end(), [](const auto& pair) { return pair.first == "--epochs"; });
    check_epochs(epochs != was.end() ? epochs->second : std::to_string(TrainSettings().epochs));
}

// Another number of epochs must not change the rates of those that are done.
void TrainOptions::check_epochs(const std::string& stored) {
    constexpr std::uint64_t kLong = std::uint64_t{1} << 20;  // the data are not there yet; more than lengths in updates
    const auto with = [&](double epochs) {
        return parse_schedule(s_.schedule, {.base = s_.base_lr.value_or(0),
                                            .max = s_.max_lr,
                                            .step_size = parse_length(s_.step_size),
                                            .total = Epochs{epochs},
                                            .updates_per_epoch = kLong})
            .describe();
    };
    const double before = parse_number("--epochs", stored), now = static_cast<double>(s_.epochs);
    has_fewer_epochs_ = now < before;
    for (const bool swa : {true, false}) {
        const auto then = average_start(s_, before, swa), start = average_start(s_, now, swa);
        check<UsageError>(!(swa ? s_.swa : s_.snapshots) || !then || then->describe() == start->describe(), "--epochs",
                          swa ? "--swa" : "--snapshots", " began at ", then ? then->describe() : "", " of ", stored,
                          ", and would begin at ", start ? start->describe() : "", " of ", s_.epochs,
                          " (hint: this needs --average-start in epochs from the start of the training)");
    }
    check<UsageError>(
        with(before) == with(now), "--epochs", s_.schedule, " is made for ", stored, " epochs: with ", s_.epochs,
        " the epochs that are done would have had other rates (hint: to train on with a schedule of its own: "
        "--init ",
        s_.out, "/best.safetensors --out ANOTHER)");
}

std::optional<Length> average_start(const TrainSettings& s, double epochs, bool swa) {
    double fraction = swa ? kSwaStart : 0;
    if (!s.average_start.empty()) {
        std::string_view unit = s.average_start;
        const auto number = take_number(unit);
        const bool bare = number && unit.empty();
        check<UsageError>(number && *number >= 0 && (!bare || *number < 1 || *number == std::floor(*number)),
                          "--average-start", kStarts, s.average_start, "'");
        try {
            if (!bare || *number >= 1) return parse_length(s.average_start);
        } catch (const UsageError&) {
            fail<UsageError>("--average-start", kStarts, s.average_start, "'");
        }
        fraction = *number;
    }
    // To the sixth decimal, so that 0.3 of 6 epochs reads 1.8.
    return fraction > 0 ? std::optional<Length>(Epochs{std::round(fraction * epochs * 1e6) / 1e6}) : std::nullopt;
}

nn::LoadOptions TrainSettings::init_options() const {
    check<UsageError>(layout.empty() || !init.empty(), "--init-layout", "is of the weights that --init names");
    check<UsageError>(layout.empty() || layout == "cyclone" || layout == "pytorch", "--init-layout",
                      "expected cyclone or pytorch, got ", layout);
    return {.strict = false,
            .layout = layout == "pytorch"   ? nn::WeightLayout::pytorch
                      : layout == "cyclone" ? nn::WeightLayout::cyclone
                                            : nn::WeightLayout::marked};
}

TrainSettings& TrainOptions::settings(const lab::TrainingRecord* earlier) {
    check<UsageError>(!s_.resume || !s_.out.empty(), "--out", "expected the folder to resume");
    if (earlier) fill_in(earlier->options);
    check<UsageError>(!s_.resume || !s_.data.empty(), "--resume", "there is no training in ", s_.out);
    s_.init_options();
    if (!s_.init.empty()) s_.init = weights_in(s_.init);
    if (!s_.init.empty() && !earlier && !options_.given("--model"))
        if (const std::string model = model_of_weights(s_.init); !model.empty()) options_.set("--model", model);
    if (!s_.base_lr) s_.base_lr = s_.max_lr / 15;
    check_values(s_);
    check_rates(options_, *s_.base_lr, s_.max_lr, "the default");
    if (const std::string now = settled_precision(s_.precision); now != s_.precision) options_.set("--precision", now);
    s_.open = data_.read();
    if (s_.out.empty()) s_.out = "runs/train-" + time_stamp();
    return s_;
}

}  // namespace cyclone::cli
