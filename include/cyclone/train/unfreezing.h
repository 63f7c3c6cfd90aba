#pragma once
// Gradual unfreezing: a pretrained network is trained from its head down, a part more with each cycle.
//
//     io::load(model, "pretrained.safetensors", {.strict = false});
//     optim::Sgd sgd{model.parameters(), {.lr = schedule::triangular({.base = 0.001, .max = 0.01, .step_size =
//     Epochs{1}})}}; train::GradualUnfreezing unfreezing({"head", "conv2.*", "*"}); train::fit(model, sgd, train,
//     {.epochs = 6, .weight_hooks = {&unfreezing}});

#include <cyclone/train/weight_hook.h>

#include <cstddef>
#include <string>
#include <vector>

namespace cyclone::train {

/// Howard and Ruder 2018 (arXiv 1801.06146), with cycles: from the first update on the layers that the first pattern
/// matches are trained, after the first cycle (or epoch, see WeightTimes) also those of the second, and so on; all
/// others are frozen (nn::freeze()). Layers that were frozen or in evaluation mode before stay so. The optimizer has
/// the parameters of all: make it before. A parameter that is frozen has no gradient, so that its momentum begins with
/// its training.
class GradualUnfreezing : public WeightHook {
public:
    /// Error without a pattern.
    explicit GradualUnfreezing(std::vector<std::string> patterns, WeightTimes times = {});

    const WeightTimes& times() const { return clock_.times(); }  ///< when a part more is trained
    std::size_t parts() const { return patterns_.size(); }       ///< patterns
    std::size_t stage() const { return stage_; }                 ///< patterns whose layers are trained, from 1

    std::string name() const override { return "unfreezing"; }
    std::string describe() const override;
    /// Errors: a pattern that matches no layer, or a part of one.
    void begin(nn::Module& model, const optim::Optimizer& optimizer) override;
    void after_update(nn::Module& model, const optim::Optimizer& optimizer) override;
    StateDict state_dict() const override;
    void load_state_dict(const StateDict& state) override;

private:
    void apply();

    std::vector<std::string> patterns_;
    WeightClock clock_;
    nn::Module* model_ = nullptr;          // of the training
    std::vector<nn::Module*> frozen_;      // layers that stay frozen
    std::vector<nn::Module*> evaluating_;  // in evaluation mode in a model in training: they stay so
    std::size_t stage_ = 1;
};

}  // namespace cyclone::train
