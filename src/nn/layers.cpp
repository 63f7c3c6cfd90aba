// What the layers compute and how they describe themselves.

#include <cyclone/nn/layers.h>
#include <cyclone/ops/conv2d.h>
#include <cyclone/ops/dropout.h>
#include <cyclone/ops/linear.h>
#include <cyclone/ops/shape.h>

#include <cmath>
#include <string>

#include "nn/describe.h"

namespace cyclone::nn {
namespace {

Tensor make_parameter(const Shape& shape, const Initializer& init, const char* layer) {
    check(static_cast<bool>(init), layer, "expected an initializer, got an empty function");
    Tensor tensor = Tensor::empty(shape);
    init(tensor);
    return parameter(tensor);
}

std::string named(const char* layer, double number) { return joined(layer, '(', number, ')'); }

bool positive(Pair p) { return p.h >= 1 && p.w >= 1; }

void check_window(const char* layer, Pair kernel, Pair stride, Pair dilation) {
    check(positive(kernel) && positive(stride) && positive(dilation), layer,
          "expected kernel, stride and dilation >= 1, got ", text(kernel), ", ", text(stride), " and ", text(dilation));
}

template <class Options>
void check_convolution(const char* layer, std::int64_t in, std::int64_t out, const Options& o) {
    check(in >= 1 && out >= 1, layer, "expected at least one channel in and out, got ", in, " and ", out);
    check(o.groups >= 1 && in % o.groups == 0 && out % o.groups == 0, layer,
          "expected groups that divide the channels in and out, got ", o.groups, " groups for ", in, " and ", out);
    check_window(layer, o.kernel, o.stride, o.dilation);
}

// ", 3x3, stride 2, same": of the options of a convolution what is not usual.
template <class Options>
std::string describe_window(const Options& o) {
    std::string out = ", " + std::to_string(o.kernel.h) + "x" + std::to_string(o.kernel.w);
    if (!(o.stride == Pair(1))) out += ", stride " + text(o.stride);
    if (!(o.padding == valid)) out += ", " + text(o.padding);
    if (!(o.dilation == Pair(1))) out += ", dilation " + text(o.dilation);
    if (o.groups != 1) out += ", groups " + std::to_string(o.groups);
    return out;
}

}  // namespace

template <class Options>
Affine<Options>::Affine(Options options) : options_(std::move(options)) {}

template <class Options>
void Affine<Options>::visit(Visitor& v) {
    v.parameter("weight", weight);
    v.parameter("bias", bias);
}

template <class Options>
std::string Affine<Options>::bounded_by() const {
    return bound_of(options_.activation);
}

template <class Options>
std::int64_t Affine<Options>::multiply_adds(const Tensor&, const Tensor& y) const {
    return y.numel() * weight.shape().numel_between(1, weight.rank());
}

template class Affine<Conv2dOptions>;
template class Affine<ConvTranspose2dOptions>;
template class Affine<LinearOptions>;

Conv2d::Conv2d(std::int64_t in, std::int64_t out, Conv2dOptions options) : Affine(std::move(options)) {
    const auto& o = options_;
    check_convolution("Conv2d", in, out, o);
    weight = make_parameter({out, o.kernel.h, o.kernel.w, in / o.groups}, o.init, "Conv2d");
    if (o.bias) bias = make_parameter({out}, o.bias_init, "Conv2d");
}

Tensor Conv2d::forward(const Tensor& x) {
    return conv2d(x, weight, bias,
                  {.stride = options_.stride,
                   .padding = options_.padding,
                   .dilation = options_.dilation,
                   .groups = options_.groups},
                  options_.activation);
}

std::string Conv2d::describe() const {
    const auto& o = options_;
    return "Conv2d(" + std::to_string(weight.size(3) * o.groups) + " -> " + std::to_string(weight.size(0)) +
           describe_window(o) + text(o.activation) + ')';
}

ConvTranspose2d::ConvTranspose2d(std::int64_t in, std::int64_t out, ConvTranspose2dOptions options)
    : Affine(std::move(options)) {
    const auto& o = options_;
    check_convolution("ConvTranspose2d", in, out, o);
    const Pair added = o.output_padding;
    check(added.h >= 0 && added.w >= 0 && added.h < o.stride.h && added.w < o.stride.w &&
              (added == Pair(0) || !(o.padding == same)),
          "ConvTranspose2d", "expected an output_padding of at least 0 and less than the stride, and 0 with padding ",
          "same, got ", text(added));
    weight = make_parameter({in, o.kernel.h, o.kernel.w, out / o.groups}, o.init, "ConvTranspose2d");
    if (o.bias) bias = make_parameter({out}, o.bias_init, "ConvTranspose2d");
}

Tensor ConvTranspose2d::forward(const Tensor& x) {
    return conv_transpose2d(x, weight, bias,
                            {.stride = options_.stride,
                             .padding = options_.padding,
                             .output_padding = options_.output_padding,
                             .dilation = options_.dilation,
                             .groups = options_.groups},
                            options_.activation);
}

std::string ConvTranspose2d::describe() const {
    const auto& o = options_;
    std::string out = "ConvTranspose2d(" + std::to_string(weight.size(0)) + " -> " +
                      std::to_string(weight.size(3) * o.groups) + describe_window(o);
    if (!(o.output_padding == Pair(0))) out += ", output padding " + text(o.output_padding);
    return out + text(o.activation) + ')';
}

std::int64_t ConvTranspose2d::multiply_adds(const Tensor& x, const Tensor&) const {
    return x.numel() * weight.shape().numel_between(1, 4);
}

Linear::Linear(std::int64_t in, std::int64_t out, LinearOptions options) : Affine(std::move(options)) {
    check(in >= 1 && out >= 1, "Linear", "expected at least one feature in and out, got ", in, " and ", out);
    weight = make_parameter({out, in}, options_.init, "Linear");
    if (options_.bias) bias = make_parameter({out}, options_.bias_init, "Linear");
}

Tensor Linear::forward(const Tensor& x) { return linear(x, weight, bias, options_.activation); }

std::string Linear::describe() const {
    return joined("Linear(", weight.shape()[1], " -> ", weight.shape()[0], text(options_.activation), ')');
}

Pool2d::Pool2d(const char* name, Pool2dOptions options) : options_(options), name_(name) {
    check_window(name, options.kernel, options.stride.value_or(options.kernel), options.dilation);
}

std::string Pool2d::describe() const {
    const auto& o = options_;
    std::string out = std::string(name_) + "(" + text(o.kernel);
    if (o.stride && !(*o.stride == o.kernel)) out += ", stride " + text(*o.stride);
    if (!(o.padding == Padding())) out += ", " + text(o.padding);
    if (!(o.dilation == Pair(1))) out += ", dilation " + text(o.dilation);
    if (o.ceil_mode) out += ", ceil";
    return out + ")";
}

MaxPool2d::MaxPool2d(Pair kernel) : MaxPool2d(Pool2dOptions{.kernel = kernel}) {}
MaxPool2d::MaxPool2d(Pool2dOptions options) : Pool2d("MaxPool2d", options) {}
Tensor MaxPool2d::forward(const Tensor& x) { return max_pool2d(x, options_); }

AvgPool2d::AvgPool2d(Pair kernel) : AvgPool2d(Pool2dOptions{.kernel = kernel}) {}
AvgPool2d::AvgPool2d(Pool2dOptions options) : Pool2d("AvgPool2d", options) {}
Tensor AvgPool2d::forward(const Tensor& x) { return avg_pool2d(x, options_); }

Tensor GlobalMaxPool::forward(const Tensor& x) { return global_max_pool(x); }
Tensor GlobalAvgPool::forward(const Tensor& x) { return global_avg_pool(x); }

BatchNorm::BatchNorm(std::int64_t channels, BatchNormOptions options) : options_(options) {
    check(channels >= 1, "BatchNorm", "expected at least one channel, got ", channels);
    options.validate("BatchNorm");
    scale = parameter(Tensor::ones({channels}));
    shift = parameter(Tensor::zeros({channels}));
    running_mean = Tensor::zeros({channels});
    running_variance = Tensor::ones({channels});
}

Tensor BatchNorm::forward(const Tensor& x) {
    return batch_norm(x, scale, shift, running_mean, running_variance, is_training(), options_);
}

void BatchNorm::visit(Visitor& v) {
    v.parameter("scale", scale);
    v.parameter("shift", shift);
    v.buffer("running_mean", running_mean);
    v.buffer("running_variance", running_variance);
}

std::string BatchNorm::describe() const {
    const BatchNormOptions usual;
    std::string out = joined("BatchNorm(", scale.numel());
    if (options_.momentum != usual.momentum) out += joined(", momentum ", options_.momentum);
    if (options_.epsilon != usual.epsilon) out += joined(", epsilon ", options_.epsilon);
    if (options_.ghost != usual.ghost) out += joined(", ghost ", options_.ghost);
    return out + text(options_.activation) + ')';
}

Bf16Form BatchNorm::bf16_form() const { return form_with(options_.activation); }
std::string BatchNorm::bounded_by() const { return bound_of(options_.activation); }

Dropout::Dropout(double rate) : rate_(rate) {
    check(rate >= 0 && rate < 1, "Dropout", "expected a rate in [0, 1) (the fraction that is dropped), got ", rate);
}
Tensor Dropout::forward(const Tensor& x) { return is_training() ? dropout(x, rate_) : x; }
std::string Dropout::describe() const { return named("Dropout", rate_); }

Tensor Flatten::forward(const Tensor& x) { return flatten(x); }
Tensor Relu::forward(const Tensor& x) { return relu(x); }

LeakyRelu::LeakyRelu(double slope) : slope_(slope) {
    check(std::isfinite(slope), "LeakyRelu", "expected a finite slope, got ", slope);
}
Tensor LeakyRelu::forward(const Tensor& x) { return leaky_relu(x, slope_); }
std::string LeakyRelu::describe() const { return named("LeakyRelu", slope_); }

Tensor Sigmoid::forward(const Tensor& x) { return sigmoid(x); }
Tensor Tanh::forward(const Tensor& x) { return cyclone::tanh(x); }
Tensor Softmax::forward(const Tensor& x) { return softmax(x); }

Lambda::Lambda(std::function<Tensor(const Tensor&)> function, std::string name)
    : function_(std::move(function)), name_(std::move(name)) {
    check(static_cast<bool>(function_), "Lambda", "expected a function, got an empty one");
}
Tensor Lambda::forward(const Tensor& x) { return function_(x); }

}  // namespace cyclone::nn
