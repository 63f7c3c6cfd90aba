#include "report/report_curves.h"

#include <cyclone/metrics/ranking.h>

#include <algorithm>
#include <cmath>

namespace cyclone::report {
namespace {

constexpr std::size_t kGridPoints = 101;

bool has_both_classes(std::span<const std::int64_t> labels) {
    const auto positives = std::count(labels.begin(), labels.end(), 1);
    return positives > 0 && positives < static_cast<std::ptrdiff_t>(labels.size());
}

std::vector<double> grid(double begin, double end) {
    std::vector<double> x(kGridPoints);
    for (std::size_t i = 0; i < x.size(); ++i)
        x[i] = begin + (end - begin) * static_cast<double>(i) / static_cast<double>(x.size() - 1);
    return x;
}

std::vector<double> smoothed(const std::vector<double>& y, std::size_t width) {
    std::vector<double> out(y.size());
    for (std::size_t i = 0; i < y.size(); ++i) {
        const std::size_t reach = std::min({width / 2, i, y.size() - 1 - i});
        double sum = 0;
        for (std::size_t k = i - reach; k <= i + reach; ++k) sum += y[k];
        out[i] = sum / static_cast<double>(2 * reach + 1);
    }
    return out;
}

// At x, the curve between its points; where it rises straight up, the upper end. Both rates rise along the curve.
double true_positive_rate_at(const metrics::RocCurve& curve, double x) {
    const auto& fpr = curve.false_positive_rate;
    const auto& tpr = curve.true_positive_rate;
    const auto after = std::upper_bound(fpr.begin(), fpr.end(), x);
    const std::size_t i = static_cast<std::size_t>(after - fpr.begin());
    if (after == fpr.end() || fpr[i - 1] == x) return tpr[i - 1];
    return tpr[i - 1] + (tpr[i] - tpr[i - 1]) * (x - fpr[i - 1]) / (fpr[i] - fpr[i - 1]);
}

// Recall falls along the curve, and its last point (1, 0) belongs to no threshold.
double precision_at(const metrics::PrecisionRecallCurve& curve, double recall) {
    const auto falling = [](double a, double b) { return a > b; };
    const auto after = std::upper_bound(curve.recall.begin(), curve.recall.end() - 1, recall - 1e-12, falling);
    const std::size_t i = static_cast<std::size_t>(after - curve.recall.begin());
    return curve.precision[i > 0 ? i - 1 : 0];
}

}  // namespace

Band band_of(std::vector<double> x, const std::vector<std::vector<double>>& curves) {
    Band band;
    band.x = std::move(x);
    for (const auto& curve : curves) {
        if (curve.size() != band.x.size() || curve.empty()) continue;
        if (band.curves++ == 0) {
            band.mean = band.low = band.high = curve;
            continue;
        }
        for (std::size_t i = 0; i < curve.size(); ++i) {
            band.mean[i] += curve[i];
            band.low[i] = std::min(band.low[i], curve[i]);
            band.high[i] = std::max(band.high[i], curve[i]);
        }
    }
    for (double& mean : band.mean) mean /= static_cast<double>(band.curves);
    return band;
}

RunList finished_runs(const std::vector<lab::Run>& runs, const std::string& row) {
    RunList list;
    for (const lab::Run& run : runs)
        if (run.row() == row && run.status == lab::RunStatus::finished) list.push_back(&run);
    return list;
}

Band loss_band(const RunList& runs, std::size_t width) {
    std::vector<double> x;
    std::vector<std::vector<double>> curves;
    for (const lab::Run* run : runs) {
        if (x.empty()) x = run->curve.update;
        if (!run->curve.loss.empty()) curves.push_back(smoothed(run->curve.loss, width));
    }
    return band_of(std::move(x), curves);
}

Band auc_band(const RunList& runs) {
    std::vector<double> x;
    std::vector<std::vector<double>> curves;
    for (const lab::Run* run : runs) {
        std::vector<double> at, auc = run->epoch_auc;
        for (std::size_t i = 0; i < auc.size(); ++i)
            at.push_back(static_cast<double>(run->updates) * static_cast<double>(i + 1) /
                         static_cast<double>(auc.size()));
        if (!run->auc_curve.empty()) {
            at.clear();
            auc.clear();
            for (const lab::AucPoint& point : run->auc_curve) {
                at.push_back(static_cast<double>(point.updates));
                auc.push_back(point.auc);
            }
        }
        if (x.empty()) x = at;
        curves.push_back(std::move(auc));
    }
    return band_of(std::move(x), curves);
}

metrics::ModelScores scores_of(const RunList& runs) {
    metrics::ModelScores models;
    for (const lab::Run* run : runs)
        if (!run->test_probability.empty()) models.emplace_back(run->test_probability);
    return models;
}

Band roc_band(const metrics::ModelScores& models, std::span<const std::int64_t> labels, double end) {
    if (!has_both_classes(labels)) return {};
    const std::vector<double> x = grid(0, end);
    std::vector<std::vector<double>> curves;
    for (const auto& scores : models) {
        const auto roc = metrics::roc_curve(labels, scores);
        auto& curve = curves.emplace_back();
        for (const double rate : x) curve.push_back(true_positive_rate_at(roc, rate));
    }
    return band_of(x, curves);
}

Band precision_recall_band(const metrics::ModelScores& models, std::span<const std::int64_t> labels) {
    if (!has_both_classes(labels)) return {};
    const std::vector<double> x = grid(0.01, 1);
    std::vector<std::vector<double>> curves;
    for (const auto& scores : models) {
        const auto points = metrics::precision_recall_curve(labels, scores);
        auto& curve = curves.emplace_back();
        for (const double recall : x) curve.push_back(precision_at(points, recall));
    }
    return band_of(x, curves);
}

std::vector<metrics::CalibrationBin> pooled_calibration(const metrics::ModelScores& models,
                                                        std::span<const std::int64_t> labels) {
    std::vector<std::int64_t> all_labels;
    std::vector<double> all;
    for (const auto& scores : models) {
        all_labels.insert(all_labels.end(), labels.begin(), labels.end());
        all.insert(all.end(), scores.begin(), scores.end());
    }
    if (all.empty()) return {};
    return metrics::calibration_bins(all_labels, all, {.bins = 10});
}

Band reliability_band(const std::vector<metrics::CalibrationBin>& bins, std::int64_t fewest) {
    std::vector<double> x, y;
    for (const auto& bin : bins) {
        if (bin.count < fewest) continue;
        x.push_back(bin.mean_probability);
        y.push_back(bin.positive_rate);
    }
    return band_of(std::move(x), {y});
}

std::vector<double> mean_probability(const RunList& runs) {
    std::vector<double> mean;
    double count = 0;
    for (const lab::Run* run : runs) {
        if (run->test_probability.empty()) continue;
        mean.resize(run->test_probability.size());
        for (std::size_t i = 0; i < mean.size(); ++i) mean[i] += run->test_probability[i];
        ++count;
    }
    for (double& value : mean) value /= count;
    return mean;
}

}  // namespace cyclone::report
