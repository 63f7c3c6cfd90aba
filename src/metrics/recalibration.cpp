#include <cyclone/metrics/recalibration.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "metrics/checks.h"

namespace cyclone::metrics {
namespace {

double checked_probability(const char* where, double p) {
    check_probabilities(where, {&p, 1});
    return std::clamp(p, 0.0, 1.0);
}

/// log(1 + exp(x)), stable.
double softplus(double x) { return std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x))); }

/// 1 / (1 + exp(x)), stable.
double falling_sigmoid(double x) {
    const double e = std::exp(-std::abs(x));
    return x > 0 ? e / (1 + e) : 1 / (1 + e);
}

/// Cross-entropy of the targets, as a function of the line a s + b with probability 1 / (1 + exp(a s + b)).
class PlattProblem {
public:
    PlattProblem(std::span<const std::int64_t> labels, std::span<const double> scores)
        : labels_(labels), scores_(scores) {
        const auto positives = static_cast<double>(std::count(labels.begin(), labels.end(), 1));
        const auto negatives = static_cast<double>(labels.size()) - positives;
        target_[1] = (positives + 1) / (positives + 2);
        target_[0] = 1 / (negatives + 2);
        mean_ = std::accumulate(scores.begin(), scores.end(), 0.0) / static_cast<double>(scores.size());
        for (const double s : scores) deviation_ = std::max(deviation_, std::abs(s - mean_));
        if (!(deviation_ > 0)) deviation_ = 1;
        double sum = 0;
        for (const std::int64_t label : labels) sum += target(label);
        const double rate = sum / static_cast<double>(labels.size());
        offset_ = std::log((1 - rate) / rate);
    }

    PlattScaling solve() {
        constexpr int kSteps = 200;
        constexpr double kEnough = 1e-13;
        double loss = this->loss(slope_, offset_);
        for (int step = 0; step < kSteps; ++step) {
            const auto [da, db] = newton_step();
            double length = 1, next = 0;
            for (; length > 1e-10; length /= 2) {
                next = this->loss(slope_ + length * da, offset_ + length * db);
                if (next <= loss) break;
            }
            if (length <= 1e-10) break;  // rounding: no step makes it smaller
            slope_ += length * da;
            offset_ += length * db;
            loss = next;
            if (std::abs(da) + std::abs(db) <= kEnough * (1 + std::abs(slope_) + std::abs(offset_))) break;
        }
        const double slope = slope_ / deviation_;
        return {slope, offset_ - slope * mean_};
    }

private:
    struct Step {
        double slope, offset;
    };

    double target(std::int64_t label) const { return target_[label]; }
    double scaled(std::size_t i) const { return (scores_[i] - mean_) / deviation_; }  // Newton's steps are safe then

    double loss(double slope, double offset) const {
        double sum = 0;
        for (std::size_t i = 0; i < labels_.size(); ++i) {
            const double f = slope * scaled(i) + offset, t = target(labels_[i]);
            sum += t * softplus(f) + (1 - t) * softplus(-f);
        }
        return sum;
    }

    Step newton_step() const {
        constexpr double kRidge = 1e-12;  // a constant score leaves the slope undetermined: it stays 0
        double h11 = kRidge, h22 = kRidge, h12 = 0, g1 = 0, g2 = 0;
        for (std::size_t i = 0; i < labels_.size(); ++i) {
            const double s = scaled(i), p = falling_sigmoid(slope_ * s + offset_), d = target(labels_[i]) - p;
            const double w = p * (1 - p);
            h11 += w * s * s;
            h12 += w * s;
            h22 += w;
            g1 += d * s;
            g2 += d;
        }
        const double determinant = h11 * h22 - h12 * h12;
        return {-(h22 * g1 - h12 * g2) / determinant, -(h11 * g2 - h12 * g1) / determinant};
    }

    std::span<const std::int64_t> labels_;
    std::span<const double> scores_;
    double target_[2] = {}, mean_ = 0, deviation_ = 0, slope_ = 0, offset_ = 0;
};

/// A run of neighbouring scores with one value.
struct Pool {
    double sum, weight;
    std::size_t first, last;  // of the distinct scores
    double value() const { return sum / weight; }
};

}  // namespace

