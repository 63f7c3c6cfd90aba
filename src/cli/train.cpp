// cyclone train: trains a network on images and writes weights that `cyclone predict` uses. Options in
// train_options.cpp, data and network in train_inputs.cpp and train_job.cpp, results in train_results.cpp; the training
// is train::fit.

#include <cyclone/cyclone.h>
#include <cyclone/lab/tensorboard.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <optional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/process.h"
#include "cli/ranks.h"
#include "cli/search_progress.h"
#include "cli/shared.h"
#include "cli/train_averages.h"
#include "cli/train_inputs.h"
#include "cli/train_job.h"
#include "cli/train_results.h"
#include "cli/training.h"
#include "cli/watch.h"

namespace cyclone::cli {
namespace {

using Json = nlohmann::ordered_json;
namespace fs = std::filesystem;

void describe(const Job& job) {
    constexpr std::int64_t kRows = 40;  // of the network's table
    std::cout << job.data.describe();
    if (const auto& names = job.data.train.class_names; names.size() == 2)
        std::cout << "positive class: " << names[1] << " (--positive chooses)\n";
    if (const auto twice = data::duplicates_across(job.data); !twice.empty())
        std::cout << "warning: " << twice.size() << " image(s) of one part are in another one too, the first is number "
                  << twice[0].second << " of " << twice[0].second_set << '\n';
    const Shape image = job.data.train.image_shape();
    std::cout << '\n'
              << nn::summary(job.network(), {1, image[0], image[1], image[2]}, {.rows = kRows})
              << "\nschedule: " << job.schedule().describe() << "; rebalancing: " << job.balance.name
              << "; augmentation: " << job.augmentation.describe() << "; averages: " << TrainAverages(job.s).describe()
              << (job.transfer().empty() ? "" : "; ") << job.transfer() << "\n"
              << backend_description() << ", products in " << job.s.precision << "\n\n"
              << std::flush;
}

/// What `cyclone schedules` would say of the schedule.
void warn_of_schedule(const Options& options, const Job& job, const std::vector<std::string>& more) {
    std::vector<std::string> warnings;
    if (job.updates() <= schedule::kLongestPreview)
        warnings = schedule::preview(job.s.schedule, job.schedule(), job.updates(), job.updates_per_epoch).warnings;
    for (std::string& sentence : without_effect(options, {job.s.schedule}, job.context()))
        warnings.push_back(std::move(sentence));
    if (options.given("--threshold") && job.classes() != 2)
        warnings.emplace_back("--threshold has no effect: it is for two classes");
    warnings.insert(warnings.end(), more.begin(), more.end());
    for (const std::string& warning : warnings) std::cout << "warning: " << warning << '\n';
    if (!warnings.empty()) std::cout << std::endl;
}

/// A network that has learned the class fractions and nothing of the images, neither in training nor in validation.
void warn_of_fractions(const Job& job, const train::History& history) {
    constexpr double kBelow = 0.98;
    train::FitOptions options{.batch_size = job.s.batch_size, .accumulate = job.s.accumulate, .seed = job.s.seed};
    job.balance.apply(options);
    const double fractions = train::loss_of_fractions(train::drawn_class_counts(job.data.train, options), options.loss);
    const double in_validation = train::loss_of_fractions(job.data.validation->class_counts());
    const train::EpochRow& last = history.epochs().back();
    if (last.train_loss > kBelow * fractions && last.validation->loss > kBelow * in_validation)
        std::cout << fmt::format(
            "\nwarning: the training loss, {:.4f}, is no better than that of the class fractions alone, {:.4f}: the "
            "network gives all images much the same answer (hint: other rates, as --find-lr finds them, or more "
            "epochs)\n",
            last.train_loss, fractions);
}

/// Which weights came from --init, and which did not.
void tell_of_init(const Job& job) {
    nn::Sequential net = job.network();
    const io::LoadedWeights loaded =
        train::load_initial_weights(net, job.s.init, job.data.train.image_shape(), job.s.init_options());
    const StateDictReport& report = loaded.left_out;
    const std::size_t all = net.state_dict().size(), taken = all - report.missing.size() - report.different.size();
    std::ostream& out = job.s.silent() ? std::cerr : std::cout;
    if (!job.s.silent() || !report.fits())
        out << "--init " << job.s.init << ": " << taken << " of " << all << " tensors" << (report.fits() ? "" : "; ")
            << report.str() << "\n";
    print_notes("train", loaded.notes);
    for (const auto& [key, value] : loaded.metadata)
        if (key == "cyclone.classes" && Json::parse(value, nullptr, false) != Json(job.data.train.class_names))
            out << "--init " << job.s.init << ": its classes are " << value << ", those of the data "
                << Json(job.data.train.class_names).dump(-1, ' ', false, Json::error_handler_t::replace) << "\n";
    if (!job.s.silent()) out << std::endl;
}

/// The rates that `cyclone find-lr --first-seed SEED` finds on these training images, into the settings.
void find_rates(TrainSettings& s, const Job& job) {
    constexpr std::uint64_t kSeeds = 3;
    analysis::FindRatesOptions search{.sweep = {.batch_size = s.images_per_update(),
                                                .seeds = {},
                                                .jobs = num_threads(),
                                                .loss = job.balance.loss,
                                                .sampler = job.balance.sampler,
                                                .augmentation = job.augmentation,
                                                .stop = &interrupted}};
    for (std::uint64_t i = 0; i < kSeeds; ++i) search.sweep.seeds.push_back(s.seed + i);
    const auto found = [&] {
        const SearchProgress progress(search, s.silent());
        return analysis::find_rates(
            [&] { return std::make_unique<nn::Sequential>(job.drawn_network()); },
            [&](const std::vector<Tensor>& parameters) { return make_optimizer(s, parameters, search.sweep.from); },
            job.data.train, search);
    }();
    check(found.pair.has_value(), "--find-lr", "no pair of rates: ", found.no_pair);
    s.base_lr = found.pair->base;
    s.max_lr = found.pair->max;
    if (!s.silent())
        std::cout << fmt::format("range test: --base-lr {:.2g} --max-lr {:.2g} ({}{})\n\n", *s.base_lr, s.max_lr,
                                 found.test.balanced_batches ? "sweeps on balanced batches; " : "", found.pair->reason)
                  << std::flush;
}

/// UsageError where more epochs are done than are planned now: the folder's record would be wrong.
void check_epochs_done(const Job& job, std::uint64_t updates) {
    const std::uint64_t n = job.updates_per_epoch, done = (updates + n - 1) / n;
    check<UsageError>(done <= static_cast<std::uint64_t>(job.s.epochs), "--epochs", "expected at least ", done,
                      ", as the training in ", job.s.out, " has made, got ", job.s.epochs);
}

/// UsageError where a range test would be for nothing.
void check_rates_are_used(const Job& job) {
    const auto unused = unused_context(job.s.schedule, job.context());
    const auto uses = [&](const char* field) { return std::find(unused.begin(), unused.end(), field) == unused.end(); };
    check<UsageError>(uses("base") || uses("max"), "--find-lr", job.s.schedule,
                      " uses neither of the rates that it finds (hint: another --schedule, or no --find-lr)");
}

train::History fit(const Job& job, const fs::path& folder, nn::Sequential& network, optim::Optimizer& optimizer,
                   train::Ranks* ranks, TrainAverages& averages) {
    const TrainSettings& s = job.s;
    train::FitOptions options{.epochs = s.epochs,
                              .batch_size = s.batch_size,
                              .accumulate = s.accumulate,
                              .slice = s.slice,
                              .drop_last = s.drop_last,
                              .seed = s.seed,
                              .augmentation = job.augmentation,
                              .validation = &*job.data.validation,
                              .history = folder / "history.csv",
                              .progress = s.silent() ? train::ProgressMode::off : train::ProgressMode::automatic,
                              .weight_hooks = averages.hooks(),
                              .record = train::parse_recorders(s.record),
                              .stop = &interrupted,
                              .ranks = ranks};
    options.checkpoint.folder = folder / "checkpoints";
    options.checkpoint.every_minutes = 1;
    options.checkpoint.score = job.monitor;
    options.checkpoint.resume = s.resume;
    options.checkpoint.metadata = job.classifier(network, 0.5).metadata();
    options.divergence.action = train::OnDivergence::roll_back;
    options.report = [](const std::string& text) { std::cerr << "cyclone train: " + text + "\n"; };
    options.after_epoch = [&](const train::EpochRow& row) {
        if (!s.silent()) {
            std::cout << fmt::format("epoch {:>3}  train loss {:.4f}  validation loss {:.4f}", row.epoch,
                                     row.train_loss, row.validation->loss);
            if (!job.monitor.name().ends_with("_loss"))
                std::cout << fmt::format("  {} {:.4f}", job.monitor.name(), shown(job.monitor.value(row)));
            std::cout << std::endl;
        }
        return train::Control::proceed;
    };
    const train::EarlyStopping stopping{job.monitor, s.patience, job.schedule()};
    if (s.patience > 0 && stopping.counts_from() / job.updates_per_epoch >= static_cast<std::uint64_t>(s.epochs))
        options.report("--patience stops nothing here: " + job.schedule().name() +
                       " comes down only at the end of the run, and epochs count from there");
    options.callbacks = {stopping};
    const WatchedTraining watched(job, folder, network);
    if (s.watch && (!ranks || ranks->is_first()))
        options.callbacks.push_back([&](const train::History& history) {
            watched.write(history);
            return train::Control::proceed;
        });
    job.balance.apply(options);
    catch_interrupts();
    return train::fit(network, optimizer, job.data.train, options);
}

/// What is written into the folder before the first update, for people and for --resume.
lab::TrainingRecord make_config(const Options& options, const Job& job, const lab::TrainingRecord* earlier) {
    lab::TrainingRecord config{.program = "train",
                               .command = options.command_line(),
                               .options = options.given_settings(),
                               .base_lr = *job.s.base_lr,
                               .max_lr = job.s.max_lr,
                               .provenance = lab::this_process(options.command_line())};
    if (earlier) {
        config.command = earlier->command + " && " + config.command;
        config.provenance = earlier->provenance;
    }
    config.facts = {{"model", job.model},
                    {"schedule", job.schedule().describe()},
                    {"train", job.data.train.describe()},
                    {"validation", job.data.validation->describe()}};
    if (job.data.test) config.facts.emplace_back("test", job.data.test->describe());
    for (const auto& [name, value] :
         {std::pair<const char*, std::string>{"epochs", std::to_string(job.s.epochs)},
          {"batch", std::to_string(job.s.batch_size) +
                        (job.s.accumulate > 1 ? ", " + std::to_string(job.s.accumulate) + " per update" : "")},
          {"seed", std::to_string(job.s.seed)},
          {"optimizer", job.s.optimizer},
          {"balance", job.balance.name},
          {"augmentation", job.augmentation.describe()},
          {"averages", TrainAverages(job.s).describe()}})
        config.facts.emplace_back(name, value);
    if (!job.s.record.empty()) config.facts.emplace_back("recorded", job.s.record);
    if (!job.transfer().empty()) config.facts.emplace_back("transfer", job.transfer());
    return config;
}

/// What the first rank has found in the folder, for all.
std::optional<lab::TrainingRecord> share(train::Ranks& ranks, std::optional<lab::TrainingRecord> record) {
    const std::string text = ranks.from_first(record ? io::to_json(*record) : "");
    if (text.empty() || record) return record;
    io::from_json(text, "config.json", record.emplace());
    return record;
}

/// What the folder that is resumed holds, for all ranks; the first one opens it.
struct Earlier {
    std::optional<lab::TrainingRecord> record = {};
    std::optional<std::uint64_t> updates = {};  // of the newest checkpoint
};

Earlier find_earlier(const TrainOptions& options, const JoinedRanks& joined,
                     std::optional<lab::TrainingFolder>& folder) {
    Earlier out;
    if (joined.is_first() && options.resumes() && fs::exists(options.out())) {
        open_folder(folder, options.out(), lab::FolderMode::resume);
        out.record = folder->read_config();
        if (out.record)
            if (const auto numbers = io::CheckpointFolder(folder->file("checkpoints")).numbers(); !numbers.empty())
                out.updates = numbers.back();
    }
    if (joined.ranks) {
        out.record = share(*joined.ranks, std::move(out.record));
        const std::string number = joined.ranks->from_first(out.updates ? std::to_string(*out.updates) : "");
        if (!number.empty()) out.updates = std::stoull(number);
    }
    return out;
}

/// Writes and says what came of a training that has ended; returns the exit code.
int end_training(const Job& job, const lab::TrainingFolder& folder, nn::Sequential& network,
                 const train::History& history, const TrainAverages& averages) {
    if (interrupted || history.epochs().empty()) {
        std::cout << std::flush;
        std::cerr << "cyclone train: stopped by a signal (" << program << " train --resume --out "
                  << shell_quoted(job.s.out) << " resumes)\n";
        return 1;
    }
    finish(job, folder, network, history, averages);
    if (job.s.tensorboard) lab::write_events(folder.file("tensorboard"), lab::scalars_of(history));
    if (!job.s.silent()) {
        warn_of_fractions(job, history);
        std::cout << '\n';
    }
    report_training(folder, job.s.quiet, job.s.json);
    return 0;
}

/// With `joined.ranks` every rank trains, and the first one reads and writes the folder and says what happens.
int train_network(const Options& options, TrainOptions& train_options) {
    const JoinedRanks joined = join_ranks(train_options.ranks());
    const bool is_first = joined.is_first();
    std::optional<lab::TrainingFolder> folder;
    const auto [earlier, updates_done] = find_earlier(train_options, joined, folder);
    TrainSettings& given = train_options.settings(earlier ? &*earlier : nullptr);
    given.quiet = given.quiet || !is_first;
    const PrecisionScope precision(parse_precision(given.precision));
    const bool by_launcher = joined.ranks && given.threads == 0 && !std::getenv("OMP_NUM_THREADS");
    use_threads(by_launcher ? joined.processors : given.threads);
    if (!given.silent() && joined.ranks) std::cout << joined.text << '\n';
    Job job = make_job(given);
    if (updates_done) {
        job.s.init.clear();
        if (train_options.has_fewer_epochs()) check_epochs_done(job, *updates_done);
    }
    // What is wrong with them shows before anything is written.
    TrainAverages averages(job.s);
    nn::Sequential trial = job.network();
    const std::vector<std::string> warnings = averages.check_run(job, trial, *job.optimizer(trial));
    if (given.find_lr && !earlier) check_rates_are_used(job);
    if (is_first && !folder)
        open_folder(folder, given.out, given.overwrite ? lab::FolderMode::overwrite : lab::FolderMode::create);
    if (earlier) {
        job.s.base_lr = earlier->base_lr;
        job.s.max_lr = earlier->max_lr;
    } else if (given.find_lr) {
        find_rates(job.s, job);
    }
    given.base_lr = job.s.base_lr;
    given.max_lr = job.s.max_lr;
    if (folder) {
        folder->write_config(make_config(options, job, earlier ? &*earlier : nullptr));
        folder->write("config.toml", options.config_file());
    }
    if (!given.silent()) {
        describe(job);
        warn_of_schedule(options, job, warnings);
    }
    if (!job.s.init.empty()) tell_of_init(job);
    nn::Sequential network = job.network();
    const auto optimizer = job.optimizer(network);
    train::History history;
    try {
        const fs::path place = folder ? folder->path() : fs::path(given.out);
        history = fit(job, place, network, *optimizer, joined.ranks, averages);
    } catch (const train::Diverged& diverged) {
        if (!diverged.history()) throw;
        if (!folder) return 0;  // the first rank says it
        fail(diverged.what(), salvage(job, *folder, network, diverged));
    }
    if (joined.ranks && joined.ranks->any(interrupted)) interrupted = true;
    return folder ? end_training(job, *folder, network, history, averages) : 0;
}

}  // namespace

Body setup_train(Options& options) {
    const auto train_options = std::make_shared<TrainOptions>(options);
    return [&options, train_options] { return train_network(options, *train_options); };
}

}  // namespace cyclone::cli
