#pragma once
// Cyclone's side: training with everything that a real run does.

#include <cyclone/cyclone.h>

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace bench {

/// One call of step() is one update: loader (shuffle, standardise, convert), forward with dropout, loss, backward,
/// SGD with a triangular schedule, a history row.
class Training {
public:
    Training(const cyclone::data::Dataset& data, std::int64_t batch,
             cyclone::nn::Sequential model = cyclone::nn::study_cnn())
        : loader_(data, {.batch_size = batch, .drop_last = true}),
          model_(std::move(model)),
          sgd_(model_.parameters(), {.lr = cyclone::schedule::triangular(
                                         {.base = 0.002, .max = 0.03, .step_size = cyclone::Iterations{4000}})}) {
        cyclone::flush_denormals();
    }

    void step() {
        if (!batch_ || *batch_ == loader_.end()) batch_.emplace(loader_.begin());
        const cyclone::data::Batch& batch = **batch_;
        const cyclone::Tensor loss = cyclone::cross_entropy(model_(batch.x), batch.y);
        const double value = loss.item();
        sgd_.zero_grad();
        cyclone::backward(loss);
        sgd_.step();
        history_.add({.update = sgd_.updates(), .lr = sgd_.last_lr(), .loss = value});
        ++*batch_;
    }

private:
    cyclone::data::Loader loader_;
    cyclone::nn::Sequential model_;
    cyclone::optim::Sgd sgd_;
    std::optional<cyclone::data::Loader::Iterator> batch_;
    cyclone::train::History history_;
};

}  // namespace bench
