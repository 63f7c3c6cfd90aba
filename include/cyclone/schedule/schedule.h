#pragma once
// Schedule: a learning rate (or any other hyper-parameter) as a pure function of the update number.

#include <cyclone/schedule/length.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace cyclone {

namespace schedule {
class Definition;
}

/// One length of a schedule, for whoever looks at schedules from outside.
struct NamedLength {
    std::string name;           ///< "step_size"; may be empty
    Length given;               ///< in the unit in which it was given
    std::uint64_t updates = 0;  ///< 0 while it is in epochs whose length is not known
};

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

    /// The same schedule with every length in epochs taken as round(count * n) updates, at least 1. Called on its own
    /// result it starts from the epochs again; without lengths in epochs it returns the schedule itself. n >= 1.
    Schedule with_updates_per_epoch(std::uint64_t n) const;

    /// One line such as "triangular(base=0.002, max=0.03, step_size=2 epochs)".
    std::string describe() const;

    /// "triangular": what the Definition was named.
    const std::string& name() const;
    /// Its own lengths with their names, in the order in which they were given; not those of inner schedules.
    std::vector<NamedLength> lengths() const;
    /// The schedules that it is made of (warmup, join, ...), knowing the updates per epoch if it does.
    std::vector<Schedule> inner() const;

private:
    friend class schedule::Definition;
    struct Rule;
    explicit Schedule(std::shared_ptr<const Rule> rule) : rule_(std::move(rule)) {}
    std::shared_ptr<const Rule> rule_;
};

}  // namespace cyclone
