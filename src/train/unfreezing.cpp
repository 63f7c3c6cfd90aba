// Gradual unfreezing.

#include <cyclone/base/error.h>
#include <cyclone/nn/patterns.h>
#include <cyclone/train/unfreezing.h>

#include <algorithm>
#include <utility>

namespace cyclone::train {

GradualUnfreezing::GradualUnfreezing(std::vector<std::string> patterns, WeightTimes times)
    : patterns_(std::move(patterns)), clock_(times) {
    check<UsageError>(!patterns_.empty(), "GradualUnfreezing", "expected a pattern of what is trained first");
}

std::string GradualUnfreezing::describe() const {
    std::string text = "unfreezing ";
    for (const std::string& pattern : patterns_) text += (&pattern == patterns_.data() ? "" : ", ") + pattern;
    return text + " (" + clock_.times().describe() + ")";
}

void GradualUnfreezing::begin(nn::Module& model, const optim::Optimizer&) {
    clock_.begin();
    if (model_ == &model) return;  // a second fit() goes on
    model_ = &model;
    stage_ = 1;
    frozen_.clear();
    evaluating_.clear();
    for (nn::Module* layer : nn::layers_like(model, "*")) {
        if (layer->is_frozen())
            frozen_.push_back(layer);
        else if (model.is_training() && !layer->is_training())
            evaluating_.push_back(layer);
    }
    for (const std::string& pattern : patterns_) nn::layers_like(model, pattern);  // errors before anything changes
    apply();
}

void GradualUnfreezing::apply() {
    nn::freeze(*model_, "*");
    for (std::size_t i = 0; i < stage_; ++i) nn::unfreeze(*model_, patterns_[i]);
    for (nn::Module* layer : frozen_) layer->freeze();
    for (nn::Module* layer : evaluating_) layer->eval();  // unfreeze() means training
}

void GradualUnfreezing::after_update(nn::Module&, const optim::Optimizer& optimizer) {
    if (!clock_.strikes(optimizer) || stage_ == patterns_.size()) return;
    ++stage_;
    apply();
}

StateDict GradualUnfreezing::state_dict() const {
    return {{"stage", Tensor::from({static_cast<std::int64_t>(stage_)}, {1})}};
}

void GradualUnfreezing::load_state_dict(const StateDict& state) {
    const Tensor* const stage = state.find("stage");
    check(stage && state.size() == 1 && dtype_and_shape(*stage) == "i64 (1)", "GradualUnfreezing",
          "load_state_dict: expected a tensor 'stage' of i64 (1)");
    const std::int64_t n = stage->to_vector<std::int64_t>()[0];
    check(n >= 1 && n <= std::ssize(patterns_), "GradualUnfreezing", "load_state_dict: expected a stage from 1 to ",
          patterns_.size(), ", got ", n);
    stage_ = static_cast<std::size_t>(n);
    clock_.begin();  // a return to a checkpoint goes back in time
    if (model_) apply();
}

}  // namespace cyclone::train
