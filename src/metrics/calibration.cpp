// Metrics of probabilities.

#include <cyclone/metrics/calibration.h>

#include <algorithm>
#include <cmath>

#include "metrics/checks.h"

namespace cyclone::metrics {
namespace {

void check_arguments(std::string_view where, std::span<const std::int64_t> labels,
                     std::span<const double> probabilities) {
    check_lengths(where, labels.size(), probabilities.size(), "probabilities");
    check_classes(where, labels, 2);
    check_probabilities(where, probabilities);
}

double clipped(double probability) { return std::clamp(probability, 0.0, 1.0); }

/// The bins + 1 edges: 0 ... 1, or the quantiles 0 ... 1 of the probabilities.
std::vector<double> edges(std::span<const double> probabilities, const CalibrationOptions& options) {
    std::vector<double> sorted;
    if (options.binning == Binning::quantile) {
        for (const double p : probabilities) sorted.push_back(clipped(p));
        std::sort(sorted.begin(), sorted.end());
    }
    std::vector<double> result;
    for (int i = 0; i <= options.bins; ++i) {
        if (options.binning == Binning::uniform) {
            result.push_back(static_cast<double>(i) / options.bins);
            continue;
        }
        const std::size_t position = static_cast<std::size_t>(i) * (sorted.size() - 1);  // in units of 1 / bins
        const auto count = static_cast<std::size_t>(options.bins);
        const std::size_t below = position / count, rest = position % count;
        const double above = sorted[std::min(below + 1, sorted.size() - 1)];
        result.push_back(std::lerp(sorted[below], above, static_cast<double>(rest) / options.bins));
    }
    return result;
}

std::size_t bin_of(const std::vector<double>& edge, double probability) {
    const auto inner = std::lower_bound(edge.begin() + 1, edge.end() - 1, probability);
    return static_cast<std::size_t>(inner - edge.begin() - 1);
}

}  // namespace

double brier_score(std::span<const std::int64_t> labels, std::span<const double> probabilities) {
    check_arguments("brier_score", labels, probabilities);
    double sum = 0;
    for (std::size_t i = 0; i < labels.size(); ++i) {
        const double error = clipped(probabilities[i]) - static_cast<double>(labels[i]);
        sum += error * error;
    }
    return sum / static_cast<double>(labels.size());
}

double log_loss(std::span<const std::int64_t> labels, std::span<const double> probabilities, double eps) {
    check_arguments("log_loss", labels, probabilities);
    check(eps > 0 && eps < 0.5, "log_loss", "expected eps between 0 and 0.5, got ", eps);
    double sum = 0;
    for (std::size_t i = 0; i < labels.size(); ++i) {
        const double p = std::clamp(probabilities[i], eps, 1 - eps);
        sum -= labels[i] == 1 ? std::log(p) : std::log1p(-p);
    }
    return sum / static_cast<double>(labels.size());
}

std::vector<CalibrationBin> calibration_bins(std::span<const std::int64_t> labels,
                                             std::span<const double> probabilities, CalibrationOptions options) {
    check_arguments("calibration_bins", labels, probabilities);
    check(options.bins >= 1, "calibration_bins", "expected at least one bin, got ", options.bins);
    const auto edge = edges(probabilities, options);
    std::vector<CalibrationBin> bins(edge.size() - 1);
    for (std::size_t i = 0; i < labels.size(); ++i) {
        const double p = clipped(probabilities[i]);
        auto& bin = bins[bin_of(edge, p)];
        bin.count += 1;
        bin.mean_probability += p;
        bin.positive_rate += static_cast<double>(labels[i]);
    }
    for (std::size_t i = 0; i < bins.size(); ++i) {
        bins[i].low = edge[i];
        bins[i].high = edge[i + 1];
        bins[i].mean_probability /= static_cast<double>(bins[i].count);  // 0 / 0 = NaN in an empty bin
        bins[i].positive_rate /= static_cast<double>(bins[i].count);
    }
    return bins;
}

double expected_calibration_error(std::span<const CalibrationBin> bins) {
    double sum = 0;
    std::int64_t total = 0;
    for (const auto& bin : bins) {
        total += bin.count;
        if (bin.count > 0) sum += static_cast<double>(bin.count) * std::abs(bin.positive_rate - bin.mean_probability);
    }
    check(total > 0, "expected_calibration_error", "expected bins with at least one sample, got none");
    return sum / static_cast<double>(total);
}

double expected_calibration_error(std::span<const std::int64_t> labels, std::span<const double> probabilities,
                                  CalibrationOptions options) {
    return expected_calibration_error(calibration_bins(labels, probabilities, options));
}

}  // namespace cyclone::metrics
