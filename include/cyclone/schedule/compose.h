#pragma once
// Schedules made of schedules: warm-up, one after the other, limits, a factor, a function of one's own.

#include <cyclone/schedule/decay.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace cyclone::schedule {

/// A straight line from `from` to the first value of `then`, and after `length` updates `then` from its own update 0.
inline Schedule warmup(Schedule then, Length length, double from = 0) {
    return Definition("warmup")
        .rate("from", from)
        .length("length", length)
        .schedule(std::move(then))
        .formula([=](std::uint64_t t, const Parts& parts) {
            const std::uint64_t n = parts.lengths[0];
            const Schedule& inner = parts.inner[0];
            return t >= n ? inner.value(t - n) : std::lerp(from, inner.value(0), progress(t, n));
        });
}

/// A schedule with the time it has in join(); the last one has none and goes on for ever.
struct Piece {
    Piece(Length time, Schedule what) : length(time), schedule(std::move(what)) {}
    Piece(Schedule what) : schedule(std::move(what)) {}
    std::optional<Length> length;
    Schedule schedule;
};

/// One schedule after the other, each from its own update 0:
/// `join({{Epochs{3}, constant(0.01)}, {Epochs{5}, constant(0.002)}, {linear({...})}})`.
inline Schedule join(const std::vector<Piece>& pieces) {
    Definition d("join");
    d.require(!pieces.empty(), "expected at least one schedule, got none");
    for (std::size_t i = 0; i < pieces.size(); ++i) {
        const bool is_last = i + 1 == pieces.size();
        d.require(pieces[i].length.has_value() != is_last, is_last ? "the last" : "piece ",
                  is_last ? "" : std::to_string(i),
                  is_last ? " piece goes on for ever, expected it without a length" : ": expected a length, got none");
        if (!is_last) d.length("", *pieces[i].length);
        d.schedule(pieces[i].schedule);
    }
    return d.formula([](std::uint64_t t, const Parts& parts) {
        std::size_t i = 0;
        for (; i < parts.lengths.size() && t >= parts.lengths[i]; ++i) t -= parts.lengths[i];
        return parts.inner[i].value(t);
    });
}

/// The schedule, held within [low, high].
inline Schedule clamp(Schedule inner, double low, double high) {
    return Definition("clamp")
        .schedule(std::move(inner))
        .range("low", low, "high", high)
        .formula([=](std::uint64_t t, const Parts& parts) { return std::clamp(parts.inner[0].value(t), low, high); });
}

/// The schedule times a factor (finite, >= 0). A product beyond the largest double is that double.
inline Schedule scale(Schedule inner, double factor) {
    return Definition("scale")
        .rate("factor", factor)
        .schedule(std::move(inner))
        .formula([=](std::uint64_t t, const Parts& parts) {
            return std::min(parts.inner[0].value(t) * factor, std::numeric_limits<double>::max());
        });
}

/// A function of the update number of your own. It must be pure; value() throws where it gives a negative or
/// non-finite number. Its lengths in epochs and a description take a Definition (definition.h).
inline Schedule function(std::string name, std::function<double(std::uint64_t update)> formula) {
    Definition d(std::move(name));
    d.require(static_cast<bool>(formula), "expected a function, got none");
    return d.formula([formula = std::move(formula)](std::uint64_t t, const Parts&) { return formula(t); });
}

}  // namespace cyclone::schedule
