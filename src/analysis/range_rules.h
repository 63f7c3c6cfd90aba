#pragma once
// The rules that read a range test's curve (private; include/cyclone/analysis/suggest.h says what each does). C++17
// without exceptions and without the library, since clr.hpp is made of this file as well.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

namespace cyclone::rules {

inline constexpr std::size_t kPoints = 100;    // of a curve that the rules' constants were made for
inline constexpr std::size_t kFewest = 6;      // with fewer a "curve" is a handful of dots
inline constexpr double kSmallestGain = 0.05;  // of the level at the start
// The lowest of hundreds of noisy values lies three deviations down by chance.
inline constexpr double kNoiseFactor = 6;

/// A curve as it was measured. What lies behind the first value that is not finite does not count.
struct MeasuredCurve {
    const double* rate = nullptr;   ///< `points` rates, > 0 and ascending
    const double* value = nullptr;  ///< `points` smoothed losses, or accuracies
    std::size_t points = 0;         ///< of both
    bool higher_is_better = false;  ///< true for accuracies
    double noise = 0;               ///< standard deviation of one value; 0: not known
    double fractions_only = NAN;    ///< value of an answer that knows the class fractions alone; NaN: not known
};

/// A lowest and a highest rate for a cycle, and why.
struct RatePair {
    double base, max;    ///< rates
    std::string reason;  ///< one sentence, without the final stop
};

/// The curve as the rules read it: lower is better.
struct Readable {
    std::vector<double> rate, value;
    double start = 0;      // what gain counts from: the mean of the first tenth, or below it the class fractions' value
    std::size_t best = 0;  // index of the lowest value
    bool falls = false;    // by more than noise
    std::string no_reading;  // why not; empty if it does

