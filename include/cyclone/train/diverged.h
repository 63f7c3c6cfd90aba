#pragma once
// Diverged: the error of a training whose loss or outputs are no longer finite.

#include <cyclone/base/error.h>

#include <memory>
#include <string>
#include <utility>

namespace cyclone::train {

class History;

/// The loss or the outputs became infinite or NaN, most often because the learning rate is too high. It has a type of
/// its own because it is a result when learning rates are compared.
class Diverged : public Error {
public:
    /// `message` says what became infinite or NaN, and where.
    explicit Diverged(const std::string& message, std::shared_ptr<const History> history = nullptr)
        : Error(message), history_(std::move(history)) {}
    /// What fit() recorded up to there; nullptr when it was not fit() that threw.
    const std::shared_ptr<const History>& history() const { return history_; }

private:
    std::shared_ptr<const History> history_;
};

}  // namespace cyclone::train
