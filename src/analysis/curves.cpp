// Curves of several seeds, for pictures.
#include <cyclone/analysis/curves.h>
#include <cyclone/base/error.h>
#include <cyclone/base/read_number.h>

#include <cyclone/metrics/ranking.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "analysis/groups.h"

namespace cyclone::analysis {
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

// Six digits are more than a picture shows, and keep result.json small.
void round(std::vector<double>& values) {
    for (double& value : values) {
        if (!std::isfinite(value)) continue;
        char text[32];
        const auto end = std::to_chars(text, text + sizeof text, value, std::chars_format::general, 6).ptr;
        read_number(text, end, value);
    }
}

Band loss_band(const RunList& runs) {
    std::vector<double> x;
    std::vector<std::vector<double>> curves;
    for (const lab::Run* run : runs) {
        if (x.empty()) x = run->curve.update;
        if (!run->curve.loss.empty()) curves.push_back(smoothed_loss(run->curve));
    }
    return band_of(std::move(x), curves);
}

// From auc_curve or else epoch_auc; empty without either.
Band auc_band(const RunList& runs, std::vector<double>& seconds) {
    std::vector<double> x;
    std::vector<std::vector<double>> curves, times;
    for (const lab::Run* run : runs) {
        std::vector<double> at, auc = run->epoch_auc, time;
        for (std::size_t i = 0; i < auc.size(); ++i)
            at.push_back(static_cast<double>(run->updates) * static_cast<double>(i + 1) /
                         static_cast<double>(auc.size()));
        if (!run->auc_curve.empty()) at.clear(), auc.clear();
        for (const lab::AucPoint& point : run->auc_curve) {
            at.push_back(static_cast<double>(point.updates));
            time.push_back(point.seconds);
            auc.push_back(point.auc);
        }
        if (x.empty()) x = at;
        curves.push_back(std::move(auc));
        times.push_back(std::move(time));
    }
    seconds = band_of(x, times).mean;
    return band_of(std::move(x), curves);
}

SeedCurve seed_curve(const lab::Run& run, const Curves& c) {
    SeedCurve seed{run.seed, run.curve.loss, run.epoch_auc};
    if (!run.auc_curve.empty()) seed.auc.clear();
    for (const lab::AucPoint& point : run.auc_curve) seed.auc.push_back(point.auc);
    if (seed.loss.size() != c.loss.x.size()) seed.loss.clear();
    if (seed.auc.size() != c.auc.x.size()) seed.auc.clear();
    return seed;
}

}  // namespace

std::vector<double> smoothed(const std::vector<double>& values, std::size_t width) {
    std::vector<double> out(values.size(), std::nan(""));
    const std::size_t reach = width / 2;
    for (std::size_t i = reach; i + reach < values.size(); ++i) {
        double sum = 0;
        for (std::size_t k = i - reach; k <= i + reach; ++k) sum += values[k];
        out[i] = sum / static_cast<double>(2 * reach + 1);
    }
    return out;
}

std::vector<double> smoothed_loss(const lab::Curve& curve) { return smoothed(curve.loss, curve.loss.size() / 20 | 1); }

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

Band reliability(const metrics::ModelScores& models, std::span<const std::int64_t> labels) {
    constexpr std::int64_t kFewestInBin = 5;
    std::vector<std::int64_t> all_labels;
    std::vector<double> all, x, fraction;
    for (const auto& scores : models) {
        all_labels.insert(all_labels.end(), labels.begin(), labels.end());
        all.insert(all.end(), scores.begin(), scores.end());
    }
    if (all.empty()) return {};
    for (const auto& bin : metrics::calibration_bins(all_labels, all, {.bins = 10})) {
        if (bin.count < kFewestInBin) continue;
        x.push_back(bin.mean_probability);
        fraction.push_back(bin.positive_rate);
    }
    return band_of(x, {fraction});
}

