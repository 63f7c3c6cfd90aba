#pragma once
// The arithmetic of a range test's sweep (private): rates, running mean, end, noise. C++17 without exceptions and
// without the library, since clr.hpp is made of this file as well.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

namespace cyclone::sweep {

/// The rate of update 0 ... updates - 1: rises by the same factor each time, or by the same amount.
inline double rate_at(double from, double to, std::size_t update, std::size_t updates, bool by_amounts) {
    if (updates == 1) return from;
    if (update == updates - 1) return to;
    const double passed = static_cast<double>(update) / static_cast<double>(updates - 1);
    return by_amounts ? std::min(to, from + passed * (to - from)) : from * std::pow(to / from, passed);
}

/// A running mean without the pull of its start at 0 (Kingma and Ba 2015, section 3), and the test for divergence: the
/// mean is not finite, or above `stop_factor` times the lowest one so far, or of a tenth of the first one or half of
/// the loss of the class fractions, if these are more.
class SmoothedLoss {
public:
    SmoothedLoss(double weight_of_past, double stop_factor) : beta_(weight_of_past), stop_factor_(stop_factor) {}

    /// The loss of the class fractions alone: so near to it nothing has diverged, however low it was by chance before.
    void set_fractions(double loss) { half_of_fractions_ = std::isfinite(loss) ? loss / 2 : 0; }

    double add(double loss) {
        const bool is_first = past_ == 1;
        mean_ = beta_ * mean_ + (1 - beta_) * loss;
        past_ *= beta_;
        const double smoothed = mean_ / (1 - past_);
        if (is_first) first_ = best_ = smoothed;
        best_ = std::min(best_, smoothed);
        const bool few = past_ > std::exp(-1.0);  // no mean yet, but the noise of a few batches
        diverged_ = !(few ? std::isfinite(smoothed)
                          : smoothed <= stop_factor_ * std::max({best_, std::abs(first_) / 10, half_of_fractions_}));
        return smoothed;
    }
    bool diverged() const { return diverged_; }

private:
    double beta_, stop_factor_;
    double mean_ = 0, past_ = 1, first_ = 0, best_ = 0, half_of_fractions_ = 0;
    bool diverged_ = false;
};

/// Standard deviation of one value, from the differences of neighbours: their median is not moved by the few large
/// ones.
inline double noise_of(const std::vector<double>& values) {
    std::vector<double> steps;
    for (std::size_t i = 1; i < values.size(); ++i) steps.push_back(std::abs(values[i] - values[i - 1]));
    if (steps.empty()) return 0;
    const auto middle = steps.begin() + static_cast<std::ptrdiff_t>(steps.size() / 2);
    std::nth_element(steps.begin(), middle, steps.end());
    constexpr double kMedianOfNormal = 0.6745;
    return *middle / kMedianOfNormal / std::sqrt(2.0);
}

/// Of the running mean of such values.
inline double noise_of_mean(const std::vector<double>& values, double weight_of_past) {
    return noise_of(values) * std::sqrt((1 - weight_of_past) / (1 + weight_of_past));
}

}  // namespace cyclone::sweep
