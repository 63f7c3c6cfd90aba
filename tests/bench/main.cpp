// The speed of Cyclone beside the limit of this machine, both measured in turns in one run.

#include "bench/paired.h"
#include "bench/raw_primitives.h"
#include "bench/study_training.h"
#include "support/program.h"

#include <nlohmann/json.hpp>

#include <cstdio>
#include <string>
#include <vector>

namespace {

struct Row {
    std::string name;
    double value;  // images/s
    double limit;  // the raw primitives' images/s in the same rounds
    double ratio;
};

struct Settings {
    bool brief = false;
    std::string json;
    std::vector<int> threads;
};

void print(const Row& row) {
    std::printf("%-46s %10.0f images/s   limit %10.0f   ratio %.2f\n", row.name.c_str(), row.value, row.limit,
                row.ratio);
    std::fflush(stdout);
}

Row training_row(const cyclone::data::Dataset& data, std::int64_t batch, int threads, const bench::Rounds& rounds) {
    cyclone::set_num_threads(threads);
    cyclone::manual_seed(1);
    bench::StudyTraining ours(data, batch);
    bench::RawStep raw(batch);
    const bench::Pair pair = bench::measure([&] { ours.step(); }, [&] { raw.run(); }, rounds);
    const auto images = static_cast<double>(batch);
    return {"training, batch " + std::to_string(batch) + ", " + std::to_string(threads) + " thread(s)",
            images / pair.ours, images / pair.limit, pair.ratio};
}

Row inference_row(std::int64_t batch, int threads, const bench::Rounds& rounds) {
    cyclone::set_num_threads(threads);
    cyclone::nn::Sequential model = cyclone::nn::study_cnn();
    model.eval();
    const cyclone::NoGrad guard;
    const cyclone::Tensor x = cyclone::Tensor::full({batch, 16, 16, 1}, 0.5);
    bench::RawStep raw(batch, false);
    const bench::Pair pair = bench::measure([&] { model(x); }, [&] { raw.run(); }, rounds);
    const auto images = static_cast<double>(batch);
    return {"inference, batch " + std::to_string(batch) + ", " + std::to_string(threads) + " thread(s)",
            images / pair.ours, images / pair.limit, pair.ratio};
}

int run(const Settings& settings) {
    const bench::Rounds rounds = settings.brief ? bench::Rounds{0.05, 9} : bench::Rounds{0.2, 21};
    const auto data = cyclone::data::synthetic_patches({.positives = 800, .negatives = 7'200}).split(0.9).train;
    const int all = cyclone::available_processors();
    std::printf("%s, %d processors; limit = the summed raw oneDNN primitives of the same step\n",
                cyclone::backend_description().c_str(), all);
    std::vector<Row> rows;
    const auto add = [&rows](const Row& row) {
        print(row);
        rows.push_back(row);
    };
    add(training_row(data, 32, all, rounds));
    add(training_row(data, 32, 1, rounds));
    for (const std::int64_t batch : {8, 128, 512}) add(training_row(data, batch, all, rounds));
    for (const std::int64_t batch : {512, 1}) add(inference_row(batch, all, rounds));
    if (!settings.json.empty()) {
        nlohmann::ordered_json json;
        for (const Row& row : rows)
            json["rows"].push_back({{"name", row.name},
                                    {"value", row.value},
                                    {"unit", "images/s"},
                                    {"limit", row.limit},
                                    {"ratio", row.ratio}});
        cyclone::io::write_file_atomically(settings.json, json.dump(2) + "\n");
    }
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("Measures training and inference of the study's CNN against the raw oneDNN primitives.", "bench");
    Settings settings;
    app.add_flag("--short", settings.brief, "under a minute, less exact");
    app.add_option("--json", settings.json, "also write the rows to this file");
    app.footer("Example:\n  make bench BENCH_FLAGS='--short --json bench.json'");
    return support::run_program(app, argc, argv, [&] { return run(settings); });
}
