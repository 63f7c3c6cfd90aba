// Learning rates suggested by the curve of a range test.
#include <cyclone/analysis/suggest.h>
#include <cyclone/base/error.h>

#include <algorithm>
#include <cmath>

#include "analysis/range_rules.h"

namespace cyclone::analysis {
namespace {

void check_curve(const lab::RateCurve& curve) {
    check(curve.rate.size() == curve.value.size(), "suggest", "expected a value for each rate, got ", curve.rate.size(),
          " rates and ", curve.value.size(), " values");
    for (std::size_t i = 0; i < curve.rate.size(); ++i)
        check(std::isfinite(curve.rate[i]) && curve.rate[i] > (i == 0 ? 0.0 : curve.rate[i - 1]), "suggest",
              "expected positive ascending rates, got ", curve.rate[i], " at point ", i);
}

rules::Readable read(const lab::RateCurve& curve) {
    check_curve(curve);
    return rules::read({curve.rate.data(), curve.value.data(), curve.rate.size(), curve.higher_is_better, curve.noise,
                        curve.fractions_only});
}

std::optional<RatePair> pair(std::optional<rules::RatePair> found) {
    if (!found) return std::nullopt;
    return RatePair{found->base, found->max, std::move(found->reason)};
}

}  // namespace

std::optional<double> suggest_valley(const lab::RateCurve& curve) { return rules::valley(read(curve)); }
std::optional<double> suggest_slide(const lab::RateCurve& curve) { return rules::slide(read(curve)); }
std::optional<double> suggest_minimum(const lab::RateCurve& curve) { return rules::minimum(read(curve)); }
std::optional<double> suggest_steepest(const lab::RateCurve& curve) { return rules::steepest(read(curve)); }
std::optional<RatePair> suggest_smith(const lab::RateCurve& curve) {
    return pair(rules::smith(read(curve), curve.higher_is_better));
}
std::optional<RatePair> suggest_pair(const lab::RateCurve& curve) {
    return pair(rules::pair_of(read(curve), curve.higher_is_better));
}

Suggestions suggest(const lab::RateCurve& curve) {
    const rules::Readable r = read(curve);
    Suggestions all;
    all.rates = {{"valley", rules::valley(r)},
                 {"slide", rules::slide(r)},
                 {"minimum / 10", rules::minimum(r)},
                 {"steepest", rules::steepest(r)}};
    all.smith = pair(rules::smith(r, curve.higher_is_better));
    all.pair = pair(rules::pair_of(r, curve.higher_is_better));
    if (all.pair) return all;
    all.no_pair = rules::why_no_pair(r);
    all.too_short = !r.falls && r.size() >= rules::kFewest;
    return all;
}

Suggestions suggest_of_seeds(const lab::RangeTest& test) {
    Suggestions all = suggest(test.curve);
    const bool alone = std::any_of(test.runs.begin(), test.runs.end(),
                                   [](const lab::RangeRun& run) { return suggest_pair(run.curve).has_value(); });
    if (!all.pair || alone || test.runs.size() < 2) return all;
    all.pair = all.smith = std::nullopt;
    all.too_short = true;
    all.no_pair = "the mean of the seeds has one, none of them alone (hint: more updates, or more seeds)";
    return all;
}

RatePair after_trials(const RatePair& of_sweep, const lab::TrialCycles& trials) {
    if (!trials.chosen) return of_sweep;
    return {trials.pair().base, trials.pair().max, trials.reason};
}

std::optional<double> disagreement(const lab::RangeTest& test) {
    double low = HUGE_VAL, high = 0;
    int pairs = 0;
    for (const lab::RangeRun& run : test.runs)
        if (const auto pair = suggest_pair(run.curve)) {
            low = std::min(low, pair->max);
            high = std::max(high, pair->max);
            ++pairs;
        }
    return pairs < 2 ? std::nullopt : std::optional(high / low);
}

}  // namespace cyclone::analysis
