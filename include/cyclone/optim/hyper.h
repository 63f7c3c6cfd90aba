#pragma once
// Hyper: a hyper-parameter of an optimizer is a number or a schedule. HyperSpec: how an optimizer declares one.

#include <cyclone/schedule/schedule.h>

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cyclone::optim {

/// `.lr = 0.1` and `.lr = schedule::triangular({...})` both work. The optimizer that takes it checks its range.
class Hyper {
public:
    /// The same number at every update.
    Hyper(double number) : number_(number) {}
    /// The value of the schedule at each update.
    Hyper(Schedule schedule) : schedule_(std::move(schedule)) {}

    /// The value for `update` (the first is 0). Error if a schedule in epochs does not know their length yet.
    double at(std::uint64_t update) const { return schedule_ ? schedule_->value(update) : number_; }
    /// The number and no schedule (which may become any number at any time).
    bool is(double number) const { return !schedule_ && number_ == number; }
    /// Empty for a number.
    const std::optional<Schedule>& schedule() const { return schedule_; }
    /// As Schedule::needs_updates_per_epoch().
    bool needs_updates_per_epoch() const { return schedule_ && schedule_->needs_updates_per_epoch(); }
    /// As Schedule::with_updates_per_epoch().
    Hyper with_updates_per_epoch(std::uint64_t n) const {
        return schedule_ ? Hyper(schedule_->with_updates_per_epoch(n)) : *this;
    }
    /// `factor` times the number, or schedule::scale().
    Hyper scaled(double factor) const;
    /// "0.9", or Schedule::describe().
    std::string describe() const;

private:
    double number_ = 0;
    std::optional<Schedule> schedule_;
};

/// Which values a hyper-parameter may have. All are finite.
enum class Range {
    at_least_zero,  ///< value >= 0
    positive,       ///< value > 0
    below_one,      ///< 0 <= value < 1
    fraction,       ///< 0 <= value <= 1
    flag,           ///< 0 or 1
};

/// What an optimizer says of one of its hyper-parameters.
struct HyperSpec {
    std::string_view name;               ///< as in the options: "weight_decay"
    Range range = Range::at_least_zero;  ///< what every value is checked for
    std::string_view description;        ///< a few words for help
    double left_out = 0;                 ///< the number that describe() does not mention
};

/// The hyper-parameters of an optimizer, in order: each a member of its options, "lr" first.
template <class Options>
struct HyperMember {
    Hyper Options::*member;  ///< such as &SgdOptions::momentum
    HyperSpec spec;          ///< what there is to say of it
};
/// One row per hyper-parameter.
template <class Options>
using HyperTable = std::vector<HyperMember<Options>>;

/// The values of one group's hyper-parameters for one update.
class GroupValues {
public:
    /// `specs` must outlive it.
    explicit GroupValues(std::span<const HyperSpec> specs) : specs_(specs), values_(specs.size()) {}

    /// Error that lists the names if the optimizer has no such hyper-parameter.
    double& operator[](std::string_view name) { return values_[index_of(name)]; }
    /// As above.
    double operator[](std::string_view name) const { return values_[index_of(name)]; }
    /// Whether the optimizer has a hyper-parameter of this name.
    bool has(std::string_view name) const;
    /// What the optimizer says of its hyper-parameters, "lr" first.
    std::span<const HyperSpec> specs() const { return specs_; }
    /// In the order of specs().
    std::span<double> all() { return values_; }
    /// The place of a name in specs(); Error that lists the names if there is none.
    std::size_t index_of(std::string_view name) const;

private:
    std::span<const HyperSpec> specs_;  // of the optimizer
    std::vector<double> values_;
};

}  // namespace cyclone::optim
