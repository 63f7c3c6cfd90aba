#pragma once
// Schedules made of schedules: warm-up, one after the other, limits, a factor, a function of one's own.

#include <cyclone/schedule/schedule.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace cyclone::schedule {

/// A straight line from `from` to the first value of `then`, and after `length` updates `then` from its own update 0.
Schedule warmup(Schedule then, Length length, double from = 0);

/// A schedule with the time it has in join(); the last one has none and runs for ever.
struct Piece {
    /// A piece before others.
    Piece(Length time, Schedule what) : length(time), schedule(std::move(what)) {}
    /// The last piece.
    Piece(Schedule what) : schedule(std::move(what)) {}
    std::optional<Length> length;  ///< none for the last one
    Schedule schedule;             ///< from its own update 0
};

/// One schedule after the other, each from its own update 0:
/// `join({{Epochs{3}, constant(0.01)}, {Epochs{5}, constant(0.002)}, {linear({...})}})`.
Schedule join(const std::vector<Piece>& pieces);

/// The schedule, held within [low, high].
Schedule clamp(Schedule inner, double low, double high);

/// The schedule times a factor (finite, >= 0). A product beyond the largest double is that double.
Schedule scale(Schedule inner, double factor);

/// A momentum that moves against a rate (Smith 2018, arXiv 1803.09820): `high` where the rate is lowest, `low` where it
/// is highest. Error for a rate that does not rise and fall between two bounds: the cyclic ones and one_cycle do, also
/// within warmup, join, scale and clamp.
Schedule against(Schedule rate, double low, double high);

/// A function of the update number of your own. It must be pure; value() throws where it gives a negative or
/// non-finite number. Its lengths in epochs and a description take a Definition (definition.h).
Schedule function(std::string name, std::function<double(std::uint64_t update)> formula);

}  // namespace cyclone::schedule
