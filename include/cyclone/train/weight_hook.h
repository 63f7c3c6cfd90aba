#pragma once
// What follows the weights of a training from update to update, and when weights are taken.

#include <cyclone/nn/module.h>
#include <cyclone/optim/optimizer.h>

#include <cstdint>
#include <optional>
#include <string>

namespace cyclone::train {

/// An entry of FitOptions::weight_hooks: called after each update, with a state that checkpoints store. It belongs to
/// one training. A loop of your own calls begin() once and after_update() behind optimizer.step().
class WeightHook {
public:
    virtual ~WeightHook() = default;
    /// What its state is called in checkpoints, "swa"; no two of a training have the same.
    virtual std::string name() const = 0;
    /// Everything that decides what it does: a training is resumed with the same only.
    virtual std::string describe() const = 0;
    /// Before the first update of a fit(), and before the state of a checkpoint is loaded.
    virtual void begin(nn::Module& model, const optim::Optimizer& optimizer) = 0;
    /// After an update of `model`: optimizer.updates() are made.
    virtual void after_update(nn::Module& model, const optim::Optimizer& optimizer) = 0;
    /// All that it has gathered. The tensors are handles.
    virtual StateDict state_dict() const = 0;
    /// Copies the state in. Error when it does not fit the model.
    virtual void load_state_dict(const StateDict& state) = 0;

protected:
    WeightHook() = default;
    WeightHook(WeightHook&&) = default;             ///< not copied: two would share tensors
    WeightHook& operator=(WeightHook&&) = default;  ///< as above
};

/// After which updates weights are taken: a pure function of their number.
struct WeightTimes {
    /// Not before this many updates or epochs; by default from the beginning.
    std::optional<Length> start = {};
    /// After every this many updates or epochs, counted from the beginning of the training; by default at the end of
    /// each cycle of the learning rate, or of each epoch where its schedule has no cycles.
    std::optional<Length> every = {};

    /// "from 9 epochs, at the end of each cycle or epoch"
    std::string describe() const;
    /// Whether weights are taken when `updates` are made. Lengths in epochs need Optimizer::set_updates_per_epoch().
    bool at(std::uint64_t updates, const optim::Optimizer& optimizer) const;
    /// A number of updates above `updates` before which no weights are taken.
    std::uint64_t look_at(std::uint64_t updates, const optim::Optimizer& optimizer) const;
    /// How often weights are taken after updates from + 1 ... to.
    std::uint64_t count(std::uint64_t from, std::uint64_t to, const optim::Optimizer& optimizer) const;
};

/// WeightTimes for one fit(), which costs nothing between the times.
class WeightClock {
public:
    /// For these times.
    explicit WeightClock(WeightTimes times) : times_(times) {}
    const WeightTimes& times() const { return times_; }  ///< what it was made from
    void begin() { look_at_ = 0; }                       ///< before the first update
    /// Whether weights are taken now; asked after every update.
    bool strikes(const optim::Optimizer& optimizer);

private:
    WeightTimes times_;
    std::uint64_t look_at_ = 0;
};

}  // namespace cyclone::train
