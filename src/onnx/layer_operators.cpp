// Convolutions, pooling, normalisation, dense layers and losses.

#include <cyclone/ops/activation.h>
#include <cyclone/ops/arithmetic.h>
#include <cyclone/ops/batch_norm.h>
#include <cyclone/ops/conv2d.h>
#include <cyclone/ops/group_norm.h>
#include <cyclone/ops/linear.h>
#include <cyclone/ops/loss.h>
#include <cyclone/ops/pool2d.h>
#include <cyclone/ops/shape.h>

#include <algorithm>
#include <array>

#include "onnx/operators.h"

namespace cyclone::onnx {
namespace {

Tensor optional(const Arrays& in, std::size_t i) { return i < in.size() ? in[i].tensor : Tensor(); }

Tensor reshaped(const Tensor& x, const Shape& shape) {
    return reshape(x, std::span<const std::int64_t>(shape.begin(), shape.end()));
}

/// (N, H, W, C) of images, or of lines (N, C, L) as images of height 1.
Tensor as_images(const Array& x, const char* op) {
    const Tensor t = last(x);
    check(t.rank() == 3 || t.rank() == 4, op, "expected one or two spatial axes, got an input of rank ", t.rank());
    return t.rank() == 4 ? t : reshape(t, {t.size(0), 1, t.size(1), t.size(2)});
}

Array like_input(const Tensor& images, const Array& x) {
    if (x.tensor.rank() == 4) return {images, true};
    return {reshape(images, {images.size(0), images.size(2), images.size(3)}), true};
}

Pair pair_of(const Sizes& sizes) { return {sizes[0], sizes[1]}; }

Operator make_conv(NodeReader& n) {
    n.need(n.has_input(1), "expected weights");
    Sizes kernel;
    if (const Tensor* weight = n.constant(1); weight && weight->rank() >= 3)
        kernel.assign(weight->shape().begin() + 2, weight->shape().end());
    n.need(!kernel.empty() || n.has("kernel_shape"), "expected weights of images");
    const WindowSizes window = window_sizes(n, kernel);
    const std::int64_t groups = n.number("group", 1);
    n.need(groups >= 1, "expected at least one group, got ", groups);
    return [=, where = n.where()](const Arrays& in, bool) {
        const Tensor x = as_images(in.at(0), "Conv"), w = as_images(in.at(1), "Conv");
        check(pair_of(window.kernel) == Pair(w.size(1), w.size(2)), "kernel_shape", "expected ", w.size(1), "x",
              w.size(2), " as the weights have it, got ", window.kernel[0], "x", window.kernel[1]);
        const Conv2dWindow how{.stride = pair_of(window.strides),
                               .padding = padding_of(window, x.size(1), x.size(2), where),
                               .dilation = pair_of(window.dilations),
                               .groups = groups};
        return Arrays{like_input(conv2d(x, w, optional(in, 2), how), in[0])};
    };
}

Operator make_conv_transpose(NodeReader& n) {
    n.need(n.has_input(1), "expected weights");
    const Tensor* weight = n.constant(1);
    const TransposedWindow window = transposed_window(
        n, weight && weight->rank() >= 3 ? Sizes(weight->shape().begin() + 2, weight->shape().end()) : Sizes());
    return [=, where = n.where()](const Arrays& in, bool) {
        const Tensor x = as_images(in.at(0), "ConvTranspose"), w = as_images(in.at(1), "ConvTranspose");
        check(pair_of(window.sizes.kernel) == Pair(w.size(1), w.size(2)), "kernel_shape", "expected ", w.size(1), "x",
              w.size(2), " as the weights have it, got ", window.sizes.kernel[0], "x", window.sizes.kernel[1]);
        return Arrays{
            like_input(conv_transpose2d(x, w, optional(in, 2), window.for_images(x.size(1), x.size(2), where)), in[0])};
    };
}

template <Tensor (*pool)(const Tensor&, const Pool2dOptions&)>
Operator make_pool(NodeReader& n) {
    n.need(n.has("kernel_shape"), "expected a kernel_shape");
    const WindowSizes window = window_sizes(n, {});
    n.need(n.number("storage_order", 0) == 0, "expected storage_order 0");
    const bool round_up = n.number("ceil_mode", 0) != 0, counts = n.number("count_include_pad", 0) != 0;
    return [=, where = n.where()](const Arrays& in, bool) {
        const Tensor x = as_images(in.at(0), "pool");
        return Arrays{like_input(pool(x, {.kernel = pair_of(window.kernel),
                                          .stride = pair_of(window.strides),
                                          .padding = padding_of(window, x.size(1), x.size(2), where),
                                          .dilation = pair_of(window.dilations),
                                          .ceil_mode = round_up,
                                          .count_include_pad = counts}),
                                 in[0])};
    };
}

template <Tensor (*pool)(const Tensor&)>
Operator make_global_pool(NodeReader&) {
    return [](const Arrays& in, bool) {
        const Tensor x = as_images(in.at(0), "global pool"), y = pool(x);
        return Arrays{like_input(reshape(y, {y.size(0), 1, 1, y.size(1)}), in[0])};
    };
}

Operator make_batch_norm(NodeReader& n) {
    for (std::size_t i = 1; i < 5; ++i) n.need(n.has_input(i), "expected five inputs");
    const double epsilon = n.real("epsilon", 1e-5), momentum = 1 - n.real("momentum", 0.9F);
    n.need(n.number("spatial", 1) == 1 && n.number("training_mode", 0) == 0,
           "expected the form for evaluation, with a mean and a variance per channel");
    const auto& outputs = n.node.outputs;
    n.need(n.opset >= 14 || std::all_of(outputs.begin() + 1, outputs.end(), [](const auto& o) { return o.empty(); }),
           "expected the form for evaluation, with one output");
    const BatchNormOptions options{.momentum = momentum, .epsilon = epsilon};
    options.validate(n.where());
    return [options](const Arrays& in, bool is_training) {
        const Array& x = in.at(0);
        Tensor mean = in.at(3).tensor, variance = in.at(4).tensor;
        const Tensor y = batch_norm(last(x), in.at(1).tensor, in.at(2).tensor, mean, variance, is_training, options);
        return Arrays{{y, x.tensor.rank() >= 3}};
    };
}

Operator make_instance_norm(NodeReader& n) {
    const double epsilon = n.real("epsilon", 1e-5);
    return [epsilon](const Arrays& in, bool) {
        const Tensor x = last(in.at(0));
        return Arrays{{group_norm(x, x.size(-1), in.at(1).tensor, in.at(2).tensor, epsilon), x.rank() >= 3}};
    };
}

/// Scale and bias are per group up to operator set 20, then per channel.
Operator make_group_norm(NodeReader& n) {
    const double epsilon = n.real("epsilon", 1e-5);
    const std::int64_t groups = n.number("num_groups", 0);
    n.need(groups >= 1, "expected num_groups >= 1, got ", groups);
    n.ignore("stash_type");
    return [=](const Arrays& in, bool) {
        const Tensor x = last(in.at(0));
        const auto per_channel = [&](const Tensor& values) {
            if (values.numel() != groups || x.size(-1) % groups != 0 || x.size(-1) == groups) return values;
            const Tensor each = Tensor::ones({groups, x.size(-1) / groups}, values.dtype());
            return reshape(reshape(values, {groups, 1}) * each, {x.size(-1)});
        };
        return Arrays{{group_norm(x, groups, per_channel(in.at(1).tensor), per_channel(in.at(2).tensor), epsilon),
                       x.rank() >= 3}};
    };
}

/// Over all axes from `axis` on, which become one.
Operator make_layer_norm(NodeReader& n) {
    const double epsilon = n.real("epsilon", 1e-5);
    const std::int64_t axis = n.number("axis", -1);
    n.ignore("stash_type");
    return [=](const Arrays& in, bool) -> Arrays {
        const Tensor x = plain(in.at(0));
        check(axis >= -x.rank() && axis < x.rank(), "axis", "expected -", x.rank(), " to ", x.rank() - 1, ", got ",
              axis);
        const int from = static_cast<int>(axis < 0 ? axis + x.rank() : axis);
        const Tensor rows = reshape(x, {x.shape().numel_between(0, from), x.shape().numel_between(from, x.rank())});
        const Tensor scale = reshape(in.at(1).tensor, {-1}), given = optional(in, 2);
        const Tensor shift = given.defined() ? reshape(given, {-1}) : Tensor::zeros(scale.shape(), scale.dtype());
        return {{reshaped(layer_norm(rows, scale, shift, epsilon), x.shape())}};
    };
}

/// alpha A B + beta C.
Operator make_gemm(NodeReader& n) {
    n.need(n.has_input(0) && n.has_input(1), "expected two matrices");
    const double alpha = n.real("alpha", 1), beta = n.real("beta", 1);
    const MatmulOptions turned{.transpose_a = n.number("transA", 0) != 0, .transpose_b = n.number("transB", 0) != 0};
    return [=](const Arrays& in, bool) -> Arrays {
        const Tensor a = plain(in.at(0)), b = plain(in.at(1)), c = optional(in, 2);
        check(a.rank() == 2 && b.rank() == 2, "Gemm", "expected two matrices, got ", a.shape(), " and ", b.shape());
        const bool is_layer = !turned.transpose_a && turned.transpose_b && alpha == 1 && beta == 1;
        if (is_layer && (!c.defined() || c.shape() == Shape{b.size(0)})) return {{linear(a, b, c)}};
        Tensor y = matmul(a, b, turned);
        if (alpha != 1) y = y * alpha;
        if (c.defined()) y = y + (beta == 1 ? c : c * beta);
        return {{y}};
    };
}

Operator make_matmul(NodeReader& n) {
    n.need(n.has_input(0) && n.has_input(1), "expected two inputs");
    return [](const Arrays& in, bool) -> Arrays { return {{matmul(plain(in.at(0)), plain(in.at(1)))}}; };
}

/// Scores (N, C, d1, ...), classes (N, d1, ...), weights of the classes.
template <Tensor (*loss)(const Tensor&, const Tensor&, const CrossEntropyOptions&)>
Operator make_loss(NodeReader& n) {
    const std::string reduction = n.text("reduction", "mean");
    n.need(reduction == "mean" || reduction == "sum" || reduction == "none", "its reduction is ", reduction,
           ", expected mean, sum or none");
    CrossEntropyOptions options;
    options.reduction = reduction == "mean" ? Reduction::mean : reduction == "sum" ? Reduction::sum : Reduction::none;
    if (n.has("ignore_index")) options.ignore_index = n.number("ignore_index", 0);
    const bool log_too = n.node.op == "SoftmaxCrossEntropyLoss" && n.node.outputs.size() > 1;
    return [=](const Arrays& in, bool) {
        const Tensor scores = last(in.at(0));
        CrossEntropyOptions with_weights = options;
        if (const Tensor weights = optional(in, 2); weights.defined()) with_weights.class_weights = weights;
        Arrays out{{loss(scores, plain(in.at(1)), with_weights)}};
        if (log_too) out.push_back({log_softmax(scores, -1), scores.rank() >= 3});
        return out;
    };
}

constexpr std::array kRows{
    OperatorRow{"AveragePool", make_pool<avg_pool2d>},
    OperatorRow{"BatchNormalization", make_batch_norm},
    OperatorRow{"Conv", make_conv},
    OperatorRow{"ConvTranspose", make_conv_transpose},
    OperatorRow{"Gemm", make_gemm},
    OperatorRow{"GlobalAveragePool", make_global_pool<global_avg_pool>},
    OperatorRow{"GlobalMaxPool", make_global_pool<global_max_pool>},
    OperatorRow{"GroupNormalization", make_group_norm},
    OperatorRow{"InstanceNormalization", make_instance_norm},
    OperatorRow{"LayerNormalization", make_layer_norm},
    OperatorRow{"MatMul", make_matmul},
    OperatorRow{"MaxPool", make_pool<max_pool2d>},
    OperatorRow{"NegativeLogLikelihoodLoss", make_loss<nll_loss>},
    OperatorRow{"SoftmaxCrossEntropyLoss", make_loss<cross_entropy>},
};

}  // namespace

std::span<const OperatorRow> layer_operators() { return kRows; }

}  // namespace cyclone::onnx
