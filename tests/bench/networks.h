#pragma once
// Networks that are measured besides nn::study_cnn().

#include <cyclone/nn/nn.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace bench {

/// Two 3x3 convolutions with batch norm, added to the input or, where the size changes, to its 1x1 projection.
class ResidualBlock final : public cyclone::nn::Module {
public:
    ResidualBlock(std::int64_t in, std::int64_t out);
    cyclone::Tensor forward(const cyclone::Tensor& x) override;
    void visit(cyclone::nn::Visitor& v) override;

private:
    cyclone::nn::Conv2d first_, second_;
    cyclone::nn::BatchNorm first_norm_, second_norm_;
    std::vector<cyclone::nn::Conv2d> projection_;  // one or none
    std::vector<cyclone::nn::BatchNorm> projection_norm_;
};

/// The 20-layer residual network for 32x32x3 images of He et al. 2015 (arXiv:1512.03385, section 4.2), with
/// projections. (N, 32, 32, 3) -> logits (N, 10).
cyclone::nn::Sequential resnet20();

}  // namespace bench
