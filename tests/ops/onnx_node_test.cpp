// The ONNX project's own cases for every operator that Cyclone has, in f32 and, through the reference kernels, in f64.
// Tolerances are ONNX's: relative 1e-3, absolute 1e-7.

#include "support/onnx_node.h"

#include <cyclone/ops/ops.h>

#include <cmath>
#include <functional>
#include <map>
#include <set>

#include "support/catch.h"
#include "support/shared_files.h"

using namespace cyclone;
using test::channels_last;
using test::channels_second;
using test::OnnxCase;

namespace {

using Outputs = std::vector<Tensor>;
using Sizes = std::vector<std::int64_t>;

const std::string kPool3d = "Cyclone pools over two axes, not three";
const std::string kOptimizer = "an optimizer: tests/optim runs it";

/// Cases that do not run here, each with the reason.
const std::map<std::string, std::string> kNotRun = {
    {"test_adam", kOptimizer},
    {"test_momentum", kOptimizer},
    {"test_nesterov_momentum", kOptimizer},
    {"test_averagepool_3d_default", kPool3d},
    {"test_averagepool_3d_dilations_large_count_include_pad_is_0_ceil_mode_is_True", kPool3d},
    {"test_averagepool_3d_dilations_large_count_include_pad_is_1_ceil_mode_is_True", kPool3d},
    {"test_maxpool_3d_default", kPool3d},
    {"test_maxpool_3d_dilations_use_ref_impl", kPool3d},
    {"test_convtranspose_3d", "Cyclone convolves over two axes, not three"},
};

/// Outputs that Cyclone does not give: case -> number of outputs compared.
const std::map<std::string, std::size_t> kFirstOutputsOnly = {
    {"test_maxpool_with_argmax_2d_precomputed_pads", 1},  // no indices of the maxima
    // no means and standard deviations
    {"test_layer_normalization_2d_axis1", 1},
    {"test_layer_normalization_2d_axis_negative_2", 1},
    {"test_layer_normalization_3d_axis1_epsilon", 1},
    {"test_layer_normalization_3d_axis_negative_1_epsilon", 1},
    {"test_layer_normalization_3d_axis_negative_3_epsilon", 1},
    {"test_layer_normalization_4d_axis1", 1},
    {"test_layer_normalization_4d_axis3", 1},
    {"test_layer_normalization_4d_axis_negative_2", 1},
    {"test_layer_normalization_4d_axis_negative_4", 1},
};

Pair pair_of(const Sizes& sizes) { return {sizes.at(0), sizes.at(1)}; }

/// Explicit amounts, or ONNX's automatic ones. SAME_LOWER puts the odd row and column first, which Cyclone spells out.
Padding padding_of(const OnnxCase& c, const Tensor& x, Pair kernel, Pair stride, Pair dilation) {
    const auto mode = c.attribute<std::string>("auto_pad", "NOTSET");
    if (mode == "SAME_UPPER") return Padding::same();
    if (mode == "SAME_LOWER") {
        const auto total = [](std::int64_t size, std::int64_t k, std::int64_t s, std::int64_t d) {
            const std::int64_t out = (size + s - 1) / s;
            return std::max<std::int64_t>(0, (out - 1) * s + d * (k - 1) + 1 - size);
        };
        const std::int64_t h = total(x.size(1), kernel.h, stride.h, dilation.h);
        const std::int64_t w = total(x.size(2), kernel.w, stride.w, dilation.w);
        return {(h + 1) / 2, h / 2, (w + 1) / 2, w / 2};
    }
    REQUIRE(mode == "NOTSET");
    const auto pads = c.attribute<Sizes>("pads", {0, 0, 0, 0});  // top, left, bottom, right
    return {pads.at(0), pads.at(2), pads.at(1), pads.at(3)};
}

Outputs convolution(const OnnxCase& c) {
    const Tensor x = channels_last(c.inputs.at(0)), w = channels_last(c.inputs.at(1));
    Conv2dWindow window{.stride = pair_of(c.attribute<Sizes>("strides", {1, 1})),
                        .padding = {},
                        .dilation = pair_of(c.attribute<Sizes>("dilations", {1, 1})),
                        .groups = c.attribute<std::int64_t>("group", 1)};
    window.padding = padding_of(c, x, {w.size(1), w.size(2)}, window.stride, window.dilation);
    return {channels_second(conv2d(x, w, c.has_input(2) ? c.inputs[2] : Tensor(), window))};
}

/// output_shape stands for the padding, or what is added, that gives it.
Outputs transposed_convolution(const OnnxCase& c) {
    const Tensor x = channels_last(c.inputs.at(0)), w = channels_last(c.inputs.at(1));
    ConvTranspose2dWindow window{.stride = pair_of(c.attribute<Sizes>("strides", {1, 1})),
                                 .output_padding = pair_of(c.attribute<Sizes>("output_padding", {0, 0})),
                                 .dilation = pair_of(c.attribute<Sizes>("dilations", {1, 1})),
                                 .groups = c.attribute<std::int64_t>("group", 1)};
    window.padding = padding_of(c, x, {w.size(1), w.size(2)}, window.stride, window.dilation);
    if (c.attributes.contains("output_shape")) {
        const Tensor all = conv_transpose2d(x, w, {}, window);
        const Pair wanted = pair_of(c.attribute<Sizes>("output_shape", {}));
        const std::int64_t h = all.size(1) - wanted.h, v = all.size(2) - wanted.w;
        if (h >= 0 && v >= 0)
            window.padding = {h / 2, h - h / 2, v / 2, v - v / 2};
        else
            window.output_padding = {-h, -v};
    }
    return {channels_second(conv_transpose2d(x, w, c.has_input(2) ? c.inputs[2] : Tensor(), window))};
}

/// One spatial axis runs as an image of height 1.
Outputs pooling(const OnnxCase& c, Tensor (*pool)(const Tensor&, const Pool2dOptions&)) {
    const bool line = c.inputs.at(0).rank() == 3;
    const auto spatial = [&](const char* key, Sizes otherwise) {
        Sizes sizes = c.attribute<Sizes>(key, std::move(otherwise));
        if (sizes.size() == 1) sizes.insert(sizes.begin(), 1);
        return pair_of(sizes);
    };
    Tensor x = c.inputs[0];
    if (line) x = reshape(x, {x.size(0), x.size(1), 1, x.size(2)});
    x = channels_last(x);
    Pool2dOptions options{.kernel = spatial("kernel_shape", {}),
                          .stride = spatial("strides", {1, 1}),
                          .padding = {},
                          .dilation = spatial("dilations", {1, 1}),
                          .ceil_mode = c.attribute("ceil_mode", 0) != 0,
                          .count_include_pad = c.attribute("count_include_pad", 0) != 0};
    options.padding = padding_of(c, x, options.kernel, *options.stride, options.dilation);
    const Tensor y = channels_second(pool(x, options));
    return {line ? reshape(y, {y.size(0), y.size(1), y.size(3)}) : y};
}

Outputs global_pooling(const OnnxCase& c, Tensor (*pool)(const Tensor&)) {
    const Tensor y = pool(channels_last(c.inputs.at(0)));
    return {reshape(y, {y.size(0), y.size(1), 1, 1})};
}

Outputs batch_normalization(const OnnxCase& c) {
    REQUIRE(c.attribute("training_mode", 0) == 0);
    Tensor mean = c.inputs.at(3), variance = c.inputs.at(4);
    return {channels_second(batch_norm(channels_last(c.inputs.at(0)), c.inputs.at(1), c.inputs.at(2), mean, variance,
                                       false, {.epsilon = c.attribute("epsilon", 1e-5)}))};
}

/// Over all axes from the one that is named, which become one.
Outputs layer_normalization(const OnnxCase& c) {
    const Tensor& x = c.inputs.at(0);
    const int axis = c.attribute("axis", -1);
    const Tensor rows = flatten(x, axis < 0 ? axis + x.rank() : axis);
    const Tensor y =
        layer_norm(rows, reshape(c.inputs.at(1), {-1}), reshape(c.inputs.at(2), {-1}), c.attribute("epsilon", 1e-5));
    return {reshape(y, std::span<const std::int64_t>(x.shape().begin(), x.shape().end()))};
}

void check_equal(const Tensor& got, const Tensor& expected) {
    REQUIRE(got.shape() == expected.shape());
    const auto a = got.to(DType::f64).to_vector<double>(), b = expected.to(DType::f64).to_vector<double>();
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (a[i] == b[i] || std::abs(a[i] - b[i]) <= 1e-7 + 1e-3 * std::abs(b[i])) continue;
        INFO("element " << i << " is " << a[i] << ", expected " << b[i]);
        CHECK(false);
        return;
    }
}

