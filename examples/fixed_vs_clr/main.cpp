// Fixed against cyclical learning rates on very unbalanced patches: the comparison of a 2018 study, repeated with fair
// baselines. Options in options.cpp; the work is done by cyclone::lab.

#include <cyclone/cyclone.h>

#include "options.h"
#include "support/program.h"

#include <atomic>
#include <csignal>
#include <iostream>

using namespace cyclone;

namespace {

std::atomic<bool> stop{false};

// The first Ctrl-C ends the runs in good order, a second one the process.
extern "C" void on_interrupt(int signal) {
    stop = true;
    std::signal(signal, SIG_DFL);
}

data::Split load(const Settings& s) {
    if (s.data != "synthetic") {
        data::Split split =
            data::read_study_folder(s.data, {.positives = s.positives, .negatives = s.negatives, .seed = s.data_seed});
        for (const data::Dataset* set : {&split.train, &split.test}) {
            const auto counts = set->class_counts();
            check(counts[0] > 0 && counts[1] > 0, s.data, "expected images of both classes, got ", counts[1],
                  " positives and ", counts[0], " negatives");
        }
        return split;
    }
    check<UsageError>(s.positives > 0 && s.negatives > 0, "--positives", "synthetic data need counts");
    // A quarter more than is trained on, for the test set.
    return data::synthetic_patches({.positives = s.positives + (s.positives + 3) / 4,
                                    .negatives = s.negatives + (s.negatives + 3) / 4,
                                    .seed = s.data_seed,
                                    .difficulty = s.difficulty})
        .split(0.8, s.data_seed);
}

std::vector<lab::NamedSchedule> make_schedules(const Settings& s, std::int64_t samples) {
    const auto updates_per_epoch = static_cast<std::uint64_t>((samples + s.batch_size - 1) / s.batch_size);
    const ParseContext context{.base = s.base_lr,
                               .max = s.max_lr,
                               .step_size = s.step_size,
                               .total = Epochs{s.epochs},
                               .updates_per_epoch = updates_per_epoch};
    std::vector<lab::NamedSchedule> schedules;
    for (const std::string& name : s.schedules) schedules.push_back({name, parse_schedule(name, context)});
    return schedules;
}

std::string command_line(int argc, char** argv) {
    std::string text;
    for (int i = 0; i < argc; ++i) text += (i > 0 ? " " : "") + std::string(argv[i]);
    return text;
}

lab::ComparisonRecord make_record(const Settings& s, const data::Split& data,
                                  const std::vector<lab::NamedSchedule>& schedules, std::string command) {
    lab::ComparisonRecord record{.command = std::move(command),
                                 .data = "train: " + data.train.describe() + "; test: " + data.test.describe(),
                                 .settings = {},
                                 .schedules = {},
                                 .seeds = {}};
    const auto set = [&record](const char* name, const auto& value) {
        std::ostringstream text;
        text << value;
        record.settings.emplace_back(name, text.str());
    };
    set("preset", s.preset);
    set("data", s.data);
    set("positives", s.positives);
    set("negatives", s.negatives);
    set("difficulty", s.difficulty);
    set("data_seed", s.data_seed);
    set("epochs", s.epochs);
    set("batch_size", s.batch_size);
    set("base_lr", s.base_lr);
    set("max_lr", s.max_lr);
    set("step_size", s.step_size.describe());
    set("momentum", s.momentum);
    set("jobs", s.jobs);
    set("threads", s.threads);
    for (const auto& named : schedules) record.schedules.emplace_back(named.name, named.schedule.describe());
    for (int seed = 1; seed <= s.seeds; ++seed) record.seeds.push_back(static_cast<std::uint64_t>(seed));
    return record;
}

int compare_schedules(const Settings& s, const std::string& command) {
    const data::Split data = load(s);
    lab::ComparisonOptions options;
    options.schedules = make_schedules(s, data.train.size());
    const lab::ComparisonRecord record = make_record(s, data, options.schedules, command);
    options.seeds = record.seeds;
    options.epochs = s.epochs;
    options.batch_size = s.batch_size;
    options.momentum = s.momentum;
    options.jobs = s.jobs;
    options.threads = s.threads;
    options.evaluate_each_epoch = s.each_epoch;
    const Shape image = data.train.image_shape();
    check(image[0] == image[1] && image[0] % 4 == 0, s.data, "expected square images with a side divisible by 4, got ",
          image);
    options.model = [&image] { return nn::study_cnn({.size = image[0], .channels = image[2]}); };
    options.stop = &stop;

    const lab::RunFolder folder(s.out, s.overwrite);
    folder.write_config(record);
    const std::int64_t runs = static_cast<std::int64_t>(options.schedules.size() * options.seeds.size());
    if (!s.quiet) {
        std::cout << "train: " << data.train.describe() << "\ntest:  " << data.test.describe() << '\n'
                  << options.schedules.size() << " schedules x " << options.seeds.size() << " seeds, "
                  << lab::updates_per_run(data.train.size(), options) << " updates each, " << s.jobs << " at a time; "
                  << backend_description() << "\n\n"
                  << std::flush;
    }
    train::Progress progress("fixed_vs_clr", runs * lab::updates_per_run(data.train.size(), options),
                             s.quiet ? train::ProgressMode::off : train::ProgressMode::automatic);
    options.on_update = [&progress] { progress.add(1); };
    options.on_run = [&](const lab::Run& run, const train::History& history) { folder.write_history(run, history); };

    std::signal(SIGINT, on_interrupt);
    std::signal(SIGTERM, on_interrupt);
    const std::vector<lab::Run> results = lab::compare(data.train, data.test, options);
    progress.finish();

    const auto summaries = lab::summarize(results);
    const auto conclusion = lab::conclusion(summaries);
    folder.write_curves(results);
    folder.write_result(record, results, summaries, conclusion);
    lab::print_table(std::cout, summaries);
    std::cout << '\n';
    for (const std::string& sentence : conclusion) std::cout << sentence << '\n';
    if (lab::have_gnuplot()) lab::plot_curves(folder.path() / "curves.svg", results);
    if (!s.quiet) {
        std::cout << "\nHistories, result.json" << (lab::have_gnuplot() ? " and curves.svg" : "") << " are in "
                  << folder.path().string() << '\n';
        if (!lab::have_gnuplot()) std::cout << "No picture: gnuplot is not installed (Debian: gnuplot-nox).\n";
    }
    if (!stop) return 0;
    std::cout << std::flush;
    std::cerr << "fixed_vs_clr: stopped by a signal; the table holds what was finished\n";
    return 1;
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("Compares fixed with cyclical learning rates on unbalanced image patches.", "fixed_vs_clr");
    const Options options(app);
    return support::run_program(app, argc, argv,
                                [&] { return compare_schedules(options.settings(), command_line(argc, argv)); });
}
