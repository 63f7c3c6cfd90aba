// cyclone compare: fixed against cyclical learning rates on two-class images: the comparison of a 2018 study, repeated
// with fair baselines, on any data. The work is done by cyclone::lab.

#include <cyclone/cyclone.h>

#include <algorithm>
#include <iostream>
#include <memory>
#include <optional>

#include "cli/commands.h"
#include "cli/compare_options.h"
#include "cli/comparison.h"
#include "cli/patches.h"
#include "cli/process.h"
#include "cli/shared.h"
#include "cli/watch.h"

namespace cyclone::cli {
namespace {

constexpr std::int64_t kPoints = 10, kTargetPoints = 40;  // of an AUC curve, and of one that a given target is read off

ScheduleContext context_of(const CompareSettings& s, std::int64_t samples) {
    return {.base = s.base_lr,
            .max = s.max_lr,
            .step_size = parse_length(s.step_size),
            .total = Epochs{s.epochs},
            .updates_per_epoch = static_cast<std::uint64_t>(data::batches_in(samples, s.batch_size))};
}

// constant:tuned tries rates between base and max, so these have their effect.
std::vector<std::string> options_without_effect(const CompareSettings& s, const Options& options,
                                                std::int64_t samples) {
    if (s.tunes_constant()) return {};
    // Weights are averaged and kept at the ends of cycles, whatever the schedule.
    const auto averages = s.averages();
    const bool in_cycles =
        std::any_of(averages.begin(), averages.end(), [](const auto& name) { return !name.starts_with("ema"); });
    auto without = without_effect(options, s.schedules, context_of(s, samples),
                                  in_cycles ? std::vector<std::string>{"--step-size"} : std::vector<std::string>());
    if (s.tuned_rates) without.push_back("--tuned-rates has no effect: constant:tuned is not among the schedules");
    return without;
}

// constant:tuned stands as the base rate until tune() has found its own.
std::vector<lab::NamedSchedule> make_schedules(const CompareSettings& s, std::int64_t samples) {
    const ScheduleContext context = context_of(s, samples);
    std::vector<lab::NamedSchedule> schedules;
    for (const std::string& name : s.schedules)
        schedules.push_back({name, name == kTuned ? Schedule(s.base_lr) : parse_schedule(name, context)});
    return schedules;
}

// What can be wrong with them before the folder is touched.
std::vector<train::RebalancingMethod> make_rebalancing(const CompareSettings& s, const data::Dataset& train) {
    std::vector<train::RebalancingMethod> methods;
    for (const std::string& name : s.rebalance) {
        methods.push_back(train::parse_rebalancing(name));
        methods.back().for_data(train.class_counts(), s.batch_size);
    }
    return methods;
}

void check_baseline(const CompareSettings& s) {
    bool there = s.baseline.empty();
    for (const std::string& schedule : s.schedules) {
        there = there || schedule == s.baseline;
        for (const std::string& balance : s.rebalance) {
            there = there || lab::configuration_name(schedule, balance) == s.baseline;
            for (const std::string& average : s.averages())
                there = there || lab::configuration_name(schedule, balance, average) == s.baseline;
        }
    }
    check<UsageError>(there, "--baseline", "'", s.baseline, "' is not among the schedules compared");
}

void describe_schedules(lab::ComparisonRecord& record, const std::vector<lab::NamedSchedule>& schedules) {
    record.schedules.clear();
    for (const auto& named : schedules) record.schedules.emplace_back(named.name, named.schedule.describe());
}

// What is asked for now, on top of what the folder holds already.
lab::ComparisonRecord make_record(const CompareSettings& s, const ComparisonData& data, const std::string& command,
                                  const std::vector<lab::NamedSchedule>& schedules,
                                  const std::optional<lab::ComparisonRecord>& earlier) {
    lab::ComparisonRecord record;
    record.program = "cyclone compare";
    if (earlier) record.program = earlier->program, record.provenance = earlier->provenance;
    record.command = (earlier ? earlier->command + " && " : "") + command;
    record.data = "train: " + data.train.describe() + "; test: " + data.test.describe();
    record.settings = fixed_settings(s);
    record.settings.emplace_back("data_fingerprint",
                                 data::Splits{.train = data.train, .test = data.test}.fingerprint());
    describe_schedules(record, schedules);
    record.positive_fraction =
        static_cast<double>(data.train.class_counts()[1]) / static_cast<double>(data.train.size());
    record.rebalancings = s.rebalance;
    if (earlier) {
        check_agreement(s.out, earlier->settings, record.settings);
        Settings definitions;
        for (const auto& [name, definition] : record.schedules)
            for (const auto& [there, was] : earlier->schedules)
                if (name == there && name != kTuned) definitions.emplace_back(name, definition);
        check_agreement(s.out, earlier->schedules, definitions);
        record.seeds = earlier->seeds;
    }
    record.settings.emplace_back("jobs", std::to_string(*s.jobs));
    for (std::uint64_t seed = 1; seed <= static_cast<std::uint64_t>(s.seeds); ++seed)
        if (std::find(record.seeds.begin(), record.seeds.end(), seed) == record.seeds.end())
            record.seeds.push_back(seed);
    return record;
}

lab::ComparisonOptions make_options(const CompareSettings& s, const Shape& image) {
    lab::ComparisonOptions options;
    options.epochs = s.epochs;
    options.batch_size = s.batch_size;
    options.jobs = *s.jobs;
    options.threads = s.threads;
    options.evaluate_each_epoch = s.each_epoch;
    options.evaluate_every = s.evaluate_every;
    options.model = model_of(s.model, s.data, image);
    options.optimizer = optimizer_of(s.optimizer, s.momentum);
    options.augmentation = data::parse_augmentation(s.augment);
    options.augmentation.validate("--augment", image);
    if (s.threshold != "none") options.threshold_goal = metrics::threshold_goals().parse(s.threshold);
    options.stop = &interrupted;
    return options;
}

// At the end of each cycle of the cyclical schedules, and at the same updates of all others, which are their control;
// SWA from the middle of the run on.
void set_averages(const CompareSettings& s, std::int64_t samples, lab::ComparisonOptions& options) {
    options.averages = s.averages();
    const std::uint64_t half = parse_length(s.step_size).updates(context_of(s, samples).updates_per_epoch);
    const auto run = static_cast<std::uint64_t>(lab::updates_per_run(samples, options));
    check<UsageError>(options.averages.empty() || 2 * half <= run, "--average",
                      "weights are taken at the end of each cycle, of ", 2 * half, " updates, and a run has ", run,
                      " (hint: a shorter --step-size or more --epochs)");
    options.snapshot_times = {.start = {}, .every = Iterations{2 * half}};
    options.swa_times = {.start = Iterations{(run + 1) / 2}, .every = Iterations{2 * half}};
}

// The rate of constant:tuned, from the folder or by trying, which one process does.
void tune(const CompareSettings& s, const lab::ComparisonFolder& folder, const data::Dataset& train,
          lab::ComparisonOptions& options, lab::ComparisonRecord& record) {
    const auto schedule = std::find_if(options.schedules.begin(), options.schedules.end(),
                                       [](const lab::NamedSchedule& named) { return named.name == kTuned; });
    if (schedule == options.schedules.end()) return;
    auto tuning = folder.read_tuning();
    const auto hold = tuning ? nullptr : folder.hold("tuning", options.stop);
    if (!tuning) tuning = folder.read_tuning();
    const std::vector<double> rates =
        s.tuned_rates ? lab::tuning_grid(s.base_lr, s.max_lr, *s.tuned_rates) : lab::tuning_grid(s.base_lr, s.max_lr);
    check<UsageError>(!tuning || !s.tuned_rates || tuning->trials.size() == rates.size(), "--tuned-rates",
                      "constant:tuned of ", folder.path().string(), " is the best of ",
                      tuning ? tuning->trials.size() : 0, " rates, asked for are ", rates.size(),
                      " (hint: omit the option, or name another folder)");
    if (!tuning) {
        if (!s.silent())
            std::cout << "constant:tuned: trying " << rates.size() << " rates on a part of the training set\n";
        tuning = lab::tune_constant(train, rates, options);
        folder.write_tuning(*tuning);
    }
    if (!s.silent())
        std::cout << "constant:tuned: " << tuning->rate
                  << (tuning->at_edge() ? ", at the edge of the rates tried (a better one may lie beyond)" : "")
                  << "\n\n"
                  << std::flush;
    schedule->schedule = Schedule(tuning->rate);
    const auto hold_config = folder.hold("config");
    auto now = folder.read_config().value_or(record);  // another process may have added to it
    const auto there = now.schedules;
    for (lab::ComparisonRecord* r : {&now, &record})
        for (auto& [name, definition] : r->schedules)
            if (name == kTuned) definition = schedule->schedule.describe();
    if (now.schedules != there) folder.write_config(now);
}

// What can be seen before any training.
void print_warnings(const lab::ComparisonOptions& options, std::int64_t updates,
                    const std::vector<std::string>& without_effect) {
    const auto run = static_cast<std::uint64_t>(updates), per_epoch = run / static_cast<std::uint64_t>(options.epochs);
    std::vector<schedule::Preview> previews;
    for (const lab::NamedSchedule& named : options.schedules)
        previews.push_back(schedule::preview(named.name, named.schedule, run, per_epoch));
    auto warnings = schedule::budget_warnings(previews);
    warnings.insert(warnings.end(), without_effect.begin(), without_effect.end());
    for (const schedule::Preview& preview : previews)
        warnings.insert(warnings.end(), preview.warnings.begin(), preview.warnings.end());
    for (const std::string& warning : warnings) std::cout << "warning: " << warning << '\n';
}

std::vector<lab::Run> train(const CompareSettings& s, const Place& place, const lab::ComparisonFolder& folder,
                            const lab::ComparisonRecord& record, const ComparisonData& data,
                            lab::ComparisonOptions& options, const std::vector<std::string>& without_effect) {
    const std::int64_t updates = lab::updates_per_run(data.train.size(), options);
    const std::size_t runs = options.schedules.size() * options.rebalancings.size() * options.seeds.size();
    if (!s.silent() && !place.text.empty()) std::cout << place.text << ": " << *s.jobs << " at a time\n" << std::flush;
    if (!s.silent() && place.is_first) {
        std::cout << "train: " << data.train.describe() << "\ntest:  " << data.test.describe() << '\n';
        if (data.held_out) std::cout << "held out for thresholds: " << data.held_out->describe() << '\n';
        std::cout << options.schedules.size() << (options.schedules.size() == 1 ? " schedule x " : " schedules x ");
        if (options.rebalancings.size() > 1) std::cout << options.rebalancings.size() << " rebalancing methods x ";
        std::cout << options.seeds.size() << (options.seeds.size() == 1 ? " seed, " : " seeds, ") << updates
                  << " updates each, " << *s.jobs << " at a time; " << backend_description() << ", products in "
                  << s.precision << '\n';
        if (!options.known.empty()) std::cout << options.known.size() << " of " << runs << " runs are there already\n";
        print_warnings(options, updates, without_effect);
        std::cout << '\n' << std::flush;
    }
    train::Progress progress("compare", static_cast<std::int64_t>(runs - options.known.size()) * updates,
                             s.silent() || !place.is_first ? train::ProgressMode::off : train::ProgressMode::automatic);
    options.on_update = [&progress] { progress.add(1); };
    std::optional<WatchedComparison> watched;
    if (s.watch && place.is_first) watched.emplace(s, folder, record, data, options.known);
    options.on_run = [&](const lab::Run& run, const train::History& history) {
        folder.write_history(run, history);
        if (s.tensorboard) folder.write_events(run, history);
        folder.write_run(run);
        if (watched) watched->add(run);
    };
    folder.share(options, data.test.labels.values<std::int64_t>());
    options.turn = [&progress, updates, turn = options.turn](lab::Run& run) {
        const lab::RunTurn what = turn(run);
        if (what == lab::RunTurn::done) progress.resume(updates);
        return what;
    };
    if (s.checkpoint_minutes > 0) {
        options.checkpoint_minutes = s.checkpoint_minutes;
        options.checkpoint_folder = [&folder](const lab::Run& run) { return folder.checkpoint_folder(run); };
    }
    options.report = [&](const std::string& text) {
        progress.clear();
        std::cerr << "cyclone compare: " + text + "\n";
    };
    options.on_resume = [&](const lab::Run& run, std::uint64_t done) {
        progress.resume(static_cast<std::int64_t>(done));
        progress.clear();
        if (!s.silent())
            std::cout << run.configuration() + ", seed " + std::to_string(run.seed) + ": resumes after update " +
                             std::to_string(done) + "\n"
                      << std::flush;
    };
    auto results = lab::compare(data.train, data.test, options);
    options.on_update = {}, options.on_run = {}, options.report = {},
    options.turn = {};  // they refer to what ends here
    return results;
}

std::vector<std::string> with_new(std::vector<std::string> there, const std::vector<std::string>& asked) {
    for (const std::string& name : asked)
        if (std::find(there.begin(), there.end(), name) == there.end()) there.push_back(name);
    return there;
}

/// Schedules and rebalancing methods of the folder, then those that are new.
void add_to_earlier(CompareSettings& s, const lab::ComparisonRecord& earlier) {
    std::vector<std::string> schedules;
    for (const auto& [name, definition] : earlier.schedules) schedules.push_back(name);
    s.schedules = with_new(std::move(schedules), s.schedules);
    s.rebalance = with_new(earlier.rebalancings, s.rebalance);
}

// What the folder is asked for from now on: what it was asked for before, by whichever process, and what is new here.
lab::ComparisonRecord settle(CompareSettings& s, const Options& options, const Place& place,
                             const lab::ComparisonFolder& folder, const ComparisonData& data,
                             lab::ComparisonOptions& comparison) {
    const auto hold = folder.hold("config");
    const auto there = folder.read_config();
    if (there) {
        add_to_earlier(s, *there);
        comparison.schedules = make_schedules(s, data.train.size());
        comparison.rebalancings = make_rebalancing(s, data.train);
    }
    lab::ComparisonRecord record = make_record(s, data, options.command_line(), comparison.schedules, there);
    comparison.seeds = record.seeds;
    s.seeds = static_cast<int>(record.seeds.size());
    const bool anything_new = !there || there->schedules.size() != record.schedules.size() ||
                              there->rebalancings != record.rebalancings || there->seeds != record.seeds;
    const bool whole =
        std::filesystem::exists(folder.file("test_labels.txt")) && std::filesystem::exists(folder.file("config.toml"));
    if (place.shares() && !anything_new && whole) return *there;  // the same command of another process wrote it
    folder.write_config(record);
    folder.write_test_labels(data.test.labels.values<std::int64_t>());
    folder.write("config.toml", options.config_file());
    return record;
}

bool is_done(const lab::Run& run) { return run.status != lab::RunStatus::stopped; }

// Whether result.json was made from these runs, by another process.
bool is_reported(const lab::ComparisonFolder& folder, const std::vector<lab::Run>& runs) {
    try {
        const std::vector<lab::Run> told = analysis::read_results(folder.file("result.json")).runs;
        const auto tells = [&](const lab::Run& run) {
            return std::any_of(told.begin(), told.end(), [&](const lab::Run& t) {
                return is_done(t) && t.configuration() == run.configuration() && t.seed == run.seed;
            });
        };
        const auto written = std::filesystem::last_write_time(folder.file("result.json"));
        for (const auto& run : std::filesystem::directory_iterator(folder.file("runs")))
            if (run.last_write_time() > written) return false;
        return std::all_of(runs.begin(), runs.end(), tells);
    } catch (const std::exception&) {  // no file, an unfinished or a damaged one
        return false;
    }
}

// Tables and pages, by one process: the last to finish a run finds all of them there.
void report_once(const CompareSettings& s, const Place& place, const lab::ComparisonFolder& folder,
                 const lab::ComparisonRecord& record, const std::vector<lab::Run>& runs, bool trained,
                 const ComparisonData& data) {
    const auto done = static_cast<std::size_t>(std::count_if(runs.begin(), runs.end(), is_done));
    const bool all = done == runs.size();
    if (all || (interrupted && !place.shares())) {
        const auto hold = folder.hold("result");
        // Another process may have added runs, and left the last one to this process.
        const auto labels = data.test.labels.values<std::int64_t>();
        const auto now = all ? folder.read_config() : std::nullopt;
        const auto there = now ? folder.read_runs(*now, labels).runs : std::vector<lab::Run>();
        const bool more = there.size() > runs.size() &&
                          there.size() == now->schedules.size() * now->rebalancings.size() * now->seeds.size();
        const auto& told = more ? there : runs;
        const bool may_be_reported = trained || place.shares();  // else the user asks for the table again
        if (!may_be_reported || !is_reported(folder, told))
            return report_comparison(s, folder, more ? *now : record, told, labels, &data.test);
    }
    if (s.silent() || interrupted) return;
    std::cout << (all ? "all " : std::to_string(done) + " of ") << runs.size() << " runs are there, "
              << (all ? "and reported: " : "the others are with other processes, the last of which reports them: ")
              << program << " report " << shell_quoted(s.out) << " tells of them\n";
}

int compare_schedules(const Options& options, CompareOptions& given) {
    use_threads(0);
    const Place place = given.place();
    const bool resumes = given.resumes() || place.shares();
    std::optional<lab::ComparisonFolder> folder;
    std::optional<lab::ComparisonRecord> earlier;
    if (resumes && !given.out().empty() && std::filesystem::exists(given.out())) {
        open_folder(folder, given.out(), lab::FolderMode::resume);
        earlier = folder->read_config();
    }
    CompareSettings& s = given.settings(earlier ? &earlier->settings : nullptr, place.processors);
    if (earlier) add_to_earlier(s, *earlier);
    const PrecisionScope precision(parse_precision(s.precision));

    const ComparisonData data = load_comparison_data(s);
    lab::ComparisonOptions comparison = make_options(s, data.train.image_shape());
    if (s.evaluate_every < 0) {
        const std::int64_t points = s.target_auc ? kTargetPoints : kPoints;
        s.evaluate_every = (lab::updates_per_run(data.train.size(), comparison) + points - 1) / points;
        comparison.evaluate_every = s.evaluate_every;
    }
    set_averages(s, data.train.size(), comparison);
    comparison.held_out = data.held_out ? &*data.held_out : nullptr;
    check_target(s);
    comparison.schedules = make_schedules(s, data.train.size());
    comparison.rebalancings = make_rebalancing(s, data.train);
    check_baseline(s);
    comparison.command = options.command_line();

    using lab::FolderMode;
    if (!folder)
        open_folder(folder, s.out,
                    s.overwrite ? FolderMode::overwrite
                    : resumes   ? FolderMode::resume
                                : FolderMode::create);
    lab::ComparisonRecord record = settle(s, options, place, *folder, data, comparison);
    lab::StoredRuns stored = folder->read_runs(record, data.test.labels.values<std::int64_t>());
    for (const std::string& sentence : stored.damaged)
        output_unless(s.json || !place.is_first) << sentence << ": this run is done again\n";
    const bool trains = stored.runs.size() < record.schedules.size() * record.rebalancings.size() * record.seeds.size();
    comparison.known = std::move(stored.runs);
    catch_interrupts();
    tune(s, *folder, data.train, comparison, record);
    const std::vector<lab::Run> results =
        train(s, place, *folder, record, data, comparison, options_without_effect(s, options, data.train.size()));
    report_once(s, place, *folder, record, results, trains, data);
    if (!interrupted) return 0;
    std::cout << std::flush;
    std::cerr << "cyclone compare: stopped by a signal" << (place.shares() ? "" : "; the table holds what was finished")
              << " (" << program << " compare --resume --out " << shell_quoted(s.out) << " resumes)\n";
    return 1;
}

}  // namespace

Body setup_compare(Options& options) {
    const auto compare_options = std::make_shared<CompareOptions>(options);
    return [&options, compare_options] { return compare_schedules(options, *compare_options); };
}

}  // namespace cyclone::cli
