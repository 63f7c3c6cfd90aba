#pragma once
// The layers. Images are NHWC; every option has the default that Keras or PyTorch users expect.

#include <cyclone/nn/init.h>
#include <cyclone/nn/module.h>
#include <cyclone/ops/activation.h>
#include <cyclone/ops/batch_norm.h>
#include <cyclone/ops/pool2d.h>
#include <cyclone/ops/window.h>

#include <functional>
#include <optional>
#include <string>

namespace cyclone::nn {

inline constexpr Padding same = Padding::same();    ///< output of size ceil(input / stride)
inline constexpr Padding valid = Padding::valid();  ///< no padding

struct Conv2dOptions {
    Pair kernel = 3;
    Pair stride = 1;
    Padding padding = valid;  ///< in a model's text (nn/parse.h) the default is `same`
    Pair dilation = 1;
    std::int64_t groups = 1;
    bool bias = true;
    Activation activation = {};
    Initializer init = init::glorot_uniform;
    Initializer bias_init = init::zeros;
};

/// (N, H, W, in) -> (N, OH, OW, out). weight: (out, KH, KW, in / groups), bias: (out).
class Conv2d : public Module {
public:
    Conv2d(std::int64_t in, std::int64_t out, Conv2dOptions options = {});
    Tensor forward(const Tensor& x) override;
    void visit(Visitor& v) override;
    std::string describe() const override;

    Tensor weight, bias;

private:
    Conv2dOptions options_;
};

struct LinearOptions {
    bool bias = true;
    Activation activation = {};
    Initializer init = init::glorot_uniform;
    Initializer bias_init = init::zeros;
};

/// (N, in) -> (N, out). weight: (out, in), bias: (out).
class Linear : public Module {
public:
    Linear(std::int64_t in, std::int64_t out, LinearOptions options = {});
    Tensor forward(const Tensor& x) override;
    void visit(Visitor& v) override;
    std::string describe() const override;

    Tensor weight, bias;

private:
    LinearOptions options_;
};

/// `nn::MaxPool2d{2}`, or with every option of the op: `nn::MaxPool2d{{.kernel = 3, .stride = 2, .padding = 1}}`.
class MaxPool2d : public Module {
public:
    explicit MaxPool2d(Pair kernel = 2);
    explicit MaxPool2d(Pool2dOptions options);
    Tensor forward(const Tensor& x) override;
    std::string describe() const override;

private:
    Pool2dOptions options_;
};

class AvgPool2d : public Module {
public:
    explicit AvgPool2d(Pair kernel = 2);
    explicit AvgPool2d(Pool2dOptions options);
    Tensor forward(const Tensor& x) override;
    std::string describe() const override;

private:
    Pool2dOptions options_;
};

/// (N, H, W, C) -> (N, C).
struct GlobalMaxPool : Module {
    Tensor forward(const Tensor& x) override;
};

/// (N, H, W, C) -> (N, C).
struct GlobalAvgPool : Module {
    Tensor forward(const Tensor& x) override;
};

using cyclone::BatchNormOptions;

/// Normalises each of the `channels` (last axis). Training uses the batch and updates the running values, evaluation
/// uses the running values. scale (starts at 1) and shift (0) are parameters, running_mean (0) and running_variance
/// (1) are buffers, all of shape (channels).
class BatchNorm : public Module {
public:
    explicit BatchNorm(std::int64_t channels, BatchNormOptions options = {});
    Tensor forward(const Tensor& x) override;
    void visit(Visitor& v) override;
    std::string describe() const override;

    Tensor scale, shift, running_mean, running_variance;

private:
    BatchNormOptions options_;
};

/// In training zeroes each element with probability `rate` in [0, 1) and scales the others by 1 / (1 - rate), with
/// draws of default_generator(); in evaluation does nothing.
class Dropout : public Module {
public:
    explicit Dropout(double rate = 0.5);
    Tensor forward(const Tensor& x) override;
    std::string describe() const override;

private:
    double rate_;
};

/// (N, ...) -> (N, product of the rest).
struct Flatten : Module {
    Tensor forward(const Tensor& x) override;
};

struct Relu : Module {
    Tensor forward(const Tensor& x) override;
};

class LeakyRelu : public Module {
public:
    explicit LeakyRelu(double slope = 0.01);
    Tensor forward(const Tensor& x) override;
    std::string describe() const override;

private:
    double slope_;
};

struct Sigmoid : Module {
    Tensor forward(const Tensor& x) override;
};

struct Tanh : Module {
    Tensor forward(const Tensor& x) override;
};

/// Along the last axis. Not before cross_entropy(), which takes logits.
struct Softmax : Module {
    Tensor forward(const Tensor& x) override;
};

/// A function without parameters as a layer: `nn::Lambda{[](const Tensor& x) { return x * 0.5; }}`.
class Lambda : public Module {
public:
    explicit Lambda(std::function<Tensor(const Tensor&)> function, std::string name = "Lambda");
    Tensor forward(const Tensor& x) override;
    std::string describe() const override { return name_; }

private:
    std::function<Tensor(const Tensor&)> function_;
    std::string name_;
};

}  // namespace cyclone::nn
