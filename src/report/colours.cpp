// The colours of schedules.
#include "report/colours.h"

#include <cyclone/report/svg.h>

#include <algorithm>
#include <map>
#include <numeric>

namespace cyclone::report {
namespace {

constexpr double kSame = 1e-6;  // relative; curves are rounded to six digits

// A family is a range of tones; names with a tone of their own keep it whatever stands beside them.
struct Family {
    std::size_t first, count;
    std::map<std::string, std::size_t> own;
};
const Family kConstants = {0, 5, {{"constant:base", 0}, {"constant:mean", 1}, {"constant:max", 2}}};
const Family kCycles = {5, 6, {{"triangular", 0}, {"triangular2", 1}, {"exp-range", 2}, {"one-cycle", 3}}};
const Family kDecays = {11, 5, {{"time-decay", 0}, {"linear", 1}, {"cosine", 2}, {"step", 3}}};

double highest(const Coloured& line) { return *std::max_element(line.rate.begin(), line.rate.end()); }

const Family* family_of(const Coloured& line) {
    if (line.rate.empty()) return nullptr;
    if (rises(line.rate)) return &kCycles;
    const double lowest = *std::min_element(line.rate.begin(), line.rate.end());
    return lowest < highest(line) * (1 - kSame) ? &kDecays : &kConstants;
}

// exp-range:0.999 has the tone of exp-range.
const std::size_t* own_tone(const Family& family, const std::string& schedule) {
    for (const std::string& name : {schedule, schedule.substr(0, schedule.find(':'))})
        if (const auto found = family.own.find(name); found != family.own.end()) return &found->second;
    return nullptr;
}

}  // namespace

bool rises(const std::vector<double>& rate) {
    for (std::size_t i = 1; i < rate.size(); ++i)
        if (rate[i] > rate[i - 1] * (1 + kSame)) return true;
    return false;
}

std::vector<std::size_t> colours_of(const std::vector<Coloured>& lines) {
    std::vector<std::size_t> order(lines.size()), colours(lines.size());
    std::iota(order.begin(), order.end(), 0);
    // Constants without a tone of their own get theirs by height, the others in their order.
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        const bool constants = family_of(lines[a]) == &kConstants && family_of(lines[b]) == &kConstants;
        return constants && highest(lines[a]) < highest(lines[b]);
    });
    std::map<std::string, std::size_t> of_schedule;            // its colour without dashes
    std::map<std::size_t, std::size_t> taken;                  // how often a colour is taken, for the dashes
    std::map<const Family*, std::vector<std::size_t>> in_use;  // tones
    for (const std::size_t i : order)
        if (const Family* family = family_of(lines[i]))
            if (const std::size_t* tone = own_tone(*family, lines[i].schedule)) in_use[family].push_back(*tone);
    for (const std::size_t i : order) {
        const Family* family = family_of(lines[i]);
        if (!family) {
            colours[i] = i;
            continue;
        }
        const auto known = of_schedule.find(lines[i].schedule);
        std::size_t colour = known == of_schedule.end() ? 0 : known->second;
        if (known == of_schedule.end()) {
            auto& used = in_use[family];
            std::size_t tone = 0;
            if (const std::size_t* own = own_tone(*family, lines[i].schedule)) {
                tone = *own;
            } else {
                const auto uses = [&](std::size_t t) { return std::count(used.begin(), used.end(), t); };
                for (std::size_t t = 1; t < family->count; ++t)
                    if (uses(t) < uses(tone)) tone = t;
                used.push_back(tone);
            }
            colour = family_colour(family->first + tone);
            of_schedule[lines[i].schedule] = colour;
        }
        // The study's decay has the first pattern of dashes; others of its colour have the next ones.
        const std::size_t dashes = taken[colour]++ + (lines[i].schedule == "time-decay" ? 1 : 0);
        colours[i] = colour + dashes * family_size();
    }
    return colours;
}

std::vector<std::size_t> colours_of(const analysis::Results& results) {
    std::vector<Coloured> lines;
    for (const analysis::Configuration& c : results.configurations) {
        lines.push_back({c.schedule, c.curves.learning_rate.mean});
        for (const analysis::DivergedRun& run : c.curves.diverged)
            if (lines.back().rate.empty()) lines.back().rate = run.learning_rate;
    }
    return colours_of(lines);
}

}  // namespace cyclone::report
