#pragma once
// Hyper: a hyper-parameter of an optimizer is a number or a schedule.

#include <cyclone/schedule/schedule.h>

#include <optional>
#include <string>

namespace cyclone::optim {

/// `.lr = 0.1` and `.lr = schedule::triangular({...})` both work. The optimizer that takes it checks its range.
class Hyper {
public:
    Hyper(double number) : number_(number) {}
    Hyper(Schedule schedule) : schedule_(std::move(schedule)) {}

    /// The value for `update` (the first is 0). Error if a schedule in epochs does not know their length yet.
    double at(std::uint64_t update) const { return schedule_ ? schedule_->value(update) : number_; }
    /// The number 0 (a schedule may become non-zero at any time).
    bool is_zero() const { return !schedule_ && number_ == 0; }
    bool needs_updates_per_epoch() const { return schedule_ && schedule_->needs_updates_per_epoch(); }
    Hyper with_updates_per_epoch(std::uint64_t n) const {
        return schedule_ ? Hyper(schedule_->with_updates_per_epoch(n)) : *this;
    }
    std::string describe() const;

private:
    double number_ = 0;
    std::optional<Schedule> schedule_;
};

}  // namespace cyclone::optim
