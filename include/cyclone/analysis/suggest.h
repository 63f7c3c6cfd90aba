#pragma once
// What a range test's curve says about the learning rate: the rules that people use, each as a value or as no value.

#include <cyclone/lab/range_test.h>
#include <cyclone/lab/trial_cycles.h>

#include <optional>
#include <string>
#include <vector>

namespace cyclone::analysis {

// The rules read the curve in this way: up to its first non-finite value, averaged down to 100 points if there are more
// (the density for which the rules were made), without the first tenth and the last five (at most a tenth) of the
// points; accuracies as 1 - accuracy. The start is the mean of the first tenth, or RateCurve::fractions_only where that
// is lower. They give nothing when fewer than six points are left, or when the curve does not fall below its start by
// more than a twentieth of it and more than six times its noise.

/// The middle of the longest falling stretch: fastai's "valley" (longest decreasing subsequence, its point one half of
/// the way), with its index held inside the curve.
std::optional<double> suggest_valley(const lab::RateCurve& curve);

/// fastai's "slide": from the right, two points 15 apart move left while the slopes (per point) at them differ by more
/// than 0.005; the left one where they stop. None when they do not move, or reach the left end.
std::optional<double> suggest_slide(const lab::RateCurve& curve);

/// A tenth of the rate with the best value. None when that is the last point: the curve may fall on.
std::optional<double> suggest_minimum(const lab::RateCurve& curve);

/// Where the curve falls fastest in the logarithm of the rate.
std::optional<double> suggest_steepest(const lab::RateCurve& curve);

/// A lowest and a highest rate for a cycle, and why.
struct RatePair {
    double base = 0;     ///< lowest rate
    double max = 0;      ///< highest rate
    std::string reason;  ///< one sentence, without the final stop
};

/// Smith's rule for accuracies (arXiv 1506.01186, section 3.3): base where the accuracy begins to rise (a tenth of its
/// whole gain is made), max where that slows down (four fifths are). None for a loss, and when the best value is the
/// last point.
std::optional<RatePair> suggest_smith(const lab::RateCurve& curve);

/// The pair for a cyclical rate, on either kind of curve: base a third of the rate at which half of the gain is made,
/// max four times that rate, or the rate up to which the curve keeps nine tenths of its gain if that is lower. Seeds
/// agree on the middle of the fall, not on where it begins or on its flat bottom. None when the best value is the last
/// point.
std::optional<RatePair> suggest_pair(const lab::RateCurve& curve);

/// The answer of one rule.
struct Suggestion {
    std::string name;            ///< "valley", "slide", "minimum / 10", "steepest"
    std::optional<double> rate;  ///< none is an answer
};

/// The answers of all rules.
struct Suggestions {
    std::vector<Suggestion> rates;  ///< every single-rate rule, in the order above
    std::optional<RatePair> smith;  ///< suggest_smith()
    std::optional<RatePair> pair;   ///< suggest_pair()
    std::string no_pair;            ///< why there is no pair, and what to try; empty when there is one
    bool too_short = false;         ///< there is none, since so few updates gain nothing: more may help
};

/// Of the mean curve of a range test. No pair where there are several seeds and none of them has one alone: the mean of
/// such curves falls by chance. Error as below.
Suggestions suggest_of_seeds(const lab::RangeTest& test);

/// The pair of the trial chosen, with the trials' reason; where they chose none, the sweep's.
RatePair after_trials(const RatePair& of_sweep, const lab::TrialCycles& trials);

/// Highest over lowest `max` of the pairs of the single seeds; none with fewer than two pairs.
std::optional<double> disagreement(const lab::RangeTest& test);

/// All of them. Error when rate and value differ in length or the rates are not positive and ascending.
Suggestions suggest(const lab::RateCurve& curve);

}  // namespace cyclone::analysis
