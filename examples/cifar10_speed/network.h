#pragma once
// The network of airbench94 (Jordan 2024, arXiv 2404.00498, section 3).

#include <cyclone/cyclone.h>

#include <algorithm>
#include <cmath>

using namespace cyclone;

constexpr std::int64_t kGhost = 128;  // images that share batch statistics; the paper: the whole batch, of 1024

struct Scale : nn::Module {
    double factor;
    explicit Scale(double by) : factor(by) {}
    Tensor forward(const Tensor& x) override { return x * factor; }
    bool separates_rows() const override { return true; }
};

// PyTorch's default, which the paper has: of weights with this many inputs to an output.
inline nn::Initializer drawn(std::int64_t inputs) {
    const double limit = 1 / std::sqrt(static_cast<double>(inputs));
    return nn::init::uniform(-limit, limit);
}

// The first outputs pass an input channel on, the others are drawn.
inline void dirac(Tensor& weight) {
    const std::int64_t in = weight.size(3), taps = weight.size(1) * weight.size(2);
    drawn(in * taps)(weight);
    float* w = weight.mutable_data<float>();
    const std::int64_t same = std::min(in, weight.size(0));
    std::fill_n(w, same * taps * in, 0.0F);
    for (std::int64_t o = 0; o < same; ++o) w[(o * taps + taps / 2) * in + o] = 1;
}

inline nn::Sequential airbench_network(const data::Dataset& train, std::int64_t width, std::int64_t batch) {
    // 0.6 of the running values stay per batch; here they move once per ghost batch.
    const double parts = std::max(1.0, static_cast<double>(batch) / static_cast<double>(kGhost));
    const double momentum = 1 - std::pow(0.6, 1 / parts);
    data::Loader loader(train, {.batch_size = std::min<std::int64_t>(train.size(), 2000), .seed = 0});
    const Tensor whitening = nn::whitening_weights(loader.begin()->x, 2);
    nn::Sequential model{
        nn::Conv2d{
            train.images.size(3), whitening.size(0), {.kernel = 2, .init = [&](Tensor& w) { w.copy_from(whitening); }}},
        nn::Activate{gelu}};
    std::int64_t in = whitening.size(0);
    const auto conv = [&](std::int64_t out) {
        model.add(nn::Conv2d{in, out, {.kernel = 3, .padding = nn::same, .bias = false, .init = dirac}});
        in = out;
    };
    const auto norm = [&] {
        model.add(nn::BatchNorm{in, {.momentum = momentum, .epsilon = 1e-12, .ghost = kGhost}});
        model.add(nn::Activate{gelu});
    };
    for (const std::int64_t out : {width, 4 * width, 4 * width}) {
        conv(out);
        model.add(nn::MaxPool2d{2});
        norm();
        conv(out);
        norm();
    }
    model.add(nn::MaxPool2d{3});
    model.add(nn::Flatten{});
    model.add(nn::Linear{in, train.classes(), {.bias = false, .init = drawn(in)}});
    model.add(Scale{1.0 / 9});
    return model;
}
