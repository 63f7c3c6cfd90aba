#pragma once
// Networks and images for the tests of ONNX files.

#include <cyclone/autograd/grad_mode.h>
#include <cyclone/base/random.h>
#include <cyclone/nn/nn.h>
#include <cyclone/ops/shape.h>

#include <cmath>
#include <string>

#include "support/catch.h"

namespace cyclone::test {

/// Different numbers around 0 that depend on `seed` alone.
inline Tensor noise(const Shape& shape, std::uint64_t seed) {
    const Random random(seed);
    Tensor out = Tensor::empty(shape);
    for (std::int64_t i = 0; i < out.numel(); ++i)
        out.mutable_data<float>()[i] =
            static_cast<float>(random.below(static_cast<std::uint64_t>(i), 2001)) / 1000.0F - 1.0F;
    return out;
}

/// A network with running values, scales and biases that are not those of an untrained one.
inline nn::Sequential with_noise(nn::Sequential network) {
    std::uint64_t seed = 100;
    for (const auto& [name, tensor] : network.state_dict()) {
        Tensor values = noise(tensor.shape(), ++seed);
        const bool positive = name.ends_with("variance") || name.ends_with("scale");
        float* v = values.mutable_data<float>();
        const double fan = tensor.rank() >= 2
                               ? std::sqrt(3.0 / static_cast<double>(tensor.shape().numel_between(1, tensor.rank())))
                               : 0.3;
        for (std::int64_t i = 0; i < values.numel(); ++i)
            v[i] = positive ? 1 + v[i] / 2 : v[i] * static_cast<float>(fan);
        Tensor(tensor).copy_from(values);
    }
    network.eval();
    return network;
}

inline Tensor answer(nn::Module& network, const Tensor& x) {
    const NoGrad guard;
    const nn::Evaluating evaluating;
    return network(x);
}

inline double largest_difference(const Tensor& a, const Tensor& b) {
    REQUIRE(a.shape() == b.shape());
    double largest = 0;
    for (std::int64_t i = 0; i < a.numel(); ++i) {
        const double d = std::abs(static_cast<double>(a.data<float>()[i]) - static_cast<double>(b.data<float>()[i]));
        if (!(d <= largest)) largest = d;  // NaN too
    }
    return largest;
}

/// (N, H, W, C) -> (N, C, H, W).
inline Tensor nchw(const Tensor& x) { return x.rank() == 4 ? permute(x, {0, 3, 1, 2}) : x; }

/// A text for nn::parse_model() and the images that it is for.
struct NamedNetwork {
    std::string text;
    Shape image;
    std::int64_t classes = 3;
};

/// Every network with a name and every layer.
inline std::vector<NamedNetwork> all_networks() {
    return {
        {"study", {8, 8, 2}, 2},
        {"resnet:8", {8, 8, 3}},
        {"resnet:8,shortcut=B,ghost=4", {9, 8, 1}},
        {"resnet18:width=0.05", {16, 16, 1}},
        {"densenet:10:3", {8, 12, 3}},
        {"vgg-like:width=0.05", {17, 16, 3}},
        {"mobilenet-like:0.05", {16, 16, 3}},
        {"conv:4,5x3,2,valid pool:3,2,1 flatten linear:classes", {15, 13, 2}},
        {"conv:4,3,2 conv:6,groups=2,dilation=2,bias=0 avg-pool:3,2,same flatten dropout linear:5 relu linear:classes",
         {11, 9, 3}},
        {"conv:4,3,2,1 leaky-relu:0.2 global-max-pool linear:classes,bias=0", {7, 6, 2}},
        {"flatten batch-norm layer-norm gelu linear:classes", {4, 3, 2}},
        {"conv:6 group-norm:3 silu conv:4 layer-norm softplus global-avg-pool linear:classes", {6, 5, 2}},
        {"conv:4 sigmoid conv:4 tanh conv:4 hardswish conv:4 elu:0.7 gelu relu global-avg-pool linear:classes",
         {5, 6, 2}},
        {"conv:4 upsample:2x3 residual( conv:4 relu conv:4 ) relu subsample:2,7 concat( conv:3 | conv:2 relu | ) "
         "flatten "
         "linear:classes",
         {4, 4, 3}},
        {"flatten residual( linear:24 relu | linear:24 ) concat( linear:5 ) linear:classes", {2, 4, 3}},
        {"conv:4 conv-transpose:6 relu upsample:2,bilinear conv-transpose:3,3x4,3x2,1,output-padding=1 "
         "conv-transpose:2,2,4 "
         "conv-transpose:5,1,2,valid,bias=0 global-avg-pool linear:classes",
         {3, 2, 2}},
        {"flatten linear:classes", {4, 4, 1}},
        {"conv:3,4,1,valid flatten batch-norm sigmoid linear:classes", {4, 4, 2}},
    };
}

inline nn::Sequential made(const NamedNetwork& network) {
    return with_noise(nn::parse_model(network.text, network.image, network.classes));
}

inline Tensor images_for(const NamedNetwork& network, std::int64_t count) {
    return noise({count, network.image[0], network.image[1], network.image[2]}, 7);
}

}  // namespace cyclone::test
