// Fixed against cyclical learning rates on very unbalanced patches: the comparison of a 2018 study, repeated with fair
// baselines. Options in options.cpp and settings.cpp; the work is done by cyclone::lab.

#include <cyclone/cyclone.h>

#include "options.h"
#include "published.h"
#include "support/command_line.h"
#include "support/interrupt.h"
#include "support/patches.h"

#include <algorithm>
#include <iostream>
#include <optional>

using namespace cyclone;

namespace {

constexpr const char* kTuned = "constant:tuned";
constexpr std::int64_t kTargetPoints = 40;  // of the AUC curve that a target is read off

constexpr double kTrainedOn = 0.8;  // of the training images, when thresholds are tuned on the rest

/// Training and test set, and what --threshold keeps out of both; standardised from the training set alone.
struct Data {
    data::Dataset train, test;
    std::optional<data::Dataset> held_out = std::nullopt;
};

Data load(const Settings& s) {
    data::Splits all = support::load_patches({.data = s.data,
                                              .positives = s.positives,
                                              .negatives = s.negatives,
                                              .difficulty = s.difficulty,
                                              .data_seed = s.data_seed,
                                              .positive_class = s.positive_class,
                                              .imbalance = s.imbalance,
                                              .memory_limit = s.memory_limit});
    if (s.threshold == "none") return {std::move(all.train), std::move(*all.test)};
    data::Splits parts = all.train.split(kTrainedOn, s.data_seed);
    all.train = std::move(parts.train);
    all.standardize();
    return {std::move(all.train), std::move(*all.test), std::move(parts.test)};
}

// constant:tuned stands as the base rate until tune() has found its own.
std::vector<lab::NamedSchedule> make_schedules(const Settings& s, std::int64_t samples) {
    const auto updates_per_epoch = static_cast<std::uint64_t>((samples + s.batch_size - 1) / s.batch_size);
    const ScheduleContext context{.base = s.base_lr,
                                  .max = s.max_lr,
                                  .step_size = s.step_size,
                                  .total = Epochs{s.epochs},
                                  .updates_per_epoch = updates_per_epoch};
    std::vector<lab::NamedSchedule> schedules;
    for (const std::string& name : s.schedules)
        schedules.push_back({name, name == kTuned ? Schedule(s.base_lr) : parse_schedule(name, context)});
    return schedules;
}

// What can be wrong with them before the folder is touched.
std::vector<lab::BalanceMethod> make_balances(const Settings& s, const data::Dataset& train) {
    std::vector<lab::BalanceMethod> balances;
    for (const std::string& name : s.balances) {
        balances.push_back(lab::parse_balance(name));
        balances.back().for_data(train.class_counts(), s.batch_size);
    }
    return balances;
}

void check_baseline(const Settings& s) {
    bool there = s.baseline.empty();
    for (const std::string& schedule : s.schedules) {
        there = there || schedule == s.baseline;
        for (const std::string& balance : s.balances) there = there || lab::row_name(schedule, balance) == s.baseline;
    }
    check<UsageError>(there, "--baseline", "'", s.baseline, "' is not among the schedules compared");
}

void describe_schedules(lab::ComparisonRecord& record, const std::vector<lab::NamedSchedule>& schedules) {
    record.schedules.clear();
    for (const auto& named : schedules) record.schedules.emplace_back(named.name, named.schedule.describe());
}

// What is asked for now, on top of what the folder holds already.
lab::ComparisonRecord make_record(const Settings& s, const Data& data, const std::string& command,
                                  const std::vector<lab::NamedSchedule>& schedules,
                                  const std::optional<lab::ComparisonRecord>& earlier) {
    lab::ComparisonRecord record;
    record.command = (earlier ? earlier->command + " && " : "") + command;
    record.data = "train: " + data.train.describe() + "; test: " + data.test.describe();
    record.settings = fixed_settings(s);
    record.settings.emplace_back("data_fingerprint",
                                 data::Splits{.train = data.train, .test = data.test}.fingerprint());
    describe_schedules(record, schedules);
    record.balances = s.balances;
    if (earlier) {
        check_agreement(s.out, earlier->settings, record.settings);
        TextPairs definitions;
        for (const auto& [name, definition] : record.schedules)
            for (const auto& [there, was] : earlier->schedules)
                if (name == there && name != kTuned) definitions.emplace_back(name, definition);
        check_agreement(s.out, earlier->schedules, definitions);
        record.seeds = earlier->seeds;
    }
    record.settings.emplace_back("jobs", std::to_string(s.jobs));
    for (std::uint64_t seed = 1; seed <= static_cast<std::uint64_t>(s.seeds); ++seed)
        if (std::find(record.seeds.begin(), record.seeds.end(), seed) == record.seeds.end())
            record.seeds.push_back(seed);
    return record;
}

lab::ComparisonOptions make_options(const Settings& s, const Shape& image) {
    lab::ComparisonOptions options;
    options.epochs = s.epochs;
    options.batch_size = s.batch_size;
    options.momentum = s.momentum;
    options.jobs = s.jobs;
    options.threads = s.threads;
    options.evaluate_each_epoch = s.each_epoch;
    options.evaluate_every = s.evaluate_every;
    options.model = support::study_model(s.data, image);
    options.augmentation = data::parse_augmentation(s.augment);
    options.augmentation.validate("--augment", image);
    if (s.threshold != "none") options.threshold_goal = metrics::parse_threshold_goal(s.threshold);
    options.stop = &support::interrupted;
    return options;
}

// Tables and conclusion on the screen; curves, result.json, pictures and report.html in the folder. `images` is the
// test set, if it is at hand.
void show(const Settings& s, const lab::RunFolder& folder, const lab::ComparisonRecord& record,
          const std::vector<lab::Run>& runs, std::span<const std::int64_t> labels, const data::Dataset* images) {
    const auto summaries = analysis::summarize(runs, s.target_auc);
    const auto statistics = analysis::compute_statistics(runs, labels, {.baseline = s.baseline});
    const auto conclusion = analysis::conclusion(summaries, statistics);
    std::vector<analysis::ProbabilitySummary> probabilities;
    if (record.balances != std::vector<std::string>{lab::kNoBalance})
        probabilities = analysis::summarize_probabilities(runs, labels);
    const auto thresholds = analysis::summarize_thresholds(runs, labels);
    auto tables = report::threshold_tables(thresholds, s.threshold);
    for (const auto& more : {report::probability_tables(probabilities), report::statistics_tables(statistics)})
        tables.insert(tables.end(), more.begin(), more.end());
    folder.write_curves(runs);
    analysis::write_result(folder.path() / "result.json", record, runs, summaries, statistics, conclusion,
                           probabilities, thresholds);
    report::print_table(std::cout, summaries);
    std::cout << '\n';
    report::print_budget(std::cout, summaries, s.target_auc);
    std::cout << '\n';
    report::print_tables(std::cout, tables);
    std::cout << '\n';
    for (const std::string& sentence : conclusion) std::cout << sentence << '\n';
    const auto positives = static_cast<double>(std::count(labels.begin(), labels.end(), 1));
    if (s.preset.rfind("study", 0) == 0) std::cout << '\n';
    print_published(std::cout, s.preset, summaries, 100 * positives / static_cast<double>(labels.size()));

    report::plot_curves(folder.path() / "curves.svg", runs);
    report::plot_auc(folder.path() / "auc.svg", runs);
    report::write_report(folder.path() / "report.html", {.record = record,
                                                         .runs = runs,
                                                         .summaries = summaries,
                                                         .conclusion = conclusion,
                                                         .labels = labels,
                                                         .statistics = tables,
                                                         .target_auc = s.target_auc,
                                                         .images = images});
    if (s.quiet) return;
    std::cout << "\nreport.html, runs, histories, result.json and pictures are in " << folder.path().string() << '\n';
}

void check_target(const Settings& s) {
    check<UsageError>(!s.target_auc || s.evaluate_every > 0, "--target-auc", "the runs in ", s.out,
                      " have no AUC curves (hint: --evaluate-every in a new folder)");
}

// The data of an earlier comparison, unless they are gone or have changed since.
std::optional<Data> load_again(const Settings& s, const lab::ComparisonRecord& record) {
    try {
        Data data = load(s);
        const std::pair<std::string, std::string> fingerprint{
            "data_fingerprint", data::Splits{.train = data.train, .test = data.test}.fingerprint()};
        const auto& settings = record.settings;
        if (std::find(settings.begin(), settings.end(), fingerprint) != settings.end()) return data;
    } catch (const Error&) {
    }
    return std::nullopt;
}

int report_only(const Settings& s, const lab::RunFolder& folder, const lab::ComparisonRecord& record) {
    check_agreement(s.out, record.settings, fixed_settings(s));
    check_target(s);
    const auto labels = folder.read_test_labels();
    const lab::StoredRuns stored = folder.read_runs(record, labels);
    for (const std::string& sentence : stored.damaged) std::cout << sentence << ": left out (--resume does it again)\n";
    check(!stored.runs.empty(), "--report-only", "there is no finished run in ", s.out);
    const auto data = load_again(s, record);
    if (!data) std::cout << "The data are gone or have changed: the report shows no images\n";
    show(s, folder, record, stored.runs, labels, data ? &data->test : nullptr);
    return 0;
}

// The rate of constant:tuned, from the folder or by trying.
void tune(const Settings& s, const lab::RunFolder& folder, const data::Dataset& train,
          lab::ComparisonOptions& options) {
    const auto schedule = std::find_if(options.schedules.begin(), options.schedules.end(),
                                       [](const lab::NamedSchedule& named) { return named.name == kTuned; });
    if (schedule == options.schedules.end()) return;
    auto tuning = folder.read_tuning();
    if (!tuning) {
        const std::vector<double> rates = lab::tuning_grid(s.base_lr, s.max_lr);
        if (!s.quiet)
            std::cout << "constant:tuned: trying " << rates.size() << " rates on a part of the training set\n";
        tuning = lab::tune_constant(train, rates, options);
        folder.write_tuning(*tuning);
    }
    if (!s.quiet)
        std::cout << "constant:tuned: " << tuning->rate
                  << (tuning->at_edge() ? ", at the edge of the rates tried (a better one may lie beyond)" : "")
                  << "\n\n"
                  << std::flush;
    schedule->schedule = Schedule(tuning->rate);
}

// What can be seen before any training.
void print_warnings(const lab::ComparisonOptions& options, std::int64_t updates) {
    const auto run = static_cast<std::uint64_t>(updates), per_epoch = run / static_cast<std::uint64_t>(options.epochs);
    std::vector<schedule::Preview> previews;
    for (const lab::NamedSchedule& named : options.schedules)
        previews.push_back(schedule::preview(named.name, named.schedule, run, per_epoch));
    auto warnings = schedule::budget_warnings(previews);
    for (const schedule::Preview& preview : previews)
        warnings.insert(warnings.end(), preview.warnings.begin(), preview.warnings.end());
    for (const std::string& warning : warnings) std::cout << "warning: " << warning << '\n';
}

std::vector<lab::Run> train(const Settings& s, const lab::RunFolder& folder, const Data& data,
                            lab::ComparisonOptions& options) {
    const std::int64_t updates = lab::updates_per_run(data.train.size(), options);
    const std::size_t runs = options.schedules.size() * options.balances.size() * options.seeds.size();
    if (!s.quiet) {
        std::cout << "train: " << data.train.describe() << "\ntest:  " << data.test.describe() << '\n';
        if (data.held_out) std::cout << "held out for thresholds: " << data.held_out->describe() << '\n';
        std::cout << options.schedules.size() << " schedules x ";
        if (options.balances.size() > 1) std::cout << options.balances.size() << " remedies x ";
        std::cout << options.seeds.size() << " seeds, " << updates << " updates each, " << s.jobs << " at a time; "
                  << backend_description() << '\n';
        if (!options.known.empty()) std::cout << options.known.size() << " of " << runs << " runs are there already\n";
        print_warnings(options, updates);
        std::cout << '\n' << std::flush;
    }
    train::Progress progress("fixed_vs_clr", static_cast<std::int64_t>(runs - options.known.size()) * updates,
                             s.quiet ? train::ProgressMode::off : train::ProgressMode::automatic);
    options.on_update = [&progress] { progress.add(1); };
    options.on_run = [&](const lab::Run& run, const train::History& history) {
        folder.write_history(run, history);
        folder.write_run(run);
    };
    if (s.checkpoint_minutes > 0) {
        options.checkpoint_minutes = s.checkpoint_minutes;
        options.checkpoint_folder = [&folder](const lab::Run& run) { return folder.checkpoint_folder(run); };
    }
    options.on_resume = [&](const lab::Run& run, std::uint64_t done) {
        progress.resume(static_cast<std::int64_t>(done));
        if (!s.quiet)
            std::cout << run.row() + ", seed " + std::to_string(run.seed) + ": goes on after update " +
                             std::to_string(done) + "\n"
                      << std::flush;
    };
    auto results = lab::compare(data.train, data.test, options);
    options.on_update = {};  // it refers to what ends here
    return results;
}

std::vector<std::string> with_new(std::vector<std::string> there, const std::vector<std::string>& asked) {
    for (const std::string& name : asked)
        if (std::find(there.begin(), there.end(), name) == there.end()) there.push_back(name);
    return there;
}

int compare_schedules(const Options& given, const std::string& command) {
    std::optional<lab::RunFolder> folder;
    std::optional<lab::ComparisonRecord> earlier;
    const bool there = !given.out().empty() && std::filesystem::exists(given.out());
    if (given.continues() && (there || (given.report_only() && !given.out().empty()))) {
        folder.emplace(given.out(), given.report_only() ? lab::FolderMode::read : lab::FolderMode::resume);
        earlier = folder->read_config();
    }
    Settings s = given.settings(earlier ? &earlier->settings : nullptr);
    if (earlier) {
        std::vector<std::string> schedules;
        for (const auto& [name, definition] : earlier->schedules) schedules.push_back(name);
        s.schedules = with_new(std::move(schedules), s.schedules);
        s.balances = with_new(earlier->balances, s.balances);
    }
    if (given.report_only()) return report_only(s, *folder, *earlier);

    const Data data = load(s);
    lab::ComparisonOptions options = make_options(s, data.train.image_shape());
    if (s.evaluate_every < 0)
        options.evaluate_every = s.evaluate_every =
            std::max<std::int64_t>(1, lab::updates_per_run(data.train.size(), options) / kTargetPoints);
    options.held_out = data.held_out ? &*data.held_out : nullptr;
    check_target(s);
    options.schedules = make_schedules(s, data.train.size());
    options.balances = make_balances(s, data.train);
    check_baseline(s);
    lab::ComparisonRecord record = make_record(s, data, command, options.schedules, earlier);
    options.seeds = record.seeds;
    const auto labels = data.test.labels.values<std::int64_t>();

    if (!folder) folder.emplace(s.out, s.overwrite ? lab::FolderMode::overwrite : lab::FolderMode::create);
    folder->write_config(record);
    folder->write_test_labels(labels);
    lab::StoredRuns stored = folder->read_runs(record, labels);
    for (const std::string& sentence : stored.damaged) std::cout << sentence << ": this run is done again\n";
    options.known = std::move(stored.runs);
    support::catch_interrupts();
    tune(s, *folder, data.train, options);
    describe_schedules(record, options.schedules);
    folder->write_config(record);
    const std::vector<lab::Run> results = train(s, *folder, data, options);
    show(s, *folder, record, results, labels, &data.test);
    if (!support::interrupted) return 0;
    std::cout << std::flush;
    std::cerr << "fixed_vs_clr: stopped by a signal; the table holds what was finished (--resume --out " << s.out
              << " goes on)\n";
    return 1;
}

}  // namespace

int main(int argc, char** argv) {
    support::CommandLine line("fixed_vs_clr",
                              "Compares fixed with cyclical learning rates on unbalanced image patches.");
    const Options options(line);
    return line.run(argc, argv, [&] { return compare_schedules(options, line.command()); });
}
