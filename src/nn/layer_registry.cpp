// The layers with a name. One row makes a layer known to every program.

#include <cyclone/nn/branches.h>
#include <cyclone/nn/layers.h>
#include <cyclone/nn/parse.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "nn/limits.h"

namespace cyclone::nn {
namespace {

constexpr std::int64_t kMostWindow = 1'024;  // kernel, stride, padding, dilation

/// "3" or "3x5" (height x width).
std::optional<Pair> optional_pair(Arguments& a, const char* name) {
    const auto text = a.optional_text(name);
    if (!text) return std::nullopt;
    const std::size_t x = text->find('x');
    if (x == std::string::npos) return parse_count(name, *text, kMostWindow);
    return Pair{parse_count(name, text->substr(0, x), kMostWindow),
                parse_count(name, text->substr(x + 1), kMostWindow)};
}

Pair pair_or(Arguments& a, const char* name, Pair otherwise) { return optional_pair(a, name).value_or(otherwise); }

Padding padding_or(Arguments& a, Padding otherwise) {
    const auto text = a.optional_text("padding");
    if (!text) return otherwise;
    if (*text == "same") return same;
    if (*text == "valid") return valid;
    return parse_count("padding", *text, kMostWindow);
}

Initializer initializer_or_default(Arguments& a) {
    return initializers().parse(a.optional_text("init").value_or("glorot-uniform"));
}

bool flag_or(Arguments& a, const char* name, bool otherwise) { return a.count_or(name, otherwise, 1) == 1; }

AnyModule make_conv(Arguments& a, LayerContext& context) {
    const Shape& in = context.images();
    const std::int64_t channels = a.count("channels", kMostElements);
    Conv2dOptions options{.kernel = pair_or(a, "kernel", 3),
                          .stride = pair_or(a, "stride", 1),
                          .padding = padding_or(a, same),
                          .dilation = pair_or(a, "dilation", 1),
                          .groups = a.count_or("groups", 1, kMostElements),
                          .bias = flag_or(a, "bias", true),
                          .activation = context.take_activation(),
                          .init = initializer_or_default(a)};
    const std::int64_t groups = std::max<std::int64_t>(options.groups, 1);  // Conv2d says what is wrong with them
    context.need_weights({channels, options.kernel.h, options.kernel.w, std::max<std::int64_t>(in[3] / groups, 1)});
    const Padding& p = options.padding;
    need_at_most(kMostElements, "outputs", {in[1] + p.top + p.bottom, in[2] + p.left + p.right, channels});
    return Conv2d(in[3], channels, std::move(options));
}

AnyModule make_conv_transpose(Arguments& a, LayerContext& context) {
    const Shape& in = context.images();
    const std::int64_t channels = a.count("channels", kMostElements);
    ConvTranspose2dOptions options{.kernel = pair_or(a, "kernel", 3),
                                   .stride = pair_or(a, "stride", 2),
                                   .padding = padding_or(a, same),
                                   .output_padding = pair_or(a, "output_padding", 0),
                                   .bias = flag_or(a, "bias", true),
                                   .init = initializer_or_default(a)};
    context.need_weights({channels, options.kernel.h, options.kernel.w, in[3]});
    need_at_most(kMostElements, "outputs",
                 {in[1] * options.stride.h + options.kernel.h, in[2] * options.stride.w + options.kernel.w, channels});
    return ConvTranspose2d(in[3], channels, std::move(options));
}

AnyModule make_linear(Arguments& a, LayerContext& context) {
    const std::int64_t in = context.features()[1];
    const std::string text = a.text("units");
    const std::int64_t units = text == "classes" ? context.classes() : parse_count("units", text, kMostElements);
    context.need_weights({units, in});
    return Linear(
        in, units,
        {.bias = flag_or(a, "bias", true), .activation = context.take_activation(), .init = initializer_or_default(a)});
}

Pool2dOptions pool_options(Arguments& a, const LayerContext& context) {
    const Shape& in = context.images();
    const Pool2dOptions options{
        .kernel = pair_or(a, "kernel", 2), .stride = optional_pair(a, "stride"), .padding = padding_or(a, valid)};
    const Padding& p = options.padding;
    need_at_most(kMostElements, "outputs", {in[1] + p.top + p.bottom, in[2] + p.left + p.right, in[3]});
    return options;
}

AnyModule make_residual(Arguments&, LayerContext& context) {
    std::vector<Branch> branches = context.take_branches();
    check<UsageError>(branches.size() <= 2, "branches", "expected a body and at most one shortcut, got ",
                      branches.size());
    ResidualOptions options{.activation = context.take_activation()};
    if (branches.size() == 2 && branches[1].layers.size() > 0) options.shortcut = std::move(branches[1].layers);
    return Residual(std::move(branches[0].layers), std::move(options));
}

AnyModule make_concat(Arguments&, LayerContext& context) {
    std::vector<Branch> branches = context.take_branches();
    if (branches.size() == 1) branches.insert(branches.begin(), Branch{{}, context.input()});
    std::int64_t channels = 0;
    std::vector<AnyModule> layers;
    for (Branch& branch : branches) {
        channels += branch.output[-1];
        layers.emplace_back(std::move(branch.layers));
    }
    const Shape& first = branches.front().output;
    need_at_most(kMostElements, "outputs", {first.numel_between(0, first.rank() - 1), channels});
    return Concat(std::move(layers));
}

AnyModule make_subsample(Arguments& a, LayerContext& context) {
    const Pair stride = pair_or(a, "stride", 2);
    const std::int64_t channels = a.count_or("channels", context.images()[3], kMostElements);
    need_at_most(kMostElements, "outputs", {context.images()[1], context.images()[2], channels});
    return Subsample(stride, channels);
}

AnyModule make_upsample(Arguments& a, LayerContext& context) {
    const Pair factor = pair_or(a, "factor", 2);
    const Shape& in = context.images();
    need_at_most(kMostElements, "outputs", {in[1], factor.h, in[2], factor.w, in[3]});
    const std::string how = a.optional_text("interpolation").value_or("nearest");
    check<UsageError>(how == "nearest" || how == "bilinear", "interpolation", "expected nearest or bilinear, got ",
                      quoted(how));
    return Upsample(factor, how == "nearest" ? Interpolation::nearest : Interpolation::bilinear);
}

template <Activation::Function f>
AnyModule make_activation(Arguments&, LayerContext&) {
    return Activate(f);
}

template <class Layer>
AnyModule make_plain(Arguments&, LayerContext&) {
    return Layer{};
}

template <class Layer>
AnyModule make_for_images(Arguments&, LayerContext& context) {
    context.images();
    return Layer{};
}

}  // namespace

const Shape& LayerContext::images() const {
    check<UsageError>(input_.rank() == 4, "input", "expected images (height, width, channels)",
                      " (hint: flatten and the global pools come after all layers for images)");
    return input_;
}

const Shape& LayerContext::features() const {
    check<UsageError>(input_.rank() == 2, "input", "expected one row of features per image",
                      " (hint: flatten, global-avg-pool or global-max-pool before it)");
    return input_;
}

Activation LayerContext::take_activation() {
    taken_ = relu_follows_;
    return taken_ ? Activation(relu) : Activation();
}

void LayerContext::need_weights(std::initializer_list<std::int64_t> factors) const {
    double weights = static_cast<double>(weights_), layer = 1;
    for (const std::int64_t factor : factors) layer *= static_cast<double>(factor);
    weights += layer;
    check<UsageError>(weights <= static_cast<double>(kMostElements), "weights", "expected at most ", kMostElements,
                      " in a model, got ", weights);
}

std::vector<Branch> LayerContext::take_branches() {
    check<UsageError>(branches_ != nullptr, "branches", "expected layers in parentheses, such as ( conv:16 relu )");
    return std::move(*std::exchange(branches_, nullptr));
}

Registry<AnyModule(Arguments&, LayerContext&)>& layers() {
    static Registry<AnyModule(Arguments&, LayerContext&)> registry(
        "layer",
        {
            {"conv", ":CHANNELS[,KERNEL[,STRIDE[,PADDING]]]",
             "convolution; kernel 3, stride 1, padding same (or valid, or pixels); also dilation=, groups=, bias=0, "
             "init=he-normal (or another initializer)",
             make_conv},
            {"conv-transpose", ":CHANNELS[,KERNEL[,STRIDE[,PADDING]]]",
             "transposed convolution, for larger images; kernel 3, stride 2, padding same; also output-padding=, "
             "bias=0, init=",
             make_conv_transpose},
            {"pool", "[:KERNEL[,STRIDE[,PADDING]]]",
             "maximum of each window; kernel 2, stride as the kernel, padding valid",
             [](Arguments& a, LayerContext& context) { return MaxPool2d(pool_options(a, context)); }},
            {"avg-pool", "[:KERNEL[,STRIDE[,PADDING]]]", "mean of each window",
             [](Arguments& a, LayerContext& context) { return AvgPool2d(pool_options(a, context)); }},
            {"global-avg-pool", "", "mean over the whole image, one feature per channel",
             make_for_images<GlobalAvgPool>},
            {"global-max-pool", "", "maximum over the whole image, one feature per channel",
             make_for_images<GlobalMaxPool>},
            {"batch-norm", "[:momentum=M,ghost=N]",
             "batch normalisation of each channel; M (0.1) weighs the batch in the running values; ghost batches of N "
             "images; also epsilon=0.001, as in Keras (1e-5)",
             [](Arguments& a, LayerContext& context) {
                 const BatchNormOptions usual;
                 const double momentum = a.number_or("momentum", usual.momentum);  // in the order of the help
                 const std::int64_t ghost = a.count_or("ghost", usual.ghost);
                 return BatchNorm(context.input()[-1], {.momentum = momentum,
                                                        .epsilon = a.number_or("epsilon", usual.epsilon),
                                                        .ghost = ghost,
                                                        .activation = context.take_activation()});
             }},
            {"dropout", "[:RATE]", "in training sets each value to 0 with probability RATE (0.5)",
             [](Arguments& a, LayerContext&) { return Dropout(a.number_or("rate", 0.5)); }},
            {"flatten", "", "the image as one row of features", make_plain<Flatten>},
            {"linear", ":UNITS", "dense layer; linear:classes is the last one of a model; also bias=0, init=he-normal",
             make_linear},
            {"relu", "", "max(x, 0)", make_plain<Relu>},
            {"leaky-relu", "[:SLOPE]", "x, below 0 times SLOPE (0.01)",
             [](Arguments& a, LayerContext&) { return LeakyRelu(a.number_or("slope", 0.01)); }},
            {"sigmoid", "", "1 / (1 + exp(-x))", make_plain<Sigmoid>},
            {"tanh", "", "hyperbolic tangent", make_plain<Tanh>},
            {"gelu", "", "x times the normal distribution function", make_activation<gelu>},
            {"silu", "", "x sigmoid(x)", make_activation<silu>},
            {"softplus", "", "log(1 + exp(x))", make_activation<softplus>},
            {"hardswish", "", "x min(max(x + 3, 0), 6) / 6", make_activation<hardswish>},
            {"elu", "[:ALPHA]", "x, below 0 ALPHA (1) times exp(x) - 1",
             [](Arguments& a, LayerContext&) { return Elu(a.number_or("alpha", 1)); }},
            {"group-norm", ":GROUPS", "normalisation of each group of channels of each image",
             [](Arguments& a, LayerContext& context) {
                 return GroupNorm(a.count("groups", kMostElements), context.images()[3]);
             }},
            {"layer-norm", "", "normalisation of each row of features, or of each pixel",
             [](Arguments&, LayerContext& context) { return LayerNorm(context.input()[-1]); }},
            {"upsample", "[:FACTOR[,bilinear]]",
             "each pixel FACTOR (2) times along both sides, or with what lies between it and its neighbours",
             make_upsample},
            {"residual", "( BODY [| SHORTCUT] )", "the sum of what both give; without SHORTCUT the input is added",
             make_residual},
            {"concat", "( BRANCH [| BRANCH]... )",
             "the channels of all branches; one branch alone is joined to the input", make_concat},
            {"subsample", "[:STRIDE[,CHANNELS]]",
             "every STRIDE-th pixel (2), with channels of zeros added up to CHANNELS: a shortcut without weights",
             make_subsample},
        },
        ",:");
    return registry;
}

}  // namespace cyclone::nn