ThresholdCounts threshold_counts(const metrics::ModelScores& models, std::span<const std::int64_t> labels) {
    ThresholdCounts counts;
    if (models.empty()) return counts;
    // Steps of a hundredth, closer at the ends, where rare classes are decided.
    counts.threshold = {0, 0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005};
    for (int hundredths = 1; hundredths < 100; ++hundredths) counts.threshold.push_back(hundredths / 100.0);
    for (const double close : {0.995, 0.998, 0.999, 1.0}) counts.threshold.push_back(close);
    const std::size_t size = counts.threshold.size();
    counts.true_positives.assign(size, 0);
    counts.false_positives.assign(size, 0);
    for (const auto& scores : models)
        for (std::size_t i = 0; i < labels.size(); ++i) {
            const auto below = std::lower_bound(counts.threshold.begin(), counts.threshold.end(), scores[i]);
            auto& called = labels[i] == 1 ? counts.true_positives : counts.false_positives;
            ++(labels[i] == 1 ? counts.positives : counts.negatives);
            if (below != counts.threshold.begin())
                ++called[static_cast<std::size_t>(below - counts.threshold.begin()) - 1];
        }
    for (std::size_t t = size - 1; t > 0; --t) {
        counts.true_positives[t - 1] += counts.true_positives[t];
        counts.false_positives[t - 1] += counts.false_positives[t];
    }
    return counts;
}

PairedLoss paired_loss(const Curves& of, const Curves& baseline) {
    PairedLoss paired;
    if (of.loss.x.size() != baseline.loss.x.size()) return paired;
    const auto smooth = [](const std::vector<double>& loss) { return smoothed(loss, loss.size() / 20 | 1); };
    for (const SeedCurve& a : of.seeds)
        for (const SeedCurve& b : baseline.seeds) {
            if (a.seed != b.seed || a.loss.empty() || a.loss.size() != b.loss.size()) continue;
            std::vector<double> ratio = smooth(a.loss);
            const std::vector<double> below = smooth(b.loss);
            for (std::size_t i = 0; i < ratio.size(); ++i) ratio[i] /= below[i];
            paired.seeds.push_back(std::move(ratio));
        }
    if (paired.seeds.empty()) return paired;
    paired.x = of.loss.x;
    paired.mean.assign(paired.x.size(), 0);
    for (const auto& ratio : paired.seeds)
        for (std::size_t i = 0; i < ratio.size(); ++i)
            paired.mean[i] += std::log(ratio[i]) / static_cast<double>(paired.seeds.size());
    for (double& mean : paired.mean) mean = std::exp(mean);
    return paired;
}

Curves curves_of(const RunList& runs, std::span<const std::int64_t> labels) {
    Curves c;
    RunList finished;
    for (const lab::Run* run : runs) {
        if (run->status == lab::RunStatus::finished) finished.push_back(run);
        if (run->status == lab::RunStatus::diverged)
            c.diverged.push_back(
                {run->seed, run->message, run->curve.update, run->curve.learning_rate, run->curve.loss});
    }
    for (const lab::Run* run : finished)
        if (c.learning_rate.x.empty()) c.learning_rate = band_of(run->curve.update, {run->curve.learning_rate});
    c.loss = loss_band(finished);
    c.auc = auc_band(finished, c.auc_seconds);
    for (const lab::Run* run : finished) c.seeds.push_back(seed_curve(*run, c));
    if (!labels.empty()) {
        for (const lab::Run* run : finished)
            check(run->test_probability.empty() || run->test_probability.size() == labels.size(), "analyse",
                  "expected a probability for each of ", labels.size(), " test images, run ", run->configuration(),
                  ", seed ", run->seed, " has ", run->test_probability.size());
        const auto models = scores_of(finished);
        c.roc = roc_band(models, labels);
        c.roc_left = roc_band(models, labels, 0.1);
        c.precision_recall = precision_recall_band(models, labels);
        c.reliability = analysis::reliability(models, labels);
        c.decisions = threshold_counts(models, labels);
    }
    for (Band* band : {&c.learning_rate, &c.loss, &c.auc, &c.roc, &c.roc_left, &c.precision_recall, &c.reliability})
        for (auto* values : {&band->x, &band->mean, &band->low, &band->high}) round(*values);
    for (DivergedRun& run : c.diverged)
        for (auto* values : {&run.update, &run.learning_rate, &run.loss}) round(*values);
    for (SeedCurve& seed : c.seeds) round(seed.loss), round(seed.auc);
    round(c.auc_seconds);
    return c;
}

}  // namespace cyclone::analysis
