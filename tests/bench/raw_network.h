#pragma once
// The limit that Cyclone is measured against: the bare oneDNN primitives of a network, without anything between them.

#include <cstdint>
#include <memory>
#include <string>

namespace bench {

/// The primitives of one training step, or of one forward pass, in the order in which they are added; direct
/// algorithm, NHWC activations, weights in the format that oneDNN prefers. Every primitive has buffers of its own and
/// they are warm; no loss, dropout, max pooling, update or change of format.
class RawNetwork {
public:
    RawNetwork(std::int64_t batch, bool training);
    ~RawNetwork();
    RawNetwork(RawNetwork&&) noexcept;

    struct Conv {
        std::int64_t side, in, out;
        std::int64_t kernel = 3, stride = 1;
        bool bias_and_relu = true;   ///< relu fused into the forward; false: neither
        bool input_gradient = true;  ///< false for the layer that sees the images
    };
    // Each adds one layer: its forward and, in training, its backward primitives.
    void conv(const Conv& conv);  ///< padding as `same`
    void linear(std::int64_t in, std::int64_t out);
    void batch_norm(std::int64_t side, std::int64_t channels, bool relu);
    /// relu(a + b); in training also relu's backward, and the sum of the two gradients that meet at the block's input.
    void residual_sum(std::int64_t side, std::int64_t channels);
    /// `first` channels and `second` ones side by side; in training also both parts of the gradient as tensors of
    /// their own, and the sum of the two gradients that meet at the first.
    void concat(std::int64_t side, std::int64_t first, std::int64_t second);
    void avg_pool(std::int64_t side, std::int64_t channels);  ///< 2x2, stride 2

    /// Runs every primitive once, one after the other, and waits.
    void run();

    std::size_t layers() const;
    const std::string& layer_name(std::size_t layer) const;
    /// Floating-point operations of the layer's multiplications and additions; 0 for what is bound by memory.
    double forward_flop(std::size_t layer) const;
    double backward_flop(std::size_t layer) const;
    void run_forward(std::size_t layer);
    void run_backward(std::size_t layer);

private:
    struct State;
    std::unique_ptr<State> state_;
};

/// The study's CNN; `width` multiplies every hidden layer's channels.
RawNetwork raw_study_cnn(std::int64_t batch, bool training = true, std::int64_t width = 1);
/// nn::resnet(depth) with projections, without its global pool.
RawNetwork raw_resnet(std::int64_t depth, std::int64_t batch);
/// nn::densenet(depth, growth), without its global pool.
RawNetwork raw_densenet(std::int64_t depth, std::int64_t growth, std::int64_t batch);

}  // namespace bench
