#pragma once
// Schedule: a learning rate (or any other hyper-parameter) as a pure function of the update number.

#include <cyclone/schedule/length.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace cyclone {

namespace schedule {
class Definition;
}

/// What a length marks in a run, as far as the schedule says.
enum class Marks {
    nothing,  ///< the schedule does not say
    end,      ///< from here on the value stays as it is: the schedule is made for a run of this length
    change,   ///< the value changes here: a run that ends before never sees it
};

/// One length of a schedule.
struct NamedLength {
    std::string name;              ///< "step_size"; may be empty
    Length given;                  ///< in the unit in which it was given
    Marks marks = Marks::nothing;  ///< what happens there
    std::uint64_t updates = 0;     ///< 0 while it is in epochs whose length is not known
};

/// One cycle of a schedule: the updates begin ... end - 1.
struct Cycle {
    std::uint64_t number = 0;  ///< 0, 1, 2, ... (within its stage of a schedule made of several)
    std::uint64_t begin = 0;   ///< its first update
    std::uint64_t end = 0;     ///< the first update after it
};

struct Stage;

/// An immutable value, cheap to copy and safe to share between threads. It has no state: to resume is to ask for the
/// next update. The factories are in namespace cyclone::schedule (cyclic.h, decay.h, one_cycle.h, compose.h).
class Schedule {
public:
    /// A plain number is the constant schedule, so that `.lr = 0.1` works wherever a schedule is taken.
    Schedule(double constant);

    /// The value at `update` (the first update is 0): O(1), finite and >= 0 for every update up to 2^53.
    /// Error if a length is still in epochs, or if a user's own function gave a negative or non-finite number.
    double value(std::uint64_t update) const;

    /// True until with_updates_per_epoch() has turned lengths in epochs into updates.
    bool needs_updates_per_epoch() const;

    /// The same schedule with every length in epochs taken as round(count * n) updates, at least 1, for good: a
    /// schedule that does not need it returns itself, so nobody moves a position that was settled. n >= 1.
    Schedule with_updates_per_epoch(std::uint64_t n) const;

    /// Whether it counts epochs alone: every length, also of inner schedules, was given in epochs, and nothing else in
    /// it depends on the number of updates. Then its place in epochs can stay when epochs get another length.
    bool counts_epochs() const;

    /// One line such as "triangular(base=0.002, max=0.03, step_size=2 epochs)".
    std::string describe() const;

    /// "triangular": what the Definition was named. For messages; what a schedule does, the questions below answer.
    const std::string& name() const;
    /// Its own lengths with their names, in the order in which they were given; not those of inner schedules.
    std::vector<NamedLength> lengths() const;

    // What programs ask besides the value. The Definition says it, or it follows from the inner schedules; a schedule
    // that says nothing has no cycles, no length and no peak. Error while lengths in epochs wait, as for value().

    /// Whether it has cycles; known before the lengths are.
    bool is_cyclical() const;
    /// The cycle in which `update` lies; none within a warm-up or after the last cycle.
    std::optional<Cycle> cycle_at(std::uint64_t update) const;
    /// Updates of its first cycle.
    std::optional<std::uint64_t> period() const;
    /// The run that it is made for, in updates: from there on the value stays as it is.
    std::optional<std::uint64_t> length() const;
    /// The update at which it has risen to its highest value; none if it does not rise.
    std::optional<std::uint64_t> peak() const;
    /// How far it has risen at `update` between its lowest (0) and its highest value (1); none if it does not say.
    std::optional<double> height(std::uint64_t update) const;
    /// Whether height() has an answer at every update; known before the lengths are.
    bool has_height() const;
    /// The inner schedules in the order in which they run; empty if it does not say when they do.
    std::vector<Stage> stages() const;

private:
    friend class schedule::Definition;
    struct Rule;
    explicit Schedule(std::shared_ptr<const Rule> rule) : rule_(std::move(rule)) {}
    const Rule& resolved() const;
    std::optional<Stage> stage_at(std::uint64_t update) const;
    std::shared_ptr<const Rule> rule_;
};

/// An inner schedule runs from its own update 0 at update `begin` of the outer one until `end`, or for ever.
struct Stage {
    Schedule schedule;                 ///< the inner one
    std::uint64_t begin = 0;           ///< its first update
    std::optional<std::uint64_t> end;  ///< the first update after it
};

}  // namespace cyclone
