#pragma once
// The best epoch by a metric, and the end of a training that no longer improves.

#include <cyclone/base/registry.h>
#include <cyclone/data/dataset.h>
#include <cyclone/schedule/schedule.h>
#include <cyclone/train/history.h>

#include <cstdint>
#include <optional>
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

    const std::string& name() const { return name_; }                           ///< "val_auc"
    std::string text() const { return (maximize_ ? "max:" : "min:") + name_; }  ///< "max:val_auc"
    /// The value itself; NaN where the metric is undefined. UsageError for a value of the validation set when there is
    /// none.
    double value(const EpochRow& row) const;
    /// The value, or minus it where lower is better. As CheckpointOptions::score it chooses best.ckpt.
    double operator()(const EpochRow& row) const { return maximize_ ? value(row) : -value(row); }
    /// The first epoch with the highest score; nullptr when no epoch has one.
    const EpochRow* best(const History& history) const;

    /// Why the metric has no value on this validation set, as far as its labels say: "class 'x' has no image"; else
    /// empty.
    static std::string why_undefined(const data::Dataset& validation);

    /// Everything that can be monitored: names, with their direction as usage.
    static std::vector<NamedItem> names();

private:
    std::string name_;
    bool maximize_ = false;
    const metrics::Metric* metric_ = nullptr;  // nullptr: a loss
};

/// Stops a training after `patience` epochs without a better score: an entry of FitOptions::callbacks. An epoch without
/// a score (NaN) is neither better nor counted. It decides from the history alone, so it is the same in a training that
/// was resumed.
///
/// With the learning rate's schedule, whose lengths must be in updates, patience does not run out where a high rate
/// alone keeps the score down:
///   - a schedule with cycles: patience counts cycles;
///   - one that rises to a peak, such as one_cycle or a warm-up: it counts the epochs after the update counts_from();
///   - any other: epochs.
struct EarlyStopping {
    Monitor monitor = {};                   ///< which epoch is better
    std::int64_t patience = 0;              ///< 0: never stops
    std::optional<Schedule> schedule = {};  ///< of the learning rate

    /// Stop, once the patience is exhausted.
    Control operator()(const History& history) const;
    /// The update from which on epochs count: the end of a schedule that rises and is made for a length, the peak of
    /// one that rises and has no end, else 0.
    std::uint64_t counts_from() const;
};

}  // namespace cyclone::train