/// Through matmul, and through linear too where its bias has that shape.
Outputs gemm(const OnnxCase& c) {
    const double alpha = c.attribute("alpha", 1.0), beta = c.attribute("beta", 1.0);
    const Tensor a = c.attribute("transA", 0) != 0 ? test::transposed(c.inputs.at(0)) : c.inputs.at(0);
    const Tensor b = c.attribute("transB", 0) != 0 ? test::transposed(c.inputs.at(1)) : c.inputs.at(1);
    const Tensor bias = c.has_input(2) ? c.inputs[2] * beta : Tensor();
    Tensor y = matmul(a, b) * alpha;
    if (bias.defined()) y = y + bias;
    if (!bias.defined() || bias.numel() == b.size(1))
        check_equal(linear(a, test::transposed(b) * alpha, bias.defined() ? reshape(bias, {-1}) : Tensor()), y);
    return {y};
}

Outputs reduction(const OnnxCase& c, Tensor (*reduce)(const Tensor&, const ReduceOptions&)) {
    ReduceOptions options{.axes = {}, .keep_dims = c.attribute("keepdims", 1) != 0};
    if (c.has_input(1))
        for (const std::int64_t axis : c.inputs[1].values<std::int64_t>())
            options.axes.push_back(static_cast<int>(axis));
    if (options.axes.empty() && c.attribute("noop_with_empty_axes", 0) != 0) return {c.inputs.at(0)};
    return {reduce(c.inputs.at(0), options)};
}

