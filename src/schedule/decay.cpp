// Formulas and rows of the rates that go one way.

#include <cyclone/schedule/decay.h>

#include <cyclone/schedule/cyclic.h>
#include <cyclone/schedule/definition.h>

#include <algorithm>
#include <cmath>

#include "schedule/formulas.h"
#include "schedule/rows.h"

namespace cyclone::schedule {
namespace {

/// zero + (one - zero) * weight(p), where p is the part of the length that has passed, at most 1.
template <class Weight>
Schedule over_length(Definition d, double zero, double one, Length length, Weight weight) {
    return d.length("length", length, Marks::end).formula([=](std::uint64_t t, const Parts& parts) {
        return formula::mix(zero, one, weight(formula::passed(t, parts.lengths[0])));
    });
}

Definition from_to(const char* name, double start, double end) {
    return Definition(name).rate("start", start).rate("end", end);
}

Schedule parse_constant(Arguments& arguments, const ScheduleContext& c) {
    const std::string text = arguments.text("rate", "a rate, or base, mean or max");
    if (text == "base") return c.base;
    if (text == "max") return c.max;
    if (text == "mean") return triangular_mean({.base = c.base, .max = c.max, .step_size = c.step_size}, c.total);
    std::string_view left = text;
    const auto value = take_number(left);
    check<UsageError>(value && left.empty(), "rate", "expected a number, base, mean or max, got ", quoted(text));
    return *value;
}

}  // namespace

Schedule constant(double value) { return {value}; }

Schedule keras_time_decay(const TimeDecayOptions& o) {
    return Definition("keras_time_decay")
        .rate("base", o.base)
        .rate("decay", o.decay)
        .formula([=](std::uint64_t t, const Parts&) { return formula::time_decay(o.base, o.decay, t); });
}

Schedule step(const StepDecayOptions& o) {
    return Definition("step")
        .rate("base", o.base)
        .factor("gamma", o.gamma)
        .length("every", o.every, Marks::change)
        .formula([=](std::uint64_t t, const Parts& parts) {
            const std::uint64_t steps = t / parts.lengths[0];
            return formula::decayed(o.base, o.gamma, static_cast<double>(steps));
        });
}

Schedule multi_step(const MultiStepDecayOptions& o) {
    Definition d("multi_step");
    d.rate("base", o.base).factor("gamma", o.gamma);
    d.require(!o.milestones.empty(), "milestones: expected at least one, got none");
    for (const Length& milestone : o.milestones) d.length("milestone", milestone, Marks::change);
    return d.formula([base = o.base, gamma = o.gamma](std::uint64_t t, const Parts& parts) {
        const auto reached = std::count_if(parts.lengths.begin(), parts.lengths.end(),
                                           [t](std::uint64_t milestone) { return milestone <= t; });
        return formula::decayed(base, gamma, static_cast<double>(reached));
    });
}

Schedule exponential(const ExponentialDecayOptions& o) {
    return Definition("exponential")
        .rate("base", o.base)
        .factor("gamma", o.gamma)
        .length("every", o.every)
        .formula([=](std::uint64_t t, const Parts& parts) {
            return formula::decayed(o.base, o.gamma, static_cast<double>(t) / parts.updates(0));
        });
}

Schedule linear(const LinearDecayOptions& o) {
    return over_length(from_to("linear", o.start, o.end), o.start, o.end, o.length, [](double p) { return p; });
}

Schedule polynomial(const PolynomialDecayOptions& o) {
    return over_length(from_to("polynomial", o.start, o.end).positive("power", o.power), o.end, o.start, o.length,
                       [power = o.power](double p) { return std::pow(1 - p, power); });
}

Schedule cosine(const CosineDecayOptions& o) {
    return over_length(from_to("cosine", o.start, o.end), o.end, o.start, o.length, formula::half_cosine);
}

Rows decay_rows() {
    return {
        {"time-decay", "[:decay]",
         "base / (1 + decay t), decay 0.96: the study's \"fixed\" rate, gone after a few updates",
         [](Arguments& a, const ScheduleContext& c) {
             return keras_time_decay({.base = c.base, .decay = a.number_or("decay", 0.96)});
         }},
        {"constant", ":RATE|base|mean|max",
         "one rate; mean = the mean of triangular over the run, so the same learning-rate budget", parse_constant},
        {"linear", "[:end]", "a straight line from max to end (0) over the run",
         [](Arguments& a, const ScheduleContext& c) {
             return linear({.start = c.max, .end = a.number_or("end", 0), .length = c.total});
         }},
        {"polynomial", "[:power]", "max * (1 - t / run)^power (2)",
         [](Arguments& a, const ScheduleContext& c) {
             return polynomial({.start = c.max, .power = a.number_or("power", 2), .length = c.total});
         }},
        {"cosine", "[:end]", "half a cosine from max to end (0) over the run",
         [](Arguments& a, const ScheduleContext& c) {
             return cosine({.start = c.max, .end = a.number_or("end", 0), .length = c.total});
         }},
        {"step", "[:gamma]", "max, times gamma (0.1) after each third of the run, in whole updates",
         [](Arguments& a, const ScheduleContext& c) {
             return step({.base = c.max, .gamma = a.number_or("gamma", 0.1), .every = c.total * (1.0 / 3)});
         }},
        {"multi-step", "[:gamma]", "max, times gamma (0.1) after half and after three quarters of the run",
         [](Arguments& a, const ScheduleContext& c) {
             return multi_step(
                 {.base = c.max, .gamma = a.number_or("gamma", 0.1), .milestones = {c.total * 0.5, c.total * 0.75}});
         }},
        {"exponential", "[:ratio]", "max falling evenly (by percentage) to max * ratio over the run (base / max)",
         [](Arguments& a, const ScheduleContext& c) {
             const double to_base = c.base > 0 ? c.base / c.max : 0.01;
             return exponential({.base = c.max, .gamma = a.number_or("ratio", to_base), .every = c.total});
         }},
    };
}

}  // namespace cyclone::schedule
