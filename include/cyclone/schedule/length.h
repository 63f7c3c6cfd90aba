#pragma once
// How long something lasts, with its unit: a bare number is never taken for one or the other.

#include <cyclone/base/language.h>

#include <cstdint>
#include <string>
#include <type_traits>

namespace cyclone {

/// A number of parameter updates (one batch = one update).
struct Iterations {
    double count;  ///< how many
    /// Any number; the Length's user checks it.
    template <class Number, class = std::enable_if_t<std::is_arithmetic_v<Number>>>
    constexpr explicit Iterations(Number n) : count(static_cast<double>(n)) {}
};

/// A number of passes over the training set; fractions are fine.
struct Epochs {
    double count;  ///< how many
    /// Any number; the Length's user checks it.
    template <class Number, class = std::enable_if_t<std::is_arithmetic_v<Number>>>
    constexpr explicit Epochs(Number n) : count(static_cast<double>(n)) {}
};

/// Iterations or Epochs. Whoever uses it checks it: any number can be stored.
class Length {
public:
    /// A length in updates.
    constexpr Length(Iterations n) : count_(n.count), in_epochs_(false) {}
    /// A length in epochs.
    constexpr Length(Epochs n) : count_(n.count), in_epochs_(true) {}

    /// The number as given, in its unit.
    constexpr double count() const { return count_; }
    /// The unit: epochs, else updates.
    constexpr bool in_epochs() const { return in_epochs_; }

    /// The length times `factor`, in the same unit.
    constexpr Length operator*(double factor) const {
        return in_epochs_ ? Length(Epochs{count_ * factor}) : Length(Iterations{count_ * factor});
    }

    /// The whole number of updates: round(count), or round(count * updates_per_epoch) for epochs; at least 1.
    /// Error if the count is not a positive finite number or gives more than 2^53 updates.
    std::uint64_t updates(std::uint64_t updates_per_epoch) const;

    /// "2 epochs", "1 epoch", "4000 updates".
    std::string describe() const;

private:
    double count_;
    bool in_epochs_;
};

}  // namespace cyclone
