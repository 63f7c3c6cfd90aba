// The options of `cyclone find-lr`.

#include "cli/find_lr_options.h"

#include <cyclone/base/nearest_name.h>
#include <cyclone/base/threads.h>
#include <cyclone/report/range_report.h>
#include <cyclone/train/rebalancing.h>

#include <algorithm>
#include <cmath>
#include <sstream>

#include "cli/process.h"
#include "cli/shared.h"
#include "cli/train_inputs.h"

namespace cyclone::cli {
namespace {

lab::RangeMetric metric_of(std::string text) {
    std::replace(text.begin(), text.end(), '_', '-');
    std::vector<std::string> names;
    for (const auto metric : {lab::RangeMetric::train_loss, lab::RangeMetric::validation_loss,
                              lab::RangeMetric::accuracy, lab::RangeMetric::balanced_accuracy}) {
        std::string name = lab::name_of(metric);
        std::replace(name.begin(), name.end(), ' ', '-');
        if (name == text) return metric;
        names.push_back(name);
    }
    const std::string nearest = nearest_name(text, names);
    fail<UsageError>("--metric", "expected train-loss, validation-loss, accuracy or balanced-accuracy, got '", text,
                     "'", nearest.empty() ? "" : " (did you mean " + nearest + "?)");
}

}  // namespace

FindLrOptions::FindLrOptions(Options& options) {
    PatchSource& source = s_.source;
    lab::RangeTestOptions& test = s_.test;
    options.option("DATA", source.data, kDataHelp).usual();
    options.group("Data");
    options.option("--positives", positives_, "positive training images to take");
    options.option("--negatives", negatives_,
                   "negative training images to take; synthetic: --imbalance decides where it is given");
    options
        .option("--positive CLASS", source.positive_class,
                "name or number of the class to tell from the rest (default: all classes as they are)")
        .usual();
    options.option("--imbalance", source.imbalance, "negatives per positive; 0: as they are");
    options.option("--difficulty", source.difficulty, "of the synthetic patches: 1 as in the README");
    options.option("--data-seed", source.data_seed, "of the synthetic patches and of the choice of images");
    options.option("--per-class", test.balanced, "train on N images of each class (the study: 3000); 0: on all");
    s_.reading.add_meaning(options);
    s_.reading.add_image_files(options);
    options.group("Sweep");
    options.option("--from", test.from, "first learning rate").usual();
    options.option("--to", test.to, "last learning rate; divergence ends the sweep before").usual();
    options
        .option(
            "--updates", test.updates,
            "updates from the first to the last rate (default: 300, and up to 1200 where nothing is learned in them)")
        .usual();
    options.option("--linear", linear_, "raise the rate by the same amount each time, not by the same factor");
    options
        .option("--metric", metric_, "what the curve shows: train-loss, validation-loss, accuracy or balanced-accuracy")
        .usual();
    options.option("--evaluate-every", test.evaluate_every,
                   "updates from one validation to the next; not for train-loss");
    options.option("--seeds", seeds_, "sweeps (runs from the first rate to the last), each with a seed of its own")
        .usual();
    options.option("--first-seed", first_seed_, "of the sweeps; the others follow it");
    options.option("--trials N", s_.trials,
                   "updates of each of the short cycles that confirm or correct the pair (default: half of "
                   "--updates, and up to four times that where nothing is learned in them); 0: none");
    options.option("--batch-size", test.batch_size, "images per update");
    options.option("--model", s_.model, kModelHelp);
    options.option("--optimizer", s_.optimizer, "such as sgd:momentum=0.9,nesterov or adamw:weight-decay=0.05");
    options.option("--momentum", s_.momentum, "of sgd; the study used none");
    options
        .option("--rebalance METHOD", s_.rebalance,
                "as the training will (default: batches with as many images of each class where the classes are "
                "unbalanced)")
        .usual();
    options.option("--augment", s_.augment, "as the training will, such as flip,shift:2");
    options.option("--smoothing", test.smoothing, "weight of the past in the smoothed loss");
    options.group("How to run");
    options.option("--jobs", jobs_, "sweeps at a time (default: as many as processors)").incidental();
    options.option("--threads", test.threads, "threads of each sweep").incidental();
    s_.reading.add_memory_limit(options);
    options.group("Output");
    options
        .option("--out FOLDER", s_.out,
                "for curve.csv, result.json, curve.svg and report.html (default: runs/find-lr-<time>)")
        .incidental()
        .usual();
    options.option("--overwrite", s_.overwrite, "replace an earlier result in --out").incidental();
    options.option("--quiet", s_.quiet, "print the table and the pair only").incidental();
    options.option("--json", s_.json, "print the result as JSON, nothing else").incidental();
    options.example("");
    options.example("nuclei16 --seeds 5");
    options.example("nuclei16 --metric balanced-accuracy --per-class 3000");
    options.topics({"formats", "networks", "layers", "optimizers", "rebalancing", "augmentation"});
    options.note(
        "The result is a pair: base and maximum of a cycle. Exit codes: 0 a pair was found, 1 none was found, failed "
        "or stopped by Ctrl-C, 2 wrong use.");
}

FindLrSettings FindLrOptions::settings() {
    FindLrSettings& s = s_;
    s.test.metric = metric_of(metric_);
    s.source.open = s.reading.read();
    if (linear_) s.test.sweep = lab::Sweep::linear;
    if (s.source.data != kSynthetic) s.source.positives = s.source.negatives = -1;
    const auto positive = [](auto value, const char* option) {
        check<UsageError>(value >= 1, option, "expected at least 1, got ", value);
    };
    if (positives_) positive(s.source.positives = *positives_, "--positives");
    if (negatives_) positive(s.source.negatives = *negatives_, "--negatives");
    positive(s.test.updates, "--updates");
    if (s.trials)
        check<UsageError>(*s.trials >= 0, "--trials", "expected a number of updates, or 0 for none, got ", *s.trials);
    positive(s.test.evaluate_every, "--evaluate-every");
    positive(s.test.batch_size, "--batch-size");
    positive(seeds_, "--seeds");
    check_threads(s.test.threads);
    s.test.jobs = jobs_.value_or(std::max(1, cyclone::available_processors() / s.test.threads));
    positive(s.test.jobs, "--jobs");
    check<UsageError>(s.test.balanced >= 0, "--per-class", "expected a number of images, or 0 for all, got ",
                      s.test.balanced);
    check<UsageError>(std::isfinite(s.test.from) && s.test.from > 0, "--from", "expected a rate > 0, got ",
                      s.test.from);
    check<UsageError>(std::isfinite(s.test.to) && s.test.to > s.test.from, "--to", "expected a rate above --from (",
                      s.test.from, "), got ", s.test.to);
    optimizer_of(s.optimizer, s.momentum);
    s.model = model_text(s.model);
    check<UsageError>(s.test.smoothing >= 0 && s.test.smoothing < 1, "--smoothing", "expected a value in [0, 1), got ",
                      s.test.smoothing);
    s.test.seeds.clear();
    for (int i = 0; i < seeds_; ++i) s.test.seeds.push_back(first_seed_ + static_cast<std::uint64_t>(i));
    if (!s.rebalance.empty()) train::parse_rebalancing(s.rebalance);
    s.test.augmentation = data::parse_augmentation(s.augment);
    // Counts of positives and negatives mean two classes.
    s.source.all_classes = s.source.positive_class.empty() && s.source.imbalance == 0 && !positives_ && !negatives_;
    if (s.out.empty()) s.out = "runs/find-lr-" + time_stamp();
    return s;
}

Settings FindLrSettings::listed() const {
    Settings list;
    const auto add = [&list](const char* name, const auto& value) {
        std::ostringstream text;
        text.imbue(std::locale::classic());
        text << value;
        list.emplace_back(name, text.str());
    };
    add("data", source.data);
    add("positives", source.positives);
    add("negatives", source.negatives);
    add("positive_class", source.positive_class.empty() ? "-1" : source.positive_class);
    add("imbalance", source.imbalance);
    add("difficulty", source.difficulty);
    add("data_seed", source.data_seed);
    add("balanced", test.balanced);
    add("from", test.from);
    add("to", test.to);
    add("updates", test.updates);
    add("trials", trials.value_or(lab::trial_updates(test)));
    add("sweep", test.sweep == lab::Sweep::linear ? "linear" : "exponential");
    add("evaluate_every", test.evaluate_every);
    add("batch_size", test.batch_size);
    add("model", model);
    add("optimizer", optimizer);
    add("momentum", momentum);
    add("rebalance", rebalance.empty() ? "automatic" : rebalance);
    add("augment", test.augmentation.describe());
    add("smoothing", test.smoothing);
    add("stop_factor", test.stop_factor);
    add("jobs", test.jobs);
    add("threads", test.threads);
    return list;
}

}  // namespace cyclone::cli
