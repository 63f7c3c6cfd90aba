#pragma once

#include <cyclone/base/error.h>

#include <memory>
#include <string>
#include <utility>

namespace cyclone::train {

class History;

/// The loss or the outputs became infinite or NaN: most often the learning rate is too high. A result for whoever
/// compares rates, hence a type of its own.
class Diverged : public Error {
public:
    explicit Diverged(const std::string& message, std::shared_ptr<const History> history = nullptr)
        : Error(message), history_(std::move(history)) {}
    /// What fit() recorded up to there; nullptr when it was not fit() that threw.
    const std::shared_ptr<const History>& history() const { return history_; }

private:
    std::shared_ptr<const History> history_;
};

}  // namespace cyclone::train
