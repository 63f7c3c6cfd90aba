// Normalising layers out of nodes.

#include <cyclone/base/error.h>
#include <cyclone/nn/layers.h>
#include <cyclone/ops/shape.h>

#include <algorithm>
#include <array>

#include "onnx/makers.h"

namespace cyclone::onnx {
namespace {

using Form = State::Form;

Tensor vector_of(const Tensor& t) { return t.detach().viewed({t.numel()}).clone(); }

/// Values per feature of rows that were (C, H, W), for rows that are (H, W, C).
Tensor per_feature(const Tensor& values, const State& state) {
    const Tensor flat = values.detach().viewed({values.numel()});
    if (state.hwc.rank() != 3) return flat.clone();
    const Shape& s = state.hwc;
    return permute(flat.viewed({s[2], s[0] * s[1]}), {1, 0}).viewed({values.numel()});
}

template <class Norm>
Norm with_values(Norm layer, const Node& node, const Tensor& scale, const Tensor& shift) {
    check(scale.numel() == layer.scale.numel() && (!shift.defined() || shift.numel() == layer.shift.numel()),
          node.where(), "expected ", layer.scale.numel(), " numbers, got ", scale.numel());
    layer.scale = nn::parameter(vector_of(scale));
    if (shift.defined()) layer.shift = nn::parameter(vector_of(shift));
    return layer;
}

/// Error unless there is a number for each channel, before a layer with that many is made.
void need_per_channel(const Cursor& c, const Tensor& values) {
    check(values.numel() == c.state.c && values.dtype() == DType::f32, c.node().where(), "expected ", c.state.c,
          " numbers, got ", values.shape());
}

bool all_equal(const Tensor& t, float value) {
    const auto values = t.dtype() == DType::f32 ? t.values<float>() : std::span<const float>();
    return !values.empty() && std::all_of(values.begin(), values.end(), [&](float v) { return v == value; });
}

}  // namespace

Made make_batch_norm(Cursor& c) {
    const Node& node = c.node();
    need_layers(c.state.is_image() || c.state.is_features(), node, "its input is neither image nor features");
    std::array<Tensor, 4> stored;
    for (std::size_t i = 0; i < 4; ++i) {
        const Tensor& t = c.constant(i + 1);
        check(t.shape() == Shape{c.state.c} && t.dtype() == DType::f32, node.where(), "expected ", c.state.c,
              " numbers per input, got ", t.shape());
        stored[i] = per_feature(t, c.state);
    }
    NodeReader n = c.reader();
    nn::BatchNorm layer(c.state.c, {.momentum = std::clamp(1 - n.real("momentum", 0.9F), 0.0, 1.0),
                                    .epsilon = n.real("epsilon", 1e-5),
                                    .activation = c.take_with_relu()});
    layer.scale = nn::parameter(stored[0]), layer.shift = nn::parameter(stored[1]);
    layer.running_mean = stored[2], layer.running_variance = stored[3];
    return layer;
}

Made make_instance_norm(Cursor& c) {
    need_image(c);
    const Node& node = c.node();
    const Tensor &scale = c.constant(1), &shift = c.constant(2);
    need_per_channel(c, scale);
    const nn::GroupNorm layer(c.state.c, c.state.c, c.reader().real("epsilon", 1e-5));
    c.take();
    return with_values(layer, node, scale, shift);
}

Made make_group_norm(Cursor& c) {
    need_image(c);
    const Node& node = c.node();
    NodeReader n = c.reader();
    const Tensor &scale = c.constant(1), &shift = c.constant(2);
    const std::int64_t groups = n.number("num_groups", 0);
    need_layers(scale.numel() == c.state.c && groups >= 1 && c.state.c % groups == 0, node,
                "its scale is not per channel");
    const nn::GroupNorm layer(groups, c.state.c, n.real("epsilon", 1e-5));
    c.take();
    return with_values(layer, node, scale, shift);
}

Made make_layer_norm(Cursor& c) {
    const Node& node = c.node();
    NodeReader n = c.reader();
    const bool features = c.state.is_features(), turned = c.state.form == Form::turned;
    const std::int64_t axis = n.number("axis", -1), last = features ? 1 : 3;
    need_layers((features || turned) && (axis == -1 || axis == last), node, "it does not normalise the channels");
    need_per_channel(c, c.constant(1));
    if (n.has_input(2)) need_per_channel(c, c.constant(2));
    const Tensor scale = per_feature(c.constant(1), c.state),
                 shift = n.has_input(2) ? per_feature(c.constant(2), c.state) : Tensor();
    const nn::LayerNorm layer(c.state.c, n.real("epsilon", 1e-5));
    c.take();
    return with_values(layer, node, scale, shift);
}

/// Reshape (0, G, -1), InstanceNormalization without scale, Reshape back, Mul, Add: a GroupNorm.
Made make_spelt_group_norm(Cursor& c) {
    const Node *norm = c.ahead("InstanceNormalization", 1), *back = c.ahead("Reshape", 2), *scaling = c.ahead("Mul", 3),
               *shifting = c.ahead("Add", 4);
    if (!norm || !back || !scaling || !shifting || c.state.hwc.rank() != 0) return std::nullopt;
    const Tensor& shape = c.constant(1);
    if (shape.dtype() != DType::i64 || shape.shape() != Shape{3} || shape.data<std::int64_t>()[2] != -1)
        return std::nullopt;
    const std::int64_t groups = shape.data<std::int64_t>()[1];
    const auto other = [&](const Node& node) -> const Tensor& {
        return c.constant(node, c.network.is_constant(node.inputs.at(0)) ? 0 : 1);
    };
    const bool image = c.state.is_image();
    if (!image && !c.state.is_features()) return std::nullopt;
    const auto per_channel = [&](const Tensor& t) {  // not per column of an image
        return t.numel() == c.state.c && t.rank() >= (image ? 3 : 1) && t.size(image ? -3 : -1) == c.state.c;
    };
    if (groups < 1 || c.state.c % groups != 0 || !all_equal(c.constant(*norm, 1), 1) ||
        !all_equal(c.constant(*norm, 2), 0) || !per_channel(other(*scaling)) || !per_channel(other(*shifting)))
        return std::nullopt;
    const nn::GroupNorm layer(groups, c.state.c, c.reader(*norm).real("epsilon", 1e-5));
    const Tensor &scale = other(*scaling), &shift = other(*shifting);
    const Node& node = c.node();
    c.take(5);
    return with_values(layer, node, scale, shift);
}

}  // namespace cyclone::onnx
