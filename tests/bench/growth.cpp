#include "bench/growth.h"

#include "bench/child.h"
#include "bench/training.h"

#include <fstream>
#include <string>

namespace bench {
namespace {

constexpr std::int64_t kMillion = 1'000'000;
constexpr const char* kSame = ">= 0.90";  // a patch costs at most a tenth more

double available_memory_gb() {
    std::ifstream info("/proc/meminfo");
    for (std::string line; std::getline(info, line);)
        if (line.rfind("MemAvailable:", 0) == 0) return std::stod(line.substr(13)) * 1024 / 1e9;
    return 0;
}

cyclone::data::Dataset first_rows(const cyclone::data::Dataset& data, std::int64_t count) {
    cyclone::data::Dataset part = data;
    part.images = data.images.tensor().rows(0, count);
    part.labels = data.labels.rows(0, count);
    return part;
}

void add_memory_growth(Report& report) {
    const auto peak_at = [](std::int64_t patches) {
        return run_child("memory:" + std::to_string(patches) + ":200", 120).number;
    };
    const double one = peak_at(kMillion);
    for (const std::int64_t millions : {2, 4}) {
        const double grown = peak_at(millions * kMillion) - one;
        const double data = static_cast<double>((millions - 1) * kMillion) * (16 * 16 * 2 + 8) / 1e6;
        report.add({"memory added from 1 to " + std::to_string(millions) + " million patches", grown, "MB", data,
                    grown / data, "<= 1.10"});
    }
}

// What a training does once: fit the standardisation, shuffle.
void set_up(const cyclone::data::Dataset& data) {
    cyclone::data::Standardization::fit(data.images);
    cyclone::data::epoch_order(data.size(), 1, 0);
}

void add_cost_growth(Report& report, const Rounds& rounds) {
    const cyclone::data::Dataset all = random_patches(4 * kMillion), base = first_rows(all, kMillion);
    for (const std::int64_t millions : {2, 4}) {
        const cyclone::data::Dataset more = first_rows(all, millions * kMillion);
        const std::string name = std::to_string(millions) + " million patches";
        const Pair prepared = measure([&] { set_up(more); }, [&] { set_up(base); }, {0.01, 5});
        const double patches = 1e-6 * static_cast<double>(kMillion);  // seconds to us a patch
        report.add({"setting up, " + name, static_cast<double>(millions) * patches / prepared.ours, "patch/us",
                    patches / prepared.limit, static_cast<double>(millions) * prepared.ratio, kSame});
        Training ours(more, 32), limit(base, 32);
        const Pair pair = measure([&] { ours.step(); }, [&] { limit.step(); }, rounds);
        report.add({"training, " + name, 32 / pair.ours, "images/s", 32 / pair.limit, pair.ratio, kSame});
    }
}

// 2 operations per multiply-add; forward and two gradients, but for the images'.
double flop_per_image(std::int64_t width) {
    const double c = 32.0 * static_cast<double>(width), d = 256.0 * static_cast<double>(width);
    const double first = 256 * 9 * c;
    const double rest = 256 * 9 * c * c + 2 * 64 * 9 * c * c + 16 * c * d + d * d + 2 * d;
    return 2 * (2 * first + 3 * rest);
}

}  // namespace

cyclone::data::Dataset random_patches(std::int64_t count) {
    cyclone::data::Dataset data;
    data.images = cyclone::Tensor::empty({count, 16, 16, 1}, cyclone::DType::u16);
    data.labels = cyclone::Tensor::empty({count}, cyclone::DType::i64);
    std::uint64_t state = 1;
    const auto next = [&state] { return state = state * 6364136223846793005ULL + 1442695040888963407ULL; };
    auto* pixels = data.images.tensor().mutable_data<std::uint16_t>();
    for (std::int64_t i = 0; i < data.images.numel(); ++i) pixels[i] = static_cast<std::uint16_t>(next() >> 50);
    auto* labels = data.labels.mutable_data<std::int64_t>();
    for (std::int64_t i = 0; i < count; ++i) labels[i] = static_cast<std::int64_t>(next() >> 63);
    data.class_names = {"negative", "positive"};
    data.source = "noise";
    data.standardization = cyclone::data::Standardization{{8192}, {4730}};
    return data;
}

void add_data_growth(Report& report, const Rounds& rounds) {
    constexpr double needed_gb = 3.5;
    if (available_memory_gb() < needed_gb)
        return report.fail("growth of the data", "less than 3.5 GB of memory are free");
    try {
        add_memory_growth(report);
        add_cost_growth(report, rounds);
    } catch (const std::exception& error) {
        report.fail("growth of the data", error.what());
    }
}

void add_size_growth(Report& report, const cyclone::data::Dataset& data, const Rounds& rounds) {
    for (const std::int64_t batch : {64, 128, 256}) {
        Training ours(data, batch), limit(data, 32);
        const Pair pair = measure([&] { ours.step(); }, [&] { limit.step(); }, rounds);
        const double value = static_cast<double>(batch) / pair.ours;
        report.add({"training, batch " + std::to_string(batch) + " against 32", value, "images/s", 32 / pair.limit,
                    static_cast<double>(batch) / 32 * pair.ratio, kSame});
    }
    for (const std::int64_t width : {2, 4, 8}) {
        Training ours(data, 32, cyclone::nn::study_cnn({.width = width})), limit(data, 32);
        const Pair pair = measure([&] { ours.step(); }, [&] { limit.step(); }, rounds);
        const double gflop = 32e-9 * flop_per_image(width), base = 32e-9 * flop_per_image(1);
        report.add({"training, " + std::to_string(width) + " x the channels", gflop / pair.ours, "GFLOP/s",
                    base / pair.limit, gflop / base * pair.ratio, kSame});
    }
}

}  // namespace bench