CrossEntropyOptions loss_options(const OnnxCase& c) {
    CrossEntropyOptions options;
    if (c.has_input(2)) options.class_weights = c.inputs[2];
    const auto reduction = c.attribute<std::string>("reduction", "mean");
    options.reduction = reduction == "mean" ? Reduction::mean : reduction == "sum" ? Reduction::sum : Reduction::none;
    if (c.attributes.contains("ignore_index")) options.ignore_index = c.attribute<std::int64_t>("ignore_index", 0);
    return options;
}

Outputs softmax_cross_entropy(const OnnxCase& c) {
    return {cross_entropy(channels_last(c.inputs.at(0)), c.inputs.at(1), loss_options(c)), log_softmax(c.inputs[0], 1)};
}

const std::map<std::string, std::function<Outputs(const OnnxCase&)>> kOperators = {
    {"AveragePool", [](const OnnxCase& c) { return pooling(c, avg_pool2d); }},
    {"MaxPool", [](const OnnxCase& c) { return pooling(c, max_pool2d); }},
    {"GlobalAveragePool", [](const OnnxCase& c) { return global_pooling(c, global_avg_pool); }},
    {"GlobalMaxPool", [](const OnnxCase& c) { return global_pooling(c, global_max_pool); }},
    {"BatchNormalization", batch_normalization},
    {"Concat", [](const OnnxCase& c) { return Outputs{concat(c.inputs, c.attributes.at("axis").get<int>())}; }},
    {"Conv", convolution},
    {"ConvTranspose", transposed_convolution},
    {"Flatten", [](const OnnxCase& c) { return Outputs{flatten(c.inputs.at(0), c.attribute("axis", 1))}; }},
    {"Gemm", gemm},
    {"LayerNormalization", layer_normalization},
    {"LeakyRelu", [](const OnnxCase& c) { return Outputs{leaky_relu(c.inputs.at(0), c.attribute("alpha", 0.01))}; }},
    {"LogSoftmax", [](const OnnxCase& c) { return Outputs{log_softmax(c.inputs.at(0), c.attribute("axis", -1))}; }},
    {"MatMul", [](const OnnxCase& c) { return Outputs{matmul(c.inputs.at(0), c.inputs.at(1))}; }},
    {"NegativeLogLikelihoodLoss",
     [](const OnnxCase& c) {
         return Outputs{nll_loss(channels_last(c.inputs.at(0)), c.inputs.at(1), loss_options(c))};
     }},
    {"ReduceMean", [](const OnnxCase& c) { return reduction(c, mean); }},
    {"ReduceSum", [](const OnnxCase& c) { return reduction(c, sum); }},
    {"ReduceSumSquare",
     [](const OnnxCase& c) {
         OnnxCase squared = c;
         squared.inputs[0] = c.inputs.at(0) * c.inputs.at(0);
         return reduction(squared, sum);
     }},
    {"Relu", [](const OnnxCase& c) { return Outputs{relu(c.inputs.at(0))}; }},
    {"Sigmoid", [](const OnnxCase& c) { return Outputs{sigmoid(c.inputs.at(0))}; }},
    {"Softmax", [](const OnnxCase& c) { return Outputs{softmax(c.inputs.at(0), c.attribute("axis", -1))}; }},
    {"SoftmaxCrossEntropyLoss", softmax_cross_entropy},
    {"Tanh", [](const OnnxCase& c) { return Outputs{tanh(c.inputs.at(0))}; }},
};