double log_odds(double probability, double eps) {
    check(eps > 0 && eps < 0.5, "log_odds", "expected eps between 0 and 0.5, got ", eps);
    const double p = std::clamp(checked_probability("log_odds", probability), eps, 1 - eps);
    return std::log(p) - std::log1p(-p);
}

double PlattScaling::operator()(double score) const { return falling_sigmoid(slope * score + offset); }

PlattScaling PlattScaling::fit(std::span<const std::int64_t> labels, std::span<const double> scores) {
    check_scores("PlattScaling::fit", labels, scores);
    return PlattProblem(labels, scores).solve();
}

double IsotonicCalibration::operator()(double score) const {
    check(!scores.empty(), "IsotonicCalibration", "expected a fitted calibration, got one without points");
    const auto above = std::upper_bound(scores.begin(), scores.end(), score);
    if (above == scores.begin()) return probabilities.front();
    if (above == scores.end()) return probabilities.back();
    const auto i = static_cast<std::size_t>(above - scores.begin());
    const double share = (score - scores[i - 1]) / (scores[i] - scores[i - 1]);
    return probabilities[i - 1] + share * (probabilities[i] - probabilities[i - 1]);
}

IsotonicCalibration IsotonicCalibration::fit(std::span<const std::int64_t> labels, std::span<const double> scores) {
    check_scores("IsotonicCalibration::fit", labels, scores);
    std::vector<std::size_t> order(scores.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return scores[a] < scores[b]; });
    std::vector<double> distinct;
    std::vector<Pool> pools;
    for (std::size_t i = 0; i < order.size();) {
        Pool pool{0, 0, distinct.size(), distinct.size()};
        const double score = scores[order[i]];
        distinct.push_back(score);
        for (; i < order.size() && scores[order[i]] == score; ++i) {
            pool.sum += static_cast<double>(labels[order[i]]);
            pool.weight += 1;
        }
        while (!pools.empty() && pools.back().sum * pool.weight >= pool.sum * pools.back().weight) {
            pool = {pools.back().sum + pool.sum, pools.back().weight + pool.weight, pools.back().first, pool.last};
            pools.pop_back();
        }
        pools.push_back(pool);
    }
    IsotonicCalibration result;
    for (const Pool& pool : pools) {
        result.scores.push_back(distinct[pool.first]);
        result.probabilities.push_back(pool.value());
        if (pool.last == pool.first) continue;
        result.scores.push_back(distinct[pool.last]);
        result.probabilities.push_back(pool.value());
    }
    return result;
}

double shift_prior(double probability, double from, double to) {
    const double p = checked_probability("shift_prior", probability);
    for (const double share : {from, to})
        check(share > 0 && share < 1, "shift_prior", "expected shares between 0 and 1, got ", share);
    const double positive = p * (to / from), negative = (1 - p) * ((1 - to) / (1 - from));
    return positive / (positive + negative);
}

void shift_prior(std::span<double> probabilities, std::span<const double> from, std::span<const double> to) {
    const char* where = "shift_prior";
    check(!from.empty() && from.size() == to.size() && probabilities.size() % from.size() == 0, where,
          "expected two shares for each class and rows of as many probabilities, got ", from.size(), " and ", to.size(),
          " shares and ", probabilities.size(), " probabilities");
    for (std::size_t c = 0; c < from.size(); ++c)
        check(from[c] > 0 && to[c] > 0 && std::isfinite(from[c]) && std::isfinite(to[c]), where,
              "expected shares above 0, class ", c, " has ", from[c], " and ", to[c]);
    check_probabilities(where, probabilities);
    for (std::size_t row = 0; row < probabilities.size(); row += from.size()) {
        const auto p = probabilities.subspan(row, from.size());
        double sum = 0;
        for (std::size_t c = 0; c < p.size(); ++c) sum += p[c] = std::clamp(p[c], 0.0, 1.0) * (to[c] / from[c]);
        check(sum > 0, where, "expected probabilities with a sum above 0, got none in row ", row / from.size());
        for (double& x : p) x /= sum;
    }
}

}  // namespace cyclone::metrics
