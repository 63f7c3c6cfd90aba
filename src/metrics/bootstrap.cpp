// Bootstrap intervals.

#include <cyclone/metrics/bootstrap.h>

#include <cyclone/base/random.h>
#include <cyclone/metrics/classification.h>
#include <cyclone/metrics/ranking.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "metrics/checks.h"

namespace cyclone::metrics {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr std::uint64_t kMeanStream = std::uint64_t{0xB007'0001} << 32;
constexpr std::uint64_t kPositiveStream = std::uint64_t{0xB007'0002} << 32;
constexpr std::uint64_t kNegativeStream = std::uint64_t{0xB007'0003} << 32;

/// Calls f(i) for n draws of i from 0 ... n - 1, the same for the same (random, resample). Bias below n / 2^32.
template <class Function>
void draw(const Random& random, int resample, std::size_t n, Function&& f) {
    const std::uint64_t blocks = (n + 3) / 4, first = static_cast<std::uint64_t>(resample) * blocks;
    for (std::uint64_t block = 0; block < blocks; ++block) {
        const auto words = random.words(first + block);
        for (std::size_t k = 0; k < 4 && 4 * block + k < n; ++k)
            f(static_cast<std::size_t>((words[k] * static_cast<std::uint64_t>(n)) >> 32));
    }
}

double quantile(const std::vector<double>& sorted, double p) {
    const double at = p * static_cast<double>(sorted.size() - 1);
    const auto below = static_cast<std::size_t>(at);
    const std::size_t above = std::min(below + 1, sorted.size() - 1);
    return std::lerp(sorted[below], sorted[above], at - static_cast<double>(below));
}

BootstrapInterval interval_of(double value, std::vector<double> resamples, double level) {
    std::sort(resamples.begin(), resamples.end());
    return {value, quantile(resamples, (1 - level) / 2), quantile(resamples, (1 + level) / 2)};
}

void check_options(std::string_view where, const BootstrapOptions& options) {
    check(options.resamples >= 2, where, "expected at least 2 resamples, got ", options.resamples);
    check(options.level > 0 && options.level < 1, where, "expected a confidence level between 0 and 1, got ",
          options.level);
}

void check_models(std::string_view where, std::span<const std::int64_t> labels, const ModelScores& models) {
    check(!models.empty(), where, "expected the scores of at least one model, got none");
    for (const auto& scores : models) check_scores(where, labels, scores);
    check(labels.size() <= std::numeric_limits<std::uint32_t>::max(), where, "expected fewer than 2^32 labels, got ",
          labels.size());
}

/// How often each sample was drawn.
using Counts = std::vector<std::uint32_t>;

/// Calls f(counts) for every resample and returns what it gave.
template <class Function>
std::vector<double> stratified(std::span<const std::int64_t> labels, const BootstrapOptions& options, Function&& f) {
    std::vector<std::size_t> positives, negatives;
    for (std::size_t i = 0; i < labels.size(); ++i) (labels[i] == 1 ? positives : negatives).push_back(i);
    const Random of_positives(options.seed, kPositiveStream), of_negatives(options.seed, kNegativeStream);
    std::vector<double> values;
    Counts counts(labels.size());
    for (int r = 0; r < options.resamples; ++r) {
        std::fill(counts.begin(), counts.end(), 0);
        draw(of_positives, r, positives.size(), [&](std::size_t i) { ++counts[positives[i]]; });
        draw(of_negatives, r, negatives.size(), [&](std::size_t i) { ++counts[negatives[i]]; });
        values.push_back(f(counts));
    }
    return values;
}

/// A model's samples from the highest score down, as far as the last positive and those that tie with it.
struct Ranking {
    struct Sample {
        std::uint32_t index;
        bool positive, last_of_tie;
    };
    std::vector<Sample> samples;

    Ranking(std::span<const std::int64_t> labels, std::span<const double> scores) {
        std::vector<std::size_t> order(labels.size());
        for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
        std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return scores[a] > scores[b]; });
        std::size_t end = 0;
        for (std::size_t i = 0; i < order.size(); ++i) {
            const bool last = i + 1 == order.size() || scores[order[i + 1]] != scores[order[i]];
            samples.push_back({static_cast<std::uint32_t>(order[i]), labels[order[i]] == 1, last});
            if (labels[order[i]] == 1) end = i + 1;
        }
        while (end > 0 && !samples[end - 1].last_of_tie) ++end;
        samples.resize(end);
    }

    double average_precision(const Counts& counts) const {
        double sum = 0;
        std::uint64_t positives = 0, found = 0, called = 0;
        for (const Sample& sample : samples) {
            const std::uint64_t n = counts[sample.index];
            called += n;
            if (sample.positive) positives += n;
            if (sample.last_of_tie && positives > found) {
                sum += static_cast<double>(positives - found) * static_cast<double>(positives) /
                       static_cast<double>(called);
                found = positives;
            }
        }
        return sum / static_cast<double>(found);
    }
};

}  // namespace

BootstrapInterval bootstrap_mean(std::span<const double> values, const BootstrapOptions& options) {
    check(!values.empty(), "bootstrap_mean", "expected at least one value, got none");
    check_options("bootstrap_mean", options);
    double mean = 0;
    for (const double value : values) mean += value;
    mean /= static_cast<double>(values.size());
    if (values.size() == 1 || std::isnan(mean)) return {mean, nan, nan};
    const Random random(options.seed, kMeanStream);
    std::vector<double> means;
    for (int r = 0; r < options.resamples; ++r) {
        double sum = 0;
        draw(random, r, values.size(), [&](std::size_t i) { sum += values[i]; });
        means.push_back(sum / static_cast<double>(values.size()));
    }
    return interval_of(mean, std::move(means), options.level);
}

BootstrapInterval average_precision_interval(std::span<const std::int64_t> labels, const ModelScores& models,
                                             const BootstrapOptions& options) {
    check_options("average_precision_interval", options);
    check_models("average_precision_interval", labels, models);
    if (std::count(labels.begin(), labels.end(), 1) == 0) return {nan, nan, nan};
    std::vector<Ranking> rankings;
    double value = 0;
    const auto count = static_cast<double>(models.size());
    for (const auto& scores : models) {
        rankings.emplace_back(labels, scores);
        value += average_precision(labels, scores) / count;
    }
    return interval_of(value,
                       stratified(labels, options,
                                  [&](const Counts& counts) {
                                      double sum = 0;
                                      for (const Ranking& ranking : rankings) sum += ranking.average_precision(counts);
                                      return sum / count;
                                  }),
                       options.level);
}

BootstrapInterval f1_interval(std::span<const std::int64_t> labels, const ModelScores& models, double threshold,
                              const BootstrapOptions& options) {
    check_options("f1_interval", options);
    check_models("f1_interval", labels, models);
    const auto positives = std::count(labels.begin(), labels.end(), 1);
    if (positives == 0) return {nan, nan, nan};
    std::vector<std::vector<std::size_t>> called(models.size());
    double value = 0;
    const auto count = static_cast<double>(models.size());
    for (std::size_t k = 0; k < models.size(); ++k) {
        value += f1(binary_counts(labels, models[k], threshold)) / count;
        for (std::size_t i = 0; i < labels.size(); ++i)
            if (models[k][i] > threshold) called[k].push_back(i);
    }
    return interval_of(value,
                       stratified(labels, options,
                                  [&](const Counts& counts) {
                                      double sum = 0;
                                      for (const auto& samples : called) {
                                          BinaryCounts cells;
                                          for (const std::size_t i : samples)
                                              (labels[i] == 1 ? cells.true_positives : cells.false_positives) +=
                                                  counts[i];
                                          cells.false_negatives = positives - cells.true_positives;
                                          sum += f1(cells);
                                      }
                                      return sum / count;
                                  }),
                       options.level);
}

}  // namespace cyclone::metrics
