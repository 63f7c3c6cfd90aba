#pragma once
// The averages and snapshots that one training is tested with besides its last weights (private).

#include <cyclone/nn/module.h>
#include <cyclone/train/averages.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace cyclone::lab {

/// One of ComparisonOptions::averages. UsageError for an unknown name or a decay out of range.
class Averaged {
public:
    Averaged(const std::string& name, const train::WeightTimes& times);

    const std::string& name() const { return name_; }
    train::WeightHook& hook() const { return *hook_; }
    std::uint64_t taken() const;  ///< weights
    /// Calls use() with the average in the model after renew(), or with one snapshot after the other.
    void each(nn::Module& model, const std::function<void()>& renew, const std::function<void()>& use) const;

private:
    std::string name_;
    std::unique_ptr<train::WeightHook> hook_;
    train::WeightAverage* average_ = nullptr;  // one of the two
    train::Snapshots* snapshots_ = nullptr;
};

}  // namespace cyclone::lab