    std::size_t size() const { return rate.size(); }
    double gain() const { return start - value[best]; }
    bool best_is_last() const { return best + 1 == size(); }
};

inline std::size_t finite_points(const MeasuredCurve& curve) {
    std::size_t n = 0;
    while (n < curve.points && std::isfinite(curve.value[n])) ++n;
    return n;
}

inline std::string number_text(double value) {
    std::ostringstream out;
    out.precision(2);
    out << value;
    return out.str();
}

inline double mean(const double* values, std::size_t begin, std::size_t end) {
    double sum = 0;
    for (std::size_t i = begin; i < end; ++i) sum += values[i] / static_cast<double>(end - begin);
    return sum;
}

inline Readable read(const MeasuredCurve& curve) {
    const std::size_t finite = finite_points(curve), n = std::min(finite, kPoints);
    const std::size_t begin = n / 10, end = n - std::min<std::size_t>(5, n / 10);
    Readable r;
    for (std::size_t p = begin; p < end; ++p) {
        const std::size_t from = finite * p / n, to = finite * (p + 1) / n;
        r.rate.push_back(to - from == 1 ? curve.rate[from] : std::sqrt(curve.rate[from] * curve.rate[to - 1]));
        const double value = mean(curve.value, from, to);
        r.value.push_back(curve.higher_is_better ? 1 - value : value);
    }
    if (r.size() < kFewest) {
        r.no_reading = "only " + std::to_string(finite) + " usable point(s) were measured";
        return r;
    }
    r.start = mean(r.value.data(), 0, std::max<std::size_t>(1, r.size() / 10));
    const double fractions = curve.higher_is_better ? 1 - curve.fractions_only : curve.fractions_only;
    const bool counts_from_fractions = fractions < r.start;  // false for NaN
    if (counts_from_fractions) r.start = fractions;
    r.best = static_cast<std::size_t>(std::min_element(r.value.begin(), r.value.end()) - r.value.begin());
    r.falls = r.gain() > std::max(kSmallestGain * std::abs(r.start), kNoiseFactor * curve.noise);
    if (r.falls) return r;
    r.no_reading = std::string(curve.higher_is_better ? "the accuracy does not rise" : "the loss does not fall");
    if (counts_from_fractions)
        r.no_reading += std::string(curve.higher_is_better ? " above" : " below") +
                        " what the class fractions alone give, " + number_text(curve.fractions_only) + ",";
    r.no_reading += " by more than noise";
    return r;
}

// numpy.gradient: central differences inside, one-sided at the ends.
inline std::vector<double> gradient(const std::vector<double>& values) {
    const std::size_t n = values.size();
    std::vector<double> slopes(n);
    for (std::size_t i = 0; i < n; ++i) {
        const std::size_t left = i == 0 ? 0 : i - 1, right = std::min(i + 1, n - 1);
        slopes[i] = (values[right] - values[left]) / static_cast<double>(right - left);
    }
    return slopes;
}

inline std::optional<double> valley(const Readable& r) {
    if (!r.falls) return std::nullopt;
    std::vector<std::size_t> length(r.size(), 1);  // of the longest falling subsequence that ends there
    std::size_t end = 0;
    for (std::size_t i = 1; i < r.size(); ++i) {
        for (std::size_t j = 0; j < i; ++j)
            if (r.value[i] < r.value[j]) length[i] = std::max(length[i], length[j] + 1);
        if (length[i] > length[end]) end = i;
    }
    const std::size_t start = end >= length[end] ? end - length[end] : 0;  // fastai begins at -1 on a monotone curve
    const std::size_t third = (end - start) / 3, half_third = (end - start) / 6;
    return r.rate[start + third + half_third];
}

inline std::optional<double> slide(const Readable& r) {
    constexpr std::size_t kReach = 15;
    constexpr double kLevel = 0.005;
    if (!r.falls || r.size() <= kReach) return std::nullopt;
    const std::vector<double> slopes = gradient(r.value);
    std::size_t right = r.size() - 1;
    while (right >= kReach && std::abs(slopes[right] - slopes[right - kReach]) > kLevel) --right;
    if (right == r.size() - 1 || right < kReach) return std::nullopt;
    return r.rate[right + 1 - kReach];
}

inline std::optional<double> minimum(const Readable& r) {
    if (!r.falls || r.best_is_last()) return std::nullopt;
    return r.rate[r.best] / 10;
}

inline std::optional<double> steepest(const Readable& r) {
    if (!r.falls) return std::nullopt;
    std::size_t at = 0;
    double lowest = HUGE_VAL;
    for (std::size_t i = 0; i + 1 < r.size(); ++i) {
        const double slope = (r.value[i + 1] - r.value[i]) / std::log(r.rate[i + 1] / r.rate[i]);
        if (slope < lowest) lowest = slope, at = i;
    }
    return r.rate[at];
}

// The first rate at which the curve has made this fraction of its gain.
inline double rate_of_gain(const Readable& r, double fraction) {
    std::size_t i = 0;
    while (r.start - r.value[i] < fraction * r.gain()) ++i;  // ends at the best point at the latest
    return r.rate[i];
}

// The end of the flat bottom: up to it the curve stays within a tenth of its gain of the best value. The lowest point
// of such a bottom is anywhere in it.
inline double end_of_bottom(const Readable& r) {
    std::size_t i = r.best;
    while (i + 1 < r.size() && r.start - r.value[i + 1] >= 0.9 * r.gain()) ++i;
    return r.rate[i];
}

inline std::optional<RatePair> smith(const Readable& r, bool accuracy) {
    if (!accuracy || !r.falls || r.best_is_last()) return std::nullopt;
    const double base = rate_of_gain(r, 0.1), max = rate_of_gain(r, 0.8);
    if (!(base < max)) return std::nullopt;  // one jump is no range
    return RatePair{base, max,
                    "the accuracy begins to rise at " + number_text(base) +
                        " and has made four fifths of its gain at " + number_text(max)};
}

inline std::optional<RatePair> pair_of(const Readable& r, bool accuracy) {
    constexpr double kBelow = 3, kAbove = 4;
    if (!r.falls || r.best_is_last()) return std::nullopt;
    const double half = rate_of_gain(r, 0.5), end = end_of_bottom(r);
    return RatePair{half / kBelow, std::min(kAbove * half, end),
                    std::string(accuracy ? "the accuracy" : "the loss") + " has made half of its gain at " +
                        number_text(half) + "; base is a third of that, max " +
                        (kAbove * half < end ? "four times that" : "where the curve leaves its best values")};
}

/// Why pair_of() gives none, and what to try.
inline std::string why_no_pair(const Readable& r) {
    return r.falls ? "the curve is best at the highest rate measured: it may go on (hint: a higher last rate)"
                   : r.no_reading + " (hint: more updates, or other first and last rates)";
}

}  // namespace cyclone::rules
