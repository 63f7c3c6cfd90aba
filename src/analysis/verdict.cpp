// The rule that turns differences over seeds into verdicts.
#include <cyclone/analysis/statistics.h>
#include <cyclone/base/number_text.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace cyclone::analysis {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr std::int64_t kMostSeeds = 100;  // worth naming

double at_most_one(double p) { return std::isnan(p) ? p : std::min(1.0, p); }

/// `tests` is the number of differences of the family.
void judge(RunDifference& d, std::int64_t seeds, double tests, const Statistics& s) {
    const double mean = d.paired.difference.mean, sd = d.paired.difference.sd, level = 1 - (1 - s.level) / tests;
    d.p_corrected = at_most_one(d.paired.p_value * tests);
    d.low = d.high = nan;
    d.seeds_needed = 0;
    d.verdict = Verdict::too_few;
    if (seeds < 2 || std::isnan(mean) || std::isnan(sd)) return;
    const double half = metrics::half_width(sd, seeds, level);
    d.low = mean - half;
    d.high = mean + half;
    if (seeds < static_cast<std::int64_t>(kFewestSeeds)) return;
    const double enough = std::max(std::abs(mean), s.alike_within - std::abs(mean));
    if (d.low >= -s.alike_within && d.high <= s.alike_within)
        d.verdict = Verdict::alike;
    else if (d.low > 0 || d.high < 0)
        d.verdict = Verdict::differs;
    else
        d.verdict = Verdict::open;
    if (d.verdict != Verdict::open) return;
    for (std::int64_t n = seeds + 1; n <= kMostSeeds && d.seeds_needed == 0; ++n)
        if (metrics::half_width(sd, n, level) < enough) d.seeds_needed = n;
}

}  // namespace

std::string_view name_of(Verdict verdict) {
    switch (verdict) {
        case Verdict::too_few:
            return "too few seeds";
        case Verdict::alike:
            return "alike";
        case Verdict::differs:
            return "differs";
        case Verdict::open:
            return "the seeds cannot tell";
    }
    return "?";
}

void judge(Statistics& s) {
    // A family for each metric and test: its members are the differences that have a p.
    const auto members = [&](auto p) {
        const auto count = std::count_if(s.differences.begin(), s.differences.end(),
                                         [&](const BaselineDifference& d) { return !std::isnan(p(d)); });
        return static_cast<double>(std::max<std::ptrdiff_t>(1, count));
    };
    for (RunDifference BaselineDifference::*metric :
         {&BaselineDifference::auc, &BaselineDifference::average_precision, &BaselineDifference::f1}) {
        const double tests = members([&](const BaselineDifference& d) { return (d.*metric).paired.p_value; });
        for (BaselineDifference& d : s.differences) judge(d.*metric, std::ssize(d.seeds), tests, s);
    }
    const double tests = members([](const BaselineDifference& d) { return d.test_set.p_value; });
    // How much wider than at `level` alone.
    const double wider =
        metrics::normal_quantile(1 - (1 - s.level) / tests / 2) / metrics::normal_quantile(0.5 + s.level / 2);
    for (BaselineDifference& d : s.differences) {
        d.test_set_low = d.test_set.difference - wider * (d.test_set.difference - d.test_set.low);
        d.test_set_high = d.test_set.difference + wider * (d.test_set.high - d.test_set.difference);
        d.test_set_p_corrected = at_most_one(d.test_set.p_value * tests);
        d.beyond_test_set = d.auc.verdict == Verdict::differs && d.test_set_p_corrected < 1 - s.level &&
                            (d.test_set.difference > 0) == (d.auc.paired.difference.mean > 0);
    }
}

std::string verdict_phrase(const RunDifference& d, std::size_t seeds, double alike_within) {
    using namespace number_text;
    const double mean = d.paired.difference.mean;
    const auto signed_text = [](double value) { return (value < 0 ? "-" : "+") + significant(std::abs(value), 2); };
    switch (d.verdict) {
        case Verdict::alike:
            return "alike within " + significant(alike_within);
        case Verdict::differs:
            return (mean < 0 ? "worse by " : "better by ") + significant(std::abs(mean), 2);
        case Verdict::open:
            return std::to_string(seeds) + " seeds cannot tell: " + signed_text(d.low) + " to " + signed_text(d.high);
        case Verdict::too_few:
            break;
    }
    return std::isnan(mean) ? "undefined" : signed_text(mean) + ", too few seeds for a verdict";
}

std::string verdict_text(const std::string& metric, const RunDifference& d, std::size_t seeds, double alike_within) {
    using namespace number_text;
    constexpr int kDigits = 4;
    const std::string mean = signed_number(d.paired.difference.mean, kDigits);
    const std::string range = signed_interval(d.low, d.high, kDigits);
    if (std::isnan(d.paired.difference.mean)) return metric + " is undefined";
    switch (d.verdict) {
        case Verdict::alike:
            return metric + " alike within " + significant(alike_within) + " (" + mean + " " + range + ")";
        case Verdict::differs:
            return metric + " differs by " + mean + " " + range;
        case Verdict::open:
            return metric + ": " + std::to_string(seeds) + " seeds cannot tell, " + mean + " " + range +
                   (d.seeds_needed > 0 ? ", about " + std::to_string(d.seeds_needed) + " would"
                                       : ", more than " + std::to_string(kMostSeeds) + " may be needed");
        case Verdict::too_few:
            break;
    }
    return metric + " " + mean + ", no verdict below " + std::to_string(kFewestSeeds) + " seeds";
}

}  // namespace cyclone::analysis
