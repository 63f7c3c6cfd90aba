// Weights in the layout of PyTorch.

#include <cyclone/nn/weight_layout.h>

#include <cyclone/nn/layers.h>

namespace cyclone::nn {
namespace {

// out[i][b][a] = in[i][a][b]
template <class T>
void swap_axes(const Tensor& in, Tensor& out, std::int64_t outer, std::int64_t a, std::int64_t b) {
    const T* from = in.data<T>();
    T* to = out.mutable_data<T>();
    for (std::int64_t i = 0; i < outer; ++i)
        for (std::int64_t j = 0; j < a; ++j)
            for (std::int64_t k = 0; k < b; ++k) to[(i * b + k) * a + j] = from[(i * a + j) * b + k];
}

// `outer` blocks of `channels` x `places`, as they are in Cyclone: places x channels. Undefined for other dtypes.
Tensor channels_last(const Tensor& given, const Shape& shape, std::int64_t outer, std::int64_t channels) {
    if (given.dtype() != DType::f32 && given.dtype() != DType::f64) return {};
    Tensor out = Tensor::empty(shape, given.dtype());
    const std::int64_t places = given.numel() == 0 ? 0 : given.numel() / (outer * channels);
    if (given.dtype() == DType::f32)
        swap_axes<float>(given, out, outer, channels, places);
    else
        swap_axes<double>(given, out, outer, channels, places);
    return out;
}

}  // namespace

std::vector<LayoutWeight> layout_weights(const Module& model) {
    std::vector<LayoutWeight> weights;
    std::int64_t channels = 0;  // of what comes out of the last convolution
    bool flat = false;
    for (const auto& [path, module] : model.named_modules()) {
        const std::string name = path.empty() ? "weight" : path + ".weight";
        if (const auto* conv = dynamic_cast<const Conv2d*>(module)) {
            weights.push_back({name, true, 0, conv->weight.shape()});
            channels = conv->weight.size(0);
            flat = false;
        } else if (dynamic_cast<const Flatten*>(module)) {
            flat = true;
        } else if (const auto* linear = dynamic_cast<const Linear*>(module)) {
            if (flat && channels > 0 && linear->weight.size(1) % channels == 0)
                weights.push_back({name, false, channels, linear->weight.shape()});
            channels = 0;
        }
    }
    return weights;
}

Shape pytorch_shape(const Shape& kernel) { return {kernel[0], kernel[3], kernel[1], kernel[2]}; }

StateDict from_pytorch(const Module& model, const StateDict& state) {
    StateDict out = state;
    for (const LayoutWeight& weight : layout_weights(model)) {
        const Tensor* given = state.find(weight.name);
        if (!given || !given->defined() ||
            given->shape() != (weight.kernel ? pytorch_shape(weight.shape) : weight.shape))
            continue;
        const std::int64_t channels = weight.kernel ? weight.shape[3] : weight.channels;
        Tensor converted = channels_last(*given, weight.shape, weight.shape[0], channels);
        if (converted.defined()) out.set(weight.name, std::move(converted));
    }
    return out;
}

}  // namespace cyclone::nn
