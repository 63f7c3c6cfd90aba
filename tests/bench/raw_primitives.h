#pragma once
// The limit that Cyclone is measured against: the bare oneDNN primitives of a network, without anything between them.

#include <cstdint>
#include <memory>

namespace bench {

/// Every convolution and linear primitive of one training step of the study's CNN: forward (relu fused), backward data
/// (not for the input images) and backward weights; direct algorithm, NHWC activations, weights in the format oneDNN
/// prefers. Buffers are warm; no loss, dropout, pooling, update or format change.
class RawStep {
public:
    explicit RawStep(std::int64_t batch, bool training = true);
    ~RawStep();
    /// Runs them all once, one after the other, and waits.
    void run();

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace bench