void run_case(OnnxCase c, DType dtype) {
    INFO(c.name << " in " << dtype);
    for (Tensor& x : c.inputs)
        if (x.defined() && x.dtype() == DType::f32) x = x.to(dtype);
    const Outputs got = kOperators.at(c.op)(c);
    const auto few = kFirstOutputsOnly.find(c.name);
    const std::size_t compared = few != kFirstOutputsOnly.end() ? few->second : c.outputs.size();
    REQUIRE(got.size() >= compared);
    REQUIRE(compared > 0);
    for (std::size_t k = 0; k < compared; ++k) check_equal(got[k], c.outputs[k]);
}

std::set<std::string> case_names() {
    std::set<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(test::shared_file("peer/onnx_node")))
        if (entry.is_directory()) names.insert(entry.path().filename().string());
    return names;
}

}  // namespace

TEST_CASE("every onnx case of an operator that exists gives the published output") {
    CYCLONE_NEED_SHARED("peer/onnx_node");
    std::size_t run = 0;
    for (const std::string& name : case_names()) {
        if (kNotRun.count(name) > 0) continue;
        const OnnxCase c(test::shared_file("peer/onnx_node") / name);
        INFO(name << ": operator " << c.op << " is neither implemented nor listed as missing");
        REQUIRE(kOperators.count(c.op) == 1);
        run_case(c, DType::f32);
        run_case(c, DType::f64);
        ++run;
    }
    CHECK(run + kNotRun.size() == case_names().size());
    CHECK(run >= 90);
}

TEST_CASE("every onnx case listed as not run exists and has an operator or rank of its own") {
    CYCLONE_NEED_SHARED("peer/onnx_node");
    const std::set<std::string> names = case_names();
    for (const auto& [name, reason] : kNotRun) {
        INFO(name << ", not run because: " << reason);
        REQUIRE(names.count(name) == 1);
        const OnnxCase c(test::shared_file("peer/onnx_node") / name);
        const bool three_axes = c.inputs.at(0).rank() == 5;
        CHECK((kOperators.count(c.op) == 0 || three_axes));
    }
}
