// Fixed against cyclical learning rates on very unbalanced patches: the comparison of a 2018 study, repeated with fair
// baselines, through the library alone. `cyclone compare` is the same with options, for any data.

#include <cyclone/cyclone.h>

#include <iostream>
#include <numeric>

using namespace cyclone;

namespace {

// The study's shape in small: as many cycles, fewer patches, and rates that suit so few updates.
constexpr std::int64_t kEpochs = 6, kBatchSize = 32, kSeeds = 3;
constexpr double kBase = 0.01, kMax = 0.1;
const std::vector<std::string> kSchedules = {"time-decay",  // Keras's, which the study called a fixed rate
                                             "constant:base", "constant:mean", "constant:max",  // rates that are fixed
                                             "triangular",    "triangular2",   "exp-range:0.999"};

std::vector<lab::NamedSchedule> make_schedules(std::int64_t images) {
    const ScheduleContext context{
        .base = kBase,
        .max = kMax,
        .step_size = Epochs{1},
        .total = Epochs{kEpochs},
        .updates_per_epoch = static_cast<std::uint64_t>((images + kBatchSize - 1) / kBatchSize)};
    std::vector<lab::NamedSchedule> schedules;
    schedules.reserve(kSchedules.size());
    for (const std::string& name : kSchedules) schedules.push_back({name, parse_schedule(name, context)});
    return schedules;
}

lab::ComparisonOptions make_options(const data::Dataset& train, std::int64_t seeds) {
    lab::ComparisonOptions options;
    options.schedules = make_schedules(train.size());
    options.seeds.resize(static_cast<std::size_t>(seeds));
    std::iota(options.seeds.begin(), options.seeds.end(), 1);
    options.epochs = kEpochs;
    options.batch_size = kBatchSize;
    options.jobs = available_processors();
    options.evaluate_every = lab::updates_per_run(train.size(), options) / 10 + 1;  // for curves of the AUC
    options.model = [] { return nn::study_cnn(); };
    return options;
}

// What config.json of the folder says.
lab::ComparisonRecord make_record(const data::Dataset& train, const data::Dataset& test,
                                  const lab::ComparisonOptions& options) {
    lab::ComparisonRecord record;
    record.program = record.command = "fixed_vs_clr";
    record.data = "train: " + train.describe() + "; test: " + test.describe();
    record.settings = {{"epochs", std::to_string(kEpochs)}, {"batch_size", std::to_string(kBatchSize)}};
    for (const auto& [name, schedule] : options.schedules) record.schedules.emplace_back(name, schedule.describe());
    record.seeds = options.seeds;
    record.positive_fraction = static_cast<double>(train.class_counts()[1]) / static_cast<double>(train.size());
    return record;
}

// The runs that the folder has, so that only those of new seeds are trained.
std::vector<lab::Run> earlier_runs(const lab::ComparisonFolder& folder, const lab::ComparisonRecord& record,
                                   const data::Dataset& test) {
    const auto earlier = folder.read_config();
    if (!earlier) return {};
    check(earlier->data == record.data && earlier->schedules == record.schedules, folder.path().string(),
          "holds another comparison (hint: name a new folder)");
    lab::StoredRuns stored = folder.read_runs(record, test.labels.values<std::int64_t>());
    for (const std::string& sentence : stored.damaged) std::cout << sentence << ": this run is done again\n";
    return std::move(stored.runs);
}

std::vector<lab::Run> train_all(const data::Dataset& train, const data::Dataset& test, lab::ComparisonOptions options,
                                const lab::ComparisonFolder& folder) {
    const auto runs = static_cast<std::int64_t>(options.schedules.size() * options.seeds.size() - options.known.size());
    const std::int64_t updates = lab::updates_per_run(train.size(), options);
    std::cout << "train: " << train.describe() << "\ntest:  " << test.describe() << '\n'
              << options.schedules.size() << " schedules x " << options.seeds.size() << " seeds, " << updates
              << " updates each, " << options.jobs << " at a time; " << backend_description() << '\n';
    if (!options.known.empty()) std::cout << options.known.size() << " of the runs are there already\n";
    std::vector<schedule::Preview> previews;
    for (const auto& [name, schedule] : options.schedules)
        previews.push_back(schedule::preview(name, schedule, static_cast<std::uint64_t>(updates),
                                             static_cast<std::uint64_t>(updates / kEpochs)));
    for (const std::string& warning : schedule::budget_warnings(previews)) std::cout << "warning: " << warning << '\n';
    std::cout << std::endl;
    train::Progress progress("fixed_vs_clr", runs * updates);
    options.on_update = [&progress] { progress.add(); };
    options.on_run = [&folder](const lab::Run& run, const train::History& history) {
        folder.write_history(run, history);
        folder.write_run(run);
    };
    return lab::compare(train, test, options);
}

}  // namespace

// fixed_vs_clr [FOLDER [--seeds N]]: with --seeds what the folder lacks of N seeds, else all of it again.
int main(int argc, char** argv) {
    try {
        const std::vector<std::string> words(argv + 1, argv + argc);
        const bool adds = words.size() == 3 && words[1] == "--seeds";
        check<UsageError>((words.size() <= 1 || adds) && (words.empty() || !words[0].starts_with("-")), "usage",
                          "fixed_vs_clr [FOLDER [--seeds N]]");
        const std::int64_t seeds = adds ? parse_count("--seeds", words[2], 1000) : kSeeds;
        // 270 patches with the structure to be found among 4,730 without; a quarter more for the test set.
        const auto [train, test] = data::synthetic_patches({.positives = 338, .negatives = 5'913}).split(0.8, 1);
        lab::ComparisonOptions options = make_options(train, seeds);
        const lab::ComparisonFolder folder(words.empty() ? "runs/fixed_vs_clr" : words[0],
                                           adds ? lab::FolderMode::resume : lab::FolderMode::overwrite);
        const lab::ComparisonRecord record = make_record(train, test, options);
        if (adds) options.known = earlier_runs(folder, record, test);
        folder.write_config(record);
        folder.write_test_labels(test.labels.values<std::int64_t>());
        const auto runs = train_all(train, test, options, folder);
        folder.write_curves(runs);
        const auto results =
            analysis::analyse(runs, test.labels.values<std::int64_t>(),
                              {.record = record, .add_seeds = std::string(argv[0]) + " " + folder.path().string()});
        report::print(std::cout, results);
        report::write(folder.path(), results, {.test = &test});
        std::cout << "\nreport.html, runs, histories, result.json and pictures are in " << folder.path().string()
                  << '\n';
        return 0;
    } catch (const UsageError& error) {
        std::cerr << "fixed_vs_clr: " << error.what() << '\n';
        return 2;
    } catch (const Error& error) {
        std::cerr << "fixed_vs_clr: " << error.what() << '\n';
        return 1;
    }
}
