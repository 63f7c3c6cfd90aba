// Formulas and rows of the schedules made of schedules.

#include <cyclone/schedule/compose.h>

#include <cyclone/schedule/definition.h>

#include <algorithm>
#include <limits>

#include "schedule/rows.h"

namespace cyclone::schedule {
namespace {

/// One inner schedule from the first update on.
std::vector<std::uint64_t> at_once(const Parts&) { return {0}; }

/// The context of what runs when `spent` of the run is over.
ScheduleContext after(Length spent, ScheduleContext context) {
    const std::uint64_t n = context.updates_per_epoch;
    if (spent.in_epochs() != context.total.in_epochs()) {
        check<UsageError>(n > 0, "length", "expected the unit of the run (", context.total.describe(), "), got ",
                          spent.describe());
        spent = Iterations{spent.updates(n)};
        context.total = Iterations{context.total.updates(n)};
    }
    const double left = context.total.count() - spent.count();
    check<UsageError>(left > 0, "length", "expected less than the run of ", context.total.describe(), ", got ",
                      spent.describe());
    context.total = context.total * (left / context.total.count());
    return context;
}

Schedule parse_warmup(Arguments& arguments, const ScheduleContext& c) {
    const Length length = parse_length(arguments.text("length", "the length of the warm-up"));
    return warmup(parse_schedule(arguments.rest("a schedule after the warm-up"), after(length, c)), length);
}

Schedule parse_join(Arguments& arguments, ScheduleContext c) {
    const std::string text = arguments.rest("LENGTH:SCHEDULE+...+SCHEDULE");
    std::string_view rest = text;
    std::vector<Piece> pieces;
    for (std::size_t plus; (plus = rest.find('+')) != std::string_view::npos; rest.remove_prefix(plus + 1)) {
        Arguments piece(rest.substr(0, plus));
        const Length length = parse_length(piece.text("length", "the length of a piece"));
        ScheduleContext inner = c;
        inner.total = length;
        pieces.emplace_back(length, parse_schedule(piece.rest("a schedule after the length"), inner));
        c = after(length, c);
    }
    pieces.emplace_back(parse_schedule(rest, c));
    return join(pieces);
}

}  // namespace

Schedule warmup(Schedule then, Length length, double from) {
    return Definition("warmup")
        .rate("from", from)
        .length("length", length)
        .schedule(std::move(then))
        .stages([](const Parts& parts) { return parts.lengths; })
        .formula([=](std::uint64_t t, const Parts& parts) {
            const std::uint64_t n = parts.lengths[0];
            const Schedule& inner = parts.inner[0];
            if (t >= n) return inner.value(t - n);
            return std::lerp(from, inner.value(0), static_cast<double>(t) / static_cast<double>(n));
        });
}

Schedule join(const std::vector<Piece>& pieces) {
    Definition d("join");
    d.require(!pieces.empty(), "expected at least one schedule, got none");
    for (std::size_t i = 0; i < pieces.size(); ++i) {
        const bool is_last = i + 1 == pieces.size();
        d.require(pieces[i].length.has_value() != is_last, is_last ? "the last" : "piece ",
                  is_last ? "" : std::to_string(i),
                  is_last ? " piece runs for ever, expected it without a length" : ": expected a length, got none");
        if (!is_last) d.length("", *pieces[i].length);
        d.schedule(pieces[i].schedule);
    }
    d.stages([](const Parts& parts) {
        std::vector<std::uint64_t> begins{0};
        for (const std::uint64_t length : parts.lengths) begins.push_back(begins.back() + length);
        return begins;
    });
    return d.formula([](std::uint64_t t, const Parts& parts) {
        std::size_t i = 0;
        for (; i < parts.lengths.size() && t >= parts.lengths[i]; ++i) t -= parts.lengths[i];
        return parts.inner[i].value(t);
    });
}

Schedule clamp(Schedule inner, double low, double high) {
    return Definition("clamp")
        .schedule(std::move(inner))
        .range("low", low, "high", high)
        .stages(at_once)
        .formula([=](std::uint64_t t, const Parts& parts) { return std::clamp(parts.inner[0].value(t), low, high); });
}

Schedule scale(Schedule inner, double factor) {
    return Definition("scale")
        .rate("factor", factor)
        .schedule(std::move(inner))
        .stages(at_once)
        .formula([=](std::uint64_t t, const Parts& parts) {
            return std::min(parts.inner[0].value(t) * factor, std::numeric_limits<double>::max());
        });
}

Schedule against(Schedule rate, double low, double high) {
    Definition d("against");
    d.range("low", low, "high", high);
    d.require(rate.has_height(),
              "expected a rate that rises and falls between two bounds (a cyclic one or one_cycle), got ",
              rate.describe());
    return d.schedule(std::move(rate)).formula([=](std::uint64_t t, const Parts& parts) {
        return std::lerp(high, low, *parts.inner[0].height(t));
    });
}

Schedule function(std::string name, std::function<double(std::uint64_t)> formula) {
    Definition d(std::move(name));
    d.require(static_cast<bool>(formula), "expected a function, got none");
    return d.formula([formula = std::move(formula)](std::uint64_t t, const Parts&) { return formula(t); });
}

Rows compose_rows() {
    return {
        {"warmup", ":LENGTH:SCHEDULE",
         "a straight line from 0 in LENGTH (for example 1epoch), then the schedule for the rest of the run",
         parse_warmup},
        {"join", ":LENGTH:SCHEDULE+...+SCHEDULE", "one schedule after the other", parse_join},
        {"scale", ":FACTOR:SCHEDULE", "the schedule times a factor",
         [](Arguments& a, const ScheduleContext& c) {
             const double factor = a.number("factor");
             return scale(parse_schedule(a.rest("a schedule after the factor"), c), factor);
         }},
        {"clamp", ":LOW:HIGH:SCHEDULE", "the schedule held between two rates",
         [](Arguments& a, const ScheduleContext& c) {
             const double low = a.number("low"), high = a.number("high");
             return clamp(parse_schedule(a.rest("a schedule after the limits"), c), low, high);
         }},
    };
}

}  // namespace cyclone::schedule
