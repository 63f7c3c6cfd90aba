// The rule that turns the numbers of an experiment into an answer.
#include <cyclone/base/number_text.h>
#include <cyclone/lab/laboratory.h>
#include <cyclone/metrics/statistics.h>

#include <algorithm>
#include <cmath>

namespace cyclone::lab {
namespace {

constexpr double kLevel = 0.95;
constexpr std::size_t kFewestSeeds = 3;
constexpr std::int64_t kMostSeeds = 100;  // worth naming

using number_text::significant;

// An interval and the range that is claimed, both on the scale of the judgement.
Answer answer_of(double low, double high, double least, double most) {
    if (low >= least && high <= most) return Answer::holds;
    return high < least || low > most ? Answer::does_not_hold : Answer::cannot_tell;
}

void judge(Quantity& q, double level) {
    q.mean = q.low = q.high = kNone;
    q.seeds_needed = 0;
    q.answer = Answer::cannot_tell;
    const auto to_scale = [&](double value) { return q.ratio ? std::log(value) : value; };
    const auto from_scale = [&](double value) { return q.ratio ? std::exp(value) : value; };
    std::vector<double> values;
    for (const double value : q.values) values.push_back(to_scale(value));
    if (values.empty() || !std::all_of(values.begin(), values.end(), [](double v) { return std::isfinite(v); })) return;
    const metrics::MeanSd spread = metrics::mean_sd(values);
    q.mean = from_scale(spread.mean);
    if (values.size() < kFewestSeeds) return;
    const double least = std::isfinite(q.at_least) ? to_scale(q.at_least) : -INFINITY;
    const double most = std::isfinite(q.at_most) ? to_scale(q.at_most) : INFINITY;
    const auto with_seeds = [&](std::int64_t n) {
        const double half = metrics::half_width(spread.sd, n, level);
        return answer_of(spread.mean - half, spread.mean + half, least, most);
    };
    const double half = metrics::half_width(spread.sd, spread.n, level);
    q.low = from_scale(spread.mean - half);
    q.high = from_scale(spread.mean + half);
    q.answer = with_seeds(spread.n);
    for (std::int64_t n = spread.n + 1; n <= kMostSeeds && q.answer == Answer::cannot_tell && q.seeds_needed == 0; ++n)
        if (with_seeds(n) != Answer::cannot_tell) q.seeds_needed = n;
}

std::string claimed_text(const Quantity& q) {
    const bool least = std::isfinite(q.at_least), most = std::isfinite(q.at_most);
    if (least && most) return "from " + significant(q.at_least) + " to " + significant(q.at_most);
    return (least ? "at least " : "at most ") + significant(least ? q.at_least : q.at_most);
}

// "test error, one cycle / linear: 0.97 [0.91, 1.04], claimed at most 0.95"
std::string sentence(const Quantity& q) {
    std::string text = q.name + ": " + significant(q.mean);
    if (std::isfinite(q.low)) text += " [" + significant(q.low) + ", " + significant(q.high) + "]";
    return text + ", claimed " + claimed_text(q);
}

std::string words_of(const Finding& finding) {
    const std::string seeds = std::to_string(finding.seeds.size()) + (finding.seeds.size() == 1 ? " seed" : " seeds");
    std::string text;
    switch (finding.answer) {
        case Answer::holds:
            text = "The claim holds here, over " + seeds + ".";
            break;
        case Answer::does_not_hold:
            text = "The claim does not hold here, over " + seeds + ".";
            break;
        case Answer::cannot_tell:
            text = finding.seeds.size() < kFewestSeeds ? "No answer below three seeds." : seeds + " cannot tell.";
            break;
    }
    if (finding.quick) text = "A quick run, too short for an answer. By the rule: " + text;
    for (const Quantity& q : finding.quantities) {
        if (!q.is_claimed()) continue;
        text += " " + sentence(q) + ": " + std::string(name_of(q.answer));
        if (q.answer == Answer::cannot_tell && std::isnan(q.mean)) text += ", it could not be measured";
        if (q.answer == Answer::cannot_tell && q.seeds_needed > 0)
            text += ", about " + std::to_string(q.seeds_needed) + " would";
        text += ".";
    }
    return text;
}

}  // namespace

std::string_view name_of(Answer answer) {
    switch (answer) {
        case Answer::holds:
            return "holds";
        case Answer::does_not_hold:
            return "does not hold";
        case Answer::cannot_tell:
            return "the seeds cannot tell";
    }
    return "?";
}

bool Quantity::is_claimed() const { return std::isfinite(at_least) || std::isfinite(at_most); }

void judge(Finding& finding) {
    const auto claimed = static_cast<double>(std::count_if(finding.quantities.begin(), finding.quantities.end(),
                                                           [](const Quantity& q) { return q.is_claimed(); }));
    check(claimed > 0, "lab " + finding.name, "expected a quantity that the claim speaks of");
    bool all_hold = true, one_fails = false;
    for (Quantity& q : finding.quantities) {
        check(q.values.size() == finding.seeds.size(), "lab " + finding.name, "expected ", finding.seeds.size(),
              " values of '", q.name, "', one per seed, got ", q.values.size());
        judge(q, q.is_claimed() ? 1 - (1 - kLevel) / claimed : kLevel);
        if (!q.is_claimed()) continue;
        all_hold = all_hold && q.answer == Answer::holds;
        one_fails = one_fails || q.answer == Answer::does_not_hold;
    }
    finding.answer = one_fails ? Answer::does_not_hold : all_hold ? Answer::holds : Answer::cannot_tell;
    finding.words = words_of(finding);
}

}  // namespace cyclone::lab
