// Layers out of nodes. One row of kMakers makes an operator a layer.

#include <cyclone/base/error.h>
#include <cyclone/nn/branches.h>
#include <cyclone/nn/layers.h>
#include <cyclone/ops/shape.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "onnx/makers.h"

namespace cyclone::onnx {
namespace {

using Form = State::Form;

Pair pair_of(const Sizes& sizes) { return {sizes[0], sizes[1]}; }

/// (out, in) with the features in the order of the layers.
nn::Linear linear_layer(const Node& node, const Tensor& weight, const Tensor& bias, const State& state,
                        Activation activation) {
    const std::int64_t out = weight.size(0), in = weight.size(1);
    check(in == state.c, node.where(), "expected ", in, " features, as its weights have it, got ", state.c);
    nn::Linear layer(in, out, {.bias = bias.defined(), .activation = activation, .init = nn::init::zeros});
    Tensor own = weight.clone();
    if (const Shape& s = state.hwc; s.rank() == 3)
        own = permute(weight.detach().viewed({out, s[2], s[0] * s[1]}), {0, 2, 1}).viewed({out, in});
    layer.weight = nn::parameter(own);
    if (bias.defined()) layer.bias = nn::parameter(bias);
    return layer;
}

/// `bias` for each of `out` units: as many numbers, or one for all.
Tensor bias_of(const Node& node, const Tensor& bias, std::int64_t out, double factor) {
    need_layers(bias.dtype() == DType::f32 && (bias.numel() == out || bias.numel() == 1) &&
                    (bias.rank() == 0 || bias.size(-1) == bias.numel()),
                node, "what is added has other sizes than its units");
    Tensor result = Tensor::empty({out});
    for (std::int64_t i = 0; i < out; ++i)
        result.mutable_data<float>()[i] =
            static_cast<float>(factor * static_cast<double>(bias.data<float>()[bias.numel() == 1 ? 0 : i]));
    return result;
}

void need_matrix(const Cursor& c, const Tensor& weight) {
    need_layers(c.state.is_features() && weight.rank() == 2 && weight.dtype() == DType::f32 && weight.numel() > 0,
                c.node(), "it is no dense layer");
}

Made make_gemm(Cursor& c) {
    const Node& node = c.node();
    NodeReader n = c.reader();
    const double alpha = n.real("alpha", 1), beta = n.real("beta", 1);
    Tensor weight = c.constant(1);
    need_matrix(c, weight);
    need_layers(n.number("transA", 0) == 0, node, "it exchanges rows and columns of its input");
    if (n.number("transB", 0) == 0) weight = transpose(weight.detach());
    if (alpha != 1) {
        weight = weight.clone();
        for (float* w = weight.mutable_data<float>(); float& v : std::span(w, static_cast<std::size_t>(weight.numel())))
            v = static_cast<float>(alpha * static_cast<double>(v));
    }
    const Tensor bias = n.has_input(2) ? bias_of(node, c.constant(2), weight.size(0), beta) : Tensor();
    const State before = c.state;
    c.state = {.c = weight.size(0)};
    return linear_layer(node, weight, bias, before, c.take_with_relu());
}

/// With an Add behind it as its bias.
Made make_matmul(Cursor& c) {
    const Node& node = c.node();
    need_matrix(c, c.constant(1));
    const Tensor weight = transpose(c.constant(1).detach());
    Tensor bias;
    if (const Node* sum = c.ahead("Add")) {
        const std::size_t other = c.network.is_constant(sum->inputs.at(0)) ? 0 : 1;
        bias = bias_of(*sum, c.constant(*sum, other), weight.size(0), 1);
        c.take();
    }
    const State before = c.state;
    c.state = {.c = weight.size(0)};
    return linear_layer(node, weight, bias, before, c.take_with_relu());
}

template <class Pool>
Made make_global_pool(Cursor& c) {
    need_image(c);
    c.take();
    c.state = {.form = Form::pixel, .h = 1, .w = 1, .c = c.state.c};
    return Pool{};
}

Made make_reduce_mean(Cursor& c) {
    need_image(c);
    NodeReader n = c.reader();
    Sizes axes = n.known_numbers("axes", 1);
    for (std::int64_t& axis : axes) axis += axis < 0 ? 4 : 0;
    std::sort(axes.begin(), axes.end());
    need_layers(axes == Sizes({2, 3}), c.node(), "it is no mean over the image");
    const bool keep = n.number("keepdims", 1) != 0;
    c.take();
    c.state = keep ? State{.form = Form::pixel, .h = 1, .w = 1, .c = c.state.c} : State{.c = c.state.c};
    return nn::GlobalAvgPool{};
}

/// Behind this node the image is one row.
Made flattened(Cursor& c) {
    State& s = c.state;
    c.take();
    if (s.is_features()) return std::nullopt;
    if (s.form == Form::pixel) {
        s = {.c = s.c};
        return std::nullopt;
    }
    const bool turned = s.form == Form::turned;
    s = {.c = s.h * s.w * s.c, .hwc = turned || s.h * s.w == 1 || s.c == 1 ? Shape{} : Shape{s.h, s.w, s.c}};
    return nn::Flatten{};
}

void need_size(const Cursor& c) {
    need_layers(c.state.is_features() || c.state.h * c.state.w > 0, c.node(),
                "the file leaves the size of the images open (LoadOptions::image)");
}

Made make_flatten(Cursor& c) {
    const std::int64_t axis = c.reader().number("axis", 1);
    need_size(c);
    need_layers(axis == 1 || (c.state.is_features() && axis == -1), c.node(), "it mixes images");
    return flattened(c);
}

Made make_reshape(Cursor& c) {
    if (Made norm = make_spelt_group_norm(c)) return norm;
    need_size(c);
    const Tensor& shape = c.constant(1);
    const std::int64_t features = c.state.is_features() ? c.state.c : c.state.h * c.state.w * c.state.c;
    const auto* s = shape.dtype() == DType::i64 && shape.shape() == Shape{2} ? shape.data<std::int64_t>() : nullptr;
    need_layers(s && s[0] <= 1 && (s[1] == features || (s[1] == -1 && s[0] != -1)), c.node(),
                "its shape is not (N, features)");
    return flattened(c);
}

Made make_squeeze(Cursor& c) {
    Sizes axes = c.reader().known_numbers("axes", 1);
    for (std::int64_t& axis : axes) axis += axis < 0 ? 4 : 0;
    std::sort(axes.begin(), axes.end());
    need_layers(c.state.form == Form::pixel && axes == Sizes({2, 3}), c.node(), "it does not make features of pixels");
    return flattened(c);
}

Made make_transpose(Cursor& c) {
    const Sizes perm = c.reader().numbers("perm");
    const bool to_last = perm == Sizes({0, 2, 3, 1}), to_second = perm == Sizes({0, 3, 1, 2});
    need_layers((c.state.is_image() && to_last) || (c.state.form == Form::turned && to_second), c.node(),
                "it exchanges axes in another way than between (N, C, H, W) and (N, H, W, C)");
    c.state.form = to_last ? Form::turned : Form::image;
    c.take();
    return std::nullopt;
}

Made make_dropout(Cursor& c) {
    NodeReader n = c.reader();
    double rate = n.real("ratio", 0.5);
    if (n.has_input(1)) rate = c.constant(1).item();
    c.take();
    return nn::Dropout(rate);
}

Made make_nothing(Cursor& c) {
    c.take();
    return std::nullopt;
}

Made make_softmax(Cursor& c) {
    const std::int64_t axis = c.reader().number("axis", c.network.model.opset < 13 ? 1 : -1);
    const bool features = c.state.is_features() && c.state.hwc.rank() == 0 && (axis == 1 || axis == -1);
    const bool image = c.state.is_image() && c.network.model.opset >= 13 && (axis == 1 || axis == -3);
    need_layers(features || image, c.node(), "it is not over the channels");
    c.take();
    return nn::Softmax{};
}

Made make_gelu(Cursor& c) {
    c.take();
    return nn::Activate(gelu);
}

template <class Layer>
Made make_plain(Cursor& c) {
    c.take();
    return Layer{};
}
template <Activation::Function f>
Made make_activation(Cursor& c) {
    c.take();
    return nn::Activate(f);
}
Made make_leaky_relu(Cursor& c) {
    const double slope = c.reader().real("alpha", 0.01F);
    c.take();
    return nn::LeakyRelu(slope);
}
Made make_elu(Cursor& c) {
    const double alpha = c.reader().real("alpha", 1);
    c.take();
    return nn::Elu(alpha);
}

Made make_resize(Cursor& c) {
    need_image(c);
    const Node& node = c.node();
    NodeReader n = c.reader();
    const bool is_linear = n.text("mode", "nearest") == "linear";
    std::vector<float> factors = n.reals("scales");
    const std::size_t place = n.opset >= 11 && node.op == "Resize" ? 2 : 1;
    if (n.has_input(place)) {
        const Tensor& given = c.constant(place);
        need_layers(given.dtype() == DType::f32, node, "its factors are no floats");
        factors = given.to_vector<float>();
    }
    const auto whole = [](float f) { return f >= 1 && f <= 1024 && f == std::floor(f); };
    need_layers(factors.size() == 4 && factors[0] == 1 && factors[1] == 1 && whole(factors[2]) && whole(factors[3]),
                node, "its factors are not those of height and width");
    const Pair factor(static_cast<std::int64_t>(factors[2]), static_cast<std::int64_t>(factors[3]));
    set_image(c, c.state.h * factor.h, c.state.w * factor.w, c.state.c);
    c.take();
    return nn::Upsample(factor, is_linear ? nn::Interpolation::bilinear : nn::Interpolation::nearest);
}

/// Channels of zeros behind the others.
std::int64_t added_channels(const Cursor& c, const Node& pad) {
    NodeReader n = c.reader(pad);
    const Sizes pads = n.known_numbers("pads", 1);
    const bool zero = n.real("value", 0) == 0 && (!n.has_input(2) || c.constant(pad, 2).item() == 0);
    need_layers(n.text("mode", "constant") == "constant" && zero && !n.has_input(3) && pads.size() == 8, pad,
                "it does not add channels of zeros");
    for (std::size_t i = 0; i < 8; ++i) need_layers(i == 5 || pads[i] == 0, pad, "it does not add channels of zeros");
    need_layers(pads[5] >= 0 && pads[5] <= kMostElements, pad, "it does not add channels of zeros");
    return pads[5];
}

Made make_pad(Cursor& c) {
    need_image(c);
    c.state.c += added_channels(c, c.node());
    c.take();
    return nn::Subsample(1, c.state.c);
}

/// Every stride-th pixel, with the channels that a Pad behind it adds.
Made make_slice(Cursor& c) {
    need_image(c);
    NodeReader n = c.reader();
    const Sizes starts = n.known_numbers("starts", 1), ends = n.known_numbers("ends", 2),
                axes = n.known_numbers("axes", 3), steps = n.known_numbers("", 4, {1, 1});
    const bool fits = starts == Sizes({0, 0}) && axes == Sizes({2, 3}) && ends.size() == 2 && steps.size() == 2 &&
                      ends[0] >= (c.state.h > 0 ? c.state.h : kMostElements) &&
                      ends[1] >= (c.state.w > 0 ? c.state.w : kMostElements) && steps[0] >= 1 && steps[1] >= 1 &&
                      steps[0] <= kMostElements && steps[1] <= kMostElements;
    need_layers(fits, c.node(), "it does not take every n-th pixel");
    State& s = c.state;
    s.h = (s.h + steps[0] - 1) / steps[0], s.w = (s.w + steps[1] - 1) / steps[1];
    const Node* pad = c.ahead("Pad");
    if (pad) s.c += added_channels(c, *pad);
    c.take(pad ? 2 : 1);
    return nn::Subsample(pair_of(steps), s.c);
}

struct Maker {
    const char* op;
    Made (*make)(Cursor&);
};
constexpr std::array kMakers{
    Maker{"AveragePool", make_avg_pool},
    Maker{"BatchNormalization", make_batch_norm},
    Maker{"Conv", make_conv},
    Maker{"ConvTranspose", make_conv_transpose},
    Maker{"Dropout", make_dropout},
    Maker{"Elu", make_elu},
    Maker{"Flatten", make_flatten},
    Maker{"Gelu", make_gelu},
    Maker{"Gemm", make_gemm},
    Maker{"GlobalAveragePool", make_global_pool<nn::GlobalAvgPool>},
    Maker{"GlobalMaxPool", make_global_pool<nn::GlobalMaxPool>},
    Maker{"GroupNormalization", make_group_norm},
    Maker{"HardSwish", make_activation<hardswish>},
    Maker{"Identity", make_nothing},
    Maker{"InstanceNormalization", make_instance_norm},
    Maker{"LayerNormalization", make_layer_norm},
    Maker{"LeakyRelu", make_leaky_relu},
    Maker{"MatMul", make_matmul},
    Maker{"MaxPool", make_max_pool},
    Maker{"Pad", make_pad},
    Maker{"ReduceMean", make_reduce_mean},
    Maker{"Relu", make_plain<nn::Relu>},
    Maker{"Reshape", make_reshape},
    Maker{"Resize", make_resize},
    Maker{"Sigmoid", make_plain<nn::Sigmoid>},
    Maker{"Slice", make_slice},
    Maker{"Softmax", make_softmax},
    Maker{"Softplus", make_activation<softplus>},
    Maker{"Squeeze", make_squeeze},
    Maker{"Tanh", make_plain<nn::Tanh>},
    Maker{"Transpose", make_transpose},
    Maker{"Upsample", make_resize},
};

}  // namespace

std::optional<nn::AnyModule> make_layer(Cursor& cursor) {
    const Node& node = cursor.node();
    const auto* maker = std::find_if(kMakers.begin(), kMakers.end(), [&](const Maker& m) { return node.op == m.op; });
    need_layers(maker != kMakers.end(), node, "no layer does this alone");
    need_layers(!node.inputs.empty() && !cursor.network.is_constant(node.inputs[0]), node,
                "its first input stands in the file");
    for (std::size_t k = 1; k < node.outputs.size(); ++k)
        need_layers(node.outputs[k].empty() || cursor.network.used.count(node.outputs[k]) == 0, node,
                    "more than its first output is used");
    return maker->make(cursor);
}

}  // namespace cyclone::onnx
