// The speed of Cyclone beside the limit of this machine, both measured in turns in one run. README.md explains the
// rows.

#include "bench/bf16.h"
#include "bench/child.h"
#include "bench/deep.h"
#include "bench/growth.h"
#include "bench/paired.h"
#include "bench/raw_network.h"
#include "bench/report.h"
#include "bench/roofline.h"
#include "bench/side_by_side.h"
#include "bench/training.h"
#include "bench/worker.h"

#include <algorithm>
#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "support/threads.h"

namespace {

using bench::Report;
using bench::Rounds;

struct Settings {
    bool brief = false;
    std::string json, child, worker;
    std::vector<std::string> only;  // sections; empty: all

    bool wants(const std::string& section) const {
        return only.empty() || std::find(only.begin(), only.end(), section) != only.end();
    }
};

std::string threads_name(int threads) { return std::to_string(threads) + (threads == 1 ? " thread" : " threads"); }

void add_training(Report& report, const cyclone::data::Dataset& data, std::int64_t batch, int threads,
                  const std::string& bar, const Rounds& rounds) {
    const cyclone::test::Threads setting(threads);
    cyclone::manual_seed(1);
    bench::Training ours(data, batch);
    bench::RawNetwork raw = bench::raw_study_cnn(batch);
    const bench::Pair pair = bench::measure([&] { ours.step(); }, [&] { raw.run(); }, rounds);
    const auto images = static_cast<double>(batch);
    report.add({"training, batch " + std::to_string(batch) + ", " + threads_name(threads), images / pair.ours,
                "images/s", images / pair.limit, pair.ratio, bar});
}

void add_inference(Report& report, std::int64_t batch, const std::string& bar, const Rounds& rounds) {
    cyclone::nn::Sequential model = cyclone::nn::study_cnn();
    model.eval();
    const cyclone::NoGrad guard;
    const cyclone::Tensor x = cyclone::Tensor::full({batch, 16, 16, 1}, 0.5);
    bench::RawNetwork raw = bench::raw_study_cnn(batch, false);
    const bench::Pair pair = bench::measure([&] { model(x); }, [&] { raw.run(); }, rounds);
    const auto images = static_cast<double>(batch);
    report.add({"inference, batch " + std::to_string(batch), images / pair.ours, "images/s", images / pair.limit,
                pair.ratio, bar});
}

void add_side_by_side(Report& report, const cyclone::data::Dataset& data, const Rounds& rounds) {
    constexpr int steps = 4;  // a turn's call is long enough for two threads to meet at its end
    bench::TrainingThread first(data), second(data);
    const auto both = [&] {
        first.start(steps);
        second.start(steps);
        first.wait();
        second.wait();
    };
    const auto one = [&] {
        first.start(steps);
        first.wait();
    };
    const bench::Pair pair = bench::measure(both, one, rounds);
    report.add({"two one-thread trainings against one", 2 * 32 * steps / pair.ours, "images/s", 32 * steps / pair.limit,
                2 * pair.ratio, ">= 1.90"});
}

// One training with all threads against one with one thread, alone or beside as many strangers as there are processors.
void add_all_threads(Report& report, const cyclone::data::Dataset& data, bool busy, const Rounds& rounds) {
    const int all = cyclone::available_processors();
    constexpr int steps = 8;
    std::optional<bench::Neighbours> neighbours;
    if (busy) neighbours.emplace(all);  // before there are threads, as fork() wants it
    bench::TrainingThread many(data, all), one(data);
    const auto run = [](bench::TrainingThread& training) {
        return [&training] {
            training.start(steps);
            training.wait();
        };
    };
    const bench::Pair pair = bench::measure(run(many), run(one), rounds);
    const std::string name = std::to_string(all) + " threads against 1";
    report.add({busy ? name + ", " + std::to_string(all) + " busy neighbours" : name, 32 * steps / pair.ours,
                "images/s", 32 * steps / pair.limit, pair.ratio,
                busy       ? ">= 0.87"
                : all == 2 ? ">= 1.92"
                           : ""});
}

// What norms at every update cost: with them against without.
void add_recording(Report& report, const cyclone::data::Dataset& data, const Rounds& rounds) {
    const cyclone::test::Threads one(1);
    cyclone::manual_seed(1);
    bench::Training with(data, 32), without(data, 32);
    with.record(cyclone::train::record_norms());
    const bench::Pair pair = bench::measure([&] { with.step(); }, [&] { without.step(); }, rounds);
    report.add(
        {"training with its norms recorded, 1 thread", 32 / pair.ours, "images/s", 32 / pair.limit, pair.ratio, ""});
}

void add_first_update(Report& report, int rounds) {
    const std::string name = "process start to first update";
    try {
        std::vector<double> ours, limit, ratio;
        for (int round = 0; round <= rounds; ++round) {
            const double a = bench::run_child("cyclone-update", 30).seconds;
            const double b = bench::run_child("raw-update", 30).seconds;
            if (round == 0) continue;  // reads the libraries from the disk
            ours.push_back(a);
            limit.push_back(b);
            ratio.push_back(a / b);
        }
        report.add(
            {name, 1e3 * bench::median(ours), "ms", 1e3 * bench::median(limit), bench::median(ratio), "<= 1.40"});
    } catch (const std::exception& error) {
        report.fail(name, error.what());
    }
}

void add_peak_memory(Report& report, bool brief) {
    const std::string name = "peak memory, training on 64,000 patches";
    try {
        constexpr double bound_mb = 100;
        const double peak = bench::run_child(brief ? "synthetic:64000:200" : "synthetic:64000:2000", 120).number;
        report.add({name, peak, "MB", bound_mb, peak / bound_mb, "<= 1.00"});
    } catch (const std::exception& error) {
        report.fail(name, error.what());
    }
}

int run(const Settings& settings) {
    for (const std::string& part : settings.only)
        cyclone::check<cyclone::UsageError>(
            part == "study" || part == "bf16" || part == "others" || part == "growth" || part == "roofline", "--only",
            "expected study, bf16, others, growth or roofline, got '", part, "'");
    if (!settings.child.empty()) return bench::child_main(settings.child);
    if (!settings.worker.empty()) return bench::worker_main(settings.worker);
    const Rounds rounds = settings.brief ? Rounds{0.05, 9} : Rounds{0.2, 21};
    const Rounds long_rounds = settings.brief ? Rounds{0.05, 3} : Rounds{0.2, 9};
    const auto data = cyclone::data::synthetic_patches({.positives = 800, .negatives = 7'200}).split(0.9).train;
    const int all = cyclone::available_processors();
    std::printf("%s, %d processors\n", cyclone::backend_description().c_str(), all);
    Report report;
    if (settings.wants("study")) {
        report.heading("The study's CNN; limit = the summed raw oneDNN primitives of the same step");
        add_training(report, data, 32, all, ">= 0.90", rounds);
        add_training(report, data, 32, 1, ">= 0.90", rounds);
        add_training(report, data, 8, all, ">= 0.75", rounds);
        for (const std::int64_t batch : {128, 512}) add_training(report, data, batch, all, ">= 0.90", rounds);
        add_inference(report, 512, ">= 0.90", rounds);
        add_inference(report, 1, ">= 0.60", rounds);
    }
    if (settings.wants("bf16")) {
        report.heading("The study's CNN in bf16; limit = the same in f32");
        bench::add_bf16(report, data, rounds);
    }
    if (settings.wants("others")) {
        report.heading("Deeper nets, two runs at once, start and memory; README.md names the limits");
        bench::add_deep(report, long_rounds, settings.brief);
        add_side_by_side(report, data, rounds);
        add_recording(report, data, rounds);
        add_all_threads(report, data, false, rounds);
        add_all_threads(report, data, true, rounds);
        add_first_update(report, settings.brief ? 5 : 15);
        add_peak_memory(report, settings.brief);
    }
    if (settings.wants("growth")) {
        report.heading("Growth; limit = the same at the smallest size");
        bench::add_size_growth(report, data, long_rounds);
        if (!settings.brief) bench::add_data_growth(report, long_rounds);
    }
    if (settings.wants("roofline")) {
        report.heading("Roofline of the study's CNN, training, batch 32");
        bench::add_roofline(report, data, settings.brief ? Rounds{0.02, 9} : rounds);
    }
    if (!settings.json.empty()) cyclone::io::write_file_atomically(settings.json, report.json());
    return report.failed() ? 1 : 0;
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("Measures training and inference against the raw oneDNN primitives, and start, memory and growth.");
    Settings settings;
    app.add_flag("--short", settings.brief, "under a minute, less exact, without the growth of the data");
    app.add_option("--json", settings.json, "also write the rows to this file");
    app.add_option("--only", settings.only, "these parts alone: study, bf16, others, growth, roofline")
        ->expected(1, 5)
        ->allow_extra_args(false);
    app.add_option("--child", settings.child, "used by the program itself for what needs a process of its own")
        ->group("");
    app.add_option("--worker", settings.worker, "used by peers/compare.py")->group("");
    app.footer("Example:\n  make bench BENCH_FLAGS='--short --json bench.json'");
    CLI11_PARSE(app, argc, argv);
    try {
        return run(settings);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "bench: %s\n", error.what());
        return 1;
    }
}
