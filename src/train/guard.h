#pragma once
// Guard: finds NaN and infinity in each update, before they can reach the weights.

#include <cyclone/nn/module.h>
#include <cyclone/optim/optimizer.h>
#include <cyclone/train/checkpoint.h>
#include <cyclone/train/diverged.h>

#include <cstdint>
#include <string>
#include <vector>

namespace cyclone::train {

/// The position of a batch in the training.
struct Place {
    std::int64_t batch, batches, epoch;  // the batch counts from 0, the epoch from 1
};

/// The name of the first tensor that holds NaN or infinity; empty when all are finite.
std::string first_not_finite(const StateDict& tensors);

class Guard {
public:
    Guard(const nn::Module& model, const optim::Optimizer& optimizer, const DivergenceOptions& options);

    /// Keeps what the forward pass changes by itself (batch norm's running values), should the batch be skipped.
    void before_batch();
    /// False when the batch is to be skipped; then the buffers are as before it. Diverged when the training cannot go
    /// on: under the other policies, after too many skips in a row, or when the weights themselves are not finite.
    bool loss_is_good(double loss, const Place& place);
    bool gradients_are_good(const Place& place);

    /// After an epoch: Diverged when a weight is not finite, which a relu can hide from every loss and gradient.
    void check_weights(std::int64_t epoch) const;

    int skipped_in_a_row() const { return in_a_row_; }
    const std::string& message() const { return message_; }  ///< about the last batch that was not good

private:
    bool skip_or_throw(const std::string& what, const Place& place);

    const optim::Optimizer& optimizer_;
    const DivergenceOptions& options_;
    StateDict parameters_, buffers_;
    std::vector<Tensor> kept_;  // of the buffers
    int in_a_row_ = 0;
    std::string message_;
};

}  // namespace cyclone::train
