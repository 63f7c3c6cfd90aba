// The checks of each update for NaN and infinity.

#include "train/guard.h"

#include <cyclone/ops/reduce.h>

#include <cmath>

namespace cyclone::train {
namespace {

constexpr const char* kHint = " (hint: a lower learning rate, or clip_norm)";

}  // namespace

std::string first_not_finite(const StateDict& tensors) {
    for (const NamedTensor& t : tensors)
        if (!all_finite(t.tensor)) return t.name;
    return {};
}

Guard::Guard(const nn::Module& model, const optim::Optimizer& optimizer, const DivergenceOptions& options)
    : optimizer_(optimizer),
      options_(options),
      parameters_(model.all_named_parameters()),
      buffers_(model.named_buffers()) {
    if (options_.action == OnDivergence::skip)
        for (const NamedTensor& buffer : buffers_) kept_.push_back(buffer.tensor.clone());
}

void Guard::before_batch() {
    for (std::size_t i = 0; i < kept_.size(); ++i) kept_[i].copy_from(buffers_[i].tensor);
}

bool Guard::loss_is_good(double loss, const Place& place) {
    if (std::isfinite(loss)) [[likely]]
        return true;
    return skip_or_throw(joined("the loss is ", loss), place);
}

bool Guard::gradients_are_good(const Place& place) {
    if (!options_.check_gradients || optimizer_.gradients_are_finite()) [[likely]] {
        in_a_row_ = 0;
        return true;
    }
    // Gradients come from the loss to the front, so the last bad one is where it began.
    std::string first;
    int others = -1;
    for (std::size_t i = parameters_.size(); i-- > 0;) {
        const auto& [name, parameter] = parameters_[i];
        if (!parameter.grad().defined() || all_finite(parameter.grad())) continue;
        if (first.empty()) first = name;
        ++others;
    }
    std::string what =
        first.empty() ? "the norm of the gradients is not finite" : "the gradient of " + first + " is not finite";
    if (others > 0) what += " (nor are " + std::to_string(others) + " before it)";
    return skip_or_throw(what, place);
}

void Guard::check_weights(std::int64_t epoch) const {
    const std::string bad = first_not_finite(parameters_);
    check<Diverged>(bad.empty(), "fit", bad, " is not finite after epoch ", epoch, " (update ", optimizer_.updates(),
                    "), learning rate ", optimizer_.last_lr(), " of ", optimizer_.describe(), kHint);
}

bool Guard::skip_or_throw(const std::string& what, const Place& place) {
    const std::string bad_weight = first_not_finite(parameters_), bad_buffer = first_not_finite(buffers_);
    message_ =
        joined("fit: ", what, " at update ", optimizer_.updates(), " (batch ", place.batch + 1, " of ", place.batches,
               " in epoch ", place.epoch, "), learning rate ", optimizer_.last_lr(), " of ", optimizer_.describe());
    if (!bad_weight.empty())
        message_ += "; first bad layer: " + bad_weight + " is not finite";
    else if (!bad_buffer.empty() && kept_.empty())
        message_ += "; the weights are finite, " + bad_buffer + " is not";
    else
        message_ += "; the weights are finite";
    if (options_.action != OnDivergence::skip || !bad_weight.empty()) throw Diverged(message_ + kHint);
    if (++in_a_row_ > options_.max_skips)
        throw Diverged(message_ + "; given up after " + std::to_string(options_.max_skips) +
                       " skipped batches in a row" + kHint);
    for (std::size_t i = 0; i < kept_.size(); ++i) Tensor(buffers_[i].tensor).copy_from(kept_[i]);
    return false;
}

}  // namespace cyclone::train
