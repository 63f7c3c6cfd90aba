#pragma once
// The best epoch by a metric, and the end of a training that no longer improves.

#include <cyclone/base/registry.h>
#include <cyclone/train/history.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cyclone::train {

/// What a hook answers: proceed, or stop the training cleanly.
enum class Control { proceed, stop };

/// A value by which epochs are compared: "max:val_auc" is a direction, and train_loss, val_loss, or "val_" followed by
/// the name of a metric of metrics::table().
class Monitor {
public:
    /// UsageError for an unknown name (with the nearest known one), without a direction, and for one that would choose
    /// the worst epoch.
    Monitor(std::string_view text = "min:val_loss");
    /// The same from a literal.
    Monitor(const char* text) : Monitor(std::string_view(text)) {}

    const std::string& name() const { return name_; }  ///< "val_auc"
    /// The value itself; NaN where the metric is undefined. UsageError for a value of the validation set when there is
    /// none.
    double value(const EpochRow& row) const;
    /// The value, or minus it where lower is better. As CheckpointOptions::score it chooses best.ckpt.
    double operator()(const EpochRow& row) const { return maximize_ ? value(row) : -value(row); }
    /// The first epoch with the highest score; nullptr when no epoch has one.
    const EpochRow* best(const History& history) const;

    /// Everything that can be monitored: names, with their direction as usage.
    static std::vector<NamedItem> names();

private:
    std::string name_;
    bool maximize_ = false;
    const metrics::Metric* metric_ = nullptr;  // nullptr: a loss
};

/// Stops a training after `patience` epochs, or cycles of the learning rate, without a better score: an entry of
/// FitOptions::callbacks. It decides from the history alone, so it is the same in a training that was resumed.
struct EarlyStopping {
    Monitor monitor = {};             ///< which epoch is better
    std::int64_t patience = 0;        ///< 0: never stops
    std::uint64_t cycle_updates = 0;  ///< set (see Schedule::period()): patience counts cycles

    /// Stop, once the patience is exhausted.
    Control operator()(const History& history) const;
};

}  // namespace cyclone::train
