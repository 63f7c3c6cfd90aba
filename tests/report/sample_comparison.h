#pragma once
// A comparison that was never trained: curves, probabilities and metrics made up by formulas, for what shows results.

#include <cyclone/analysis/results.h>
#include <cyclone/base/random.h>
#include <cyclone/data/synthetic.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

namespace cyclone::test {

struct SampleComparison {
    data::Dataset data;
    lab::ComparisonRecord record;
    std::vector<lab::Run> runs;
    analysis::Results results;

    /// `skill` 0 guesses, 3 is good.
    void add(const std::string& schedule, std::uint64_t seed, double rate, double skill) {
        constexpr std::uint64_t kUpdates = 900;
        const Random random(seed, std::hash<std::string>{}(schedule));
        lab::Run run;
        run.schedule = schedule;
        run.seed = seed;
        run.status = lab::RunStatus::finished;
        run.updates = kUpdates;
        for (std::uint64_t p = 0; p < 150; ++p) {
            const double t = static_cast<double>(p) / 150;
            run.curve.update.push_back(t * kUpdates);
            const double height = schedule.starts_with("constant") ? 0.5
                                  : schedule == "time-decay" || schedule == "linear"
                                      ? 1 - t
                                      : 1 - std::abs(std::fmod(4 * t, 2.0) - 1);
            run.curve.learning_rate.push_back(rate * height + rate / 10);
            run.curve.loss.push_back(0.69 * std::exp(-skill * t) + 0.02 * random.uniform(p));
        }
        for (int epoch = 1; epoch <= 6; ++epoch) {
            run.epoch_loss.push_back(0.69 * std::exp(-skill * epoch / 6));
            run.epoch_auc.push_back(0.5 + 0.08 * std::min(skill, 1.0) * epoch);
        }
        run.sum_lr = rate * kUpdates / 2;
        run.mean_lr = rate / 2;
        run.train_loss = run.epoch_loss.back();
        run.seconds = 10 + random.uniform(200);
        run.images_per_second = 3000;
        const auto labels = data.labels.values<std::int64_t>();
        for (std::size_t i = 0; i < labels.size(); ++i) {
            const double score = skill * (static_cast<double>(labels[i]) * 2 - 1) + 1.5 * random.normal(1000 + i) - 1;
            run.test_probability.push_back(1 / (1 + std::exp(-score)));
        }
        run.test = metrics::binary_report(labels, run.test_probability);
        runs.push_back(std::move(run));
    }

    void sum_up() {
        record.command = "fixed_vs_clr --preset quick";
        record.data = data.describe();
        record.settings = {{"epochs", "6"}, {"batch_size", "32"}, {"threads", "1"}};
        record.schedules.clear();
        record.seeds.clear();
        for (const auto& run : runs) {
            if (std::none_of(record.schedules.begin(), record.schedules.end(),
                             [&](const auto& s) { return s.first == run.schedule; }))
                record.schedules.emplace_back(run.schedule, "made up");
            if (std::find(record.seeds.begin(), record.seeds.end(), run.seed) == record.seeds.end())
                record.seeds.push_back(run.seed);
        }
        results = analysis::analyse(runs, data.labels.values<std::int64_t>(), {.record = record});
    }
};

inline SampleComparison sample_comparison(const std::vector<std::string>& schedules, std::uint64_t seeds,
                                          std::int64_t positives = 40) {
    SampleComparison sample;
    sample.data = data::synthetic_patches({.positives = positives, .negatives = 260, .seed = 5});
    for (std::size_t s = 0; s < schedules.size(); ++s)
        for (std::uint64_t seed = 1; seed <= seeds; ++seed)
            sample.add(schedules[s], seed, 0.001 * std::pow(3.0, static_cast<double>(s)),
                       s == 0 ? 0.0 : 1.0 + 0.3 * static_cast<double>(s) + 0.1 * static_cast<double>(seed));
    sample.sum_up();
    return sample;
}

}  // namespace cyclone::test
