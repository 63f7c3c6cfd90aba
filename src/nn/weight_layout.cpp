// Weights in the layout of PyTorch.

#include <cyclone/nn/weight_layout.h>

#include <cyclone/base/error.h>
#include <cyclone/nn/branches.h>
#include <cyclone/nn/layers.h>

#include <algorithm>

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

// `outer` blocks of a x b elements as blocks of b x a. Undefined for other dtypes.
Tensor turned(const Tensor& given, const Shape& shape, std::int64_t outer, std::int64_t a, std::int64_t b) {
    if (given.dtype() != DType::f32 && given.dtype() != DType::f64) return {};
    Tensor out = Tensor::empty(shape, given.dtype());
    if (given.dtype() == DType::f32)
        swap_axes<float>(given, out, outer, a, b);
    else
        swap_axes<double>(given, out, outer, a, b);
    return out;
}

constexpr std::int64_t kMixed = -1;  // LayoutWeight::channels

/// How the elements of a weight are cut: `outer` blocks of channels x places.
struct Blocks {
    std::int64_t outer, channels, places;
    Blocks(const LayoutWeight& weight, const Tensor& t)
        : outer(weight.shape.rank() == 1 ? 1 : weight.shape[0]),
          channels(weight.kernel ? weight.shape[3] : weight.channels) {
        check<UsageError>(channels != kMixed, weight.name,
                          "its features come from several branches behind a flatten, or it normalises them in groups "
                          "there: their order cannot be converted");
        places = t.numel() == 0 ? 0 : t.numel() / (outer * channels);
    }
};

/// What a layer gets or gives.
struct Features {
    std::int64_t channels = 0;  // of the images; 0: not known
    bool flat = false;          // whether Flatten has made rows of them
    std::int64_t joined = 0;    // where channels is kMixed: of all branches; as wide, features have a place each
};

/// What `module` gives for `in`; appends its weights.
Features walk(const Module& module, const std::string& path, Features in, std::vector<LayoutWeight>& weights) {
    const std::string name = path.empty() ? "weight" : path + ".weight";
    if (const auto* conv = dynamic_cast<const Conv2d*>(&module)) {
        weights.push_back({name, true, 0, conv->weight.shape()});
        return {conv->weight.size(0), false};
    }
    if (const auto* up = dynamic_cast<const ConvTranspose2d*>(&module)) {
        weights.push_back({name, true, 0, up->weight.shape()});
        return {up->weight.size(3) * up->options().groups, false};
    }
    if (const auto* linear = dynamic_cast<const Linear*>(&module)) {
        const std::int64_t width = linear->weight.size(1);
        if (in.flat && in.channels != 0 && width != in.joined && width % in.channels == 0)
            weights.push_back({name, false, in.channels, linear->weight.shape()});
        return {0, in.flat};
    }
    const auto* grouped = dynamic_cast<const GroupNorm*>(&module);
    if (in.flat && in.channels != 0 &&
        (grouped || dynamic_cast<const BatchNorm*>(&module) || dynamic_cast<const LayerNorm*>(&module)))
        for (const Member& m : module.members()) {
            const std::int64_t features = m.tensor.numel();
            if (features == in.joined || features % in.channels != 0) continue;
            // Neighbours form a group, and they are others in the other order.
            const bool regrouped = grouped && grouped->groups() > 1 && in.channels > 1 && features != in.channels;
            weights.push_back({path.empty() ? m.name : path + "." + m.name, false, regrouped ? kMixed : in.channels,
                               m.tensor.shape()});
        }
    if (const auto* subsample = dynamic_cast<const Subsample*>(&module)) return {subsample->channels(), in.flat};
    if (dynamic_cast<const Flatten*>(&module)) return {in.channels, true};
    const bool is_sum = dynamic_cast<const Residual*>(&module) != nullptr;
    const bool is_join = dynamic_cast<const Concat*>(&module) != nullptr;
    Features last = in, first = in;
    std::int64_t joined = 0;
    bool all_known = true, mixed = false;
    std::size_t count = 0;
    for (const Member& member : module.members()) {
        if (!member.module) continue;
        const std::string below = path.empty() ? member.name : path + "." + member.name;
        last = walk(*member.module, below, is_sum || is_join ? in : last, weights);
        if (count++ == 0) first = last;
        joined += last.channels;
        all_known = all_known && last.channels > 0;
        mixed = mixed || (last.flat && last.channels != 0);
    }
    if (is_join && mixed && count > 1) return {kMixed, true, all_known ? joined : 0};
    if (is_sum) {
        const Features other = count > 1 ? last : in;  // the shortcut
        const auto ordered = [](const Features& f) { return f.flat && (f.channels == kMixed || f.channels > 1); };
        if ((ordered(first) || ordered(other)) && first.channels != other.channels)
            return {kMixed, true, std::max({first.channels, other.channels, first.joined, other.joined})};
        return first;
    }
    return is_join ? Features{all_known ? joined : 0, last.flat} : last;
}

}  // namespace

std::vector<LayoutWeight> layout_weights(const Module& model) {
    std::vector<LayoutWeight> weights;
    walk(model, "", {}, weights);
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
        const Blocks blocks(weight, *given);
        Tensor converted = turned(*given, weight.shape, blocks.outer, blocks.channels, blocks.places);
        if (converted.defined()) out.set(weight.name, std::move(converted));
    }
    return out;
}

StateDict to_pytorch(const Module& model, const StateDict& state) {
    StateDict out = state;
    for (const LayoutWeight& weight : layout_weights(model)) {
        const Tensor* own = state.find(weight.name);
        if (!own || !own->defined() || own->shape() != weight.shape) continue;
        const Blocks blocks(weight, *own);
        const Shape shape = weight.kernel ? pytorch_shape(weight.shape) : weight.shape;
        Tensor converted = turned(*own, shape, blocks.outer, blocks.places, blocks.channels);
        if (converted.defined()) out.set(weight.name, std::move(converted));
    }
    return out;
}

}  // namespace cyclone::nn
