#pragma once
// The layers. Images are NHWC; every option has the default that Keras or PyTorch users expect.

#include <cyclone/nn/init.h>
#include <cyclone/nn/module.h>
#include <cyclone/ops/activation.h>
#include <cyclone/ops/batch_norm.h>
#include <cyclone/ops/pool2d.h>
#include <cyclone/ops/window.h>

#include <functional>
#include <string>

namespace cyclone::nn {

inline constexpr Padding same = Padding::same();    ///< output of size ceil(input / stride)
inline constexpr Padding valid = Padding::valid();  ///< no padding

/// What Conv2d, ConvTranspose2d and Linear share: a weight, perhaps a bias, and an activation of the result.
template <class Options>
class Affine : public Module {
public:
    void visit(Visitor& v) override;                                              ///< weight and bias
    bool separates_rows() const override { return true; }                         ///< always
    std::string bounded_by() const override;                                      ///< the activation
    std::int64_t multiply_adds(const Tensor& x, const Tensor& y) const override;  ///< of all elements of y
    const Options& options() const { return options_; }                           ///< as given

    Tensor weight;  ///< of a shape that the layer says
    Tensor bias;    ///< (out); undefined without a bias

protected:
    explicit Affine(Options options);  ///< leaves weight and bias to the layer

    Options options_;  ///< as given
};

/// Options of Conv2d.
struct Conv2dOptions {
    Pair kernel = 3;                          ///< height and width, or one number for both
    Pair stride = 1;                          ///< distance between windows
    Padding padding = valid;                  ///< in a model text (nn/parse.h) the default is `same`
    Pair dilation = 1;                        ///< distance between taps; 1 = dense
    std::int64_t groups = 1;                  ///< groups of channels, each convolved by itself
    bool bias = true;                         ///< whether there is one
    Activation activation = {};               ///< applied to the result
    Initializer init = init::glorot_uniform;  ///< of the weight
    Initializer bias_init = init::zeros;      ///< of the bias
};
extern template class Affine<Conv2dOptions>;

/// Convolution: (N, H, W, in) -> (N, OH, OW, out), see conv2d(). The weight is (out, KH, KW, in / groups).
class Conv2d : public Affine<Conv2dOptions> {
public:
    /// `in` and `out` are channels. Error unless they are >= 1 and multiples of the groups, and the sizes are >= 1.
    Conv2d(std::int64_t in, std::int64_t out, Conv2dOptions options = {});
    Tensor forward(const Tensor& x) override;
    std::string describe() const override;
    Bf16Form bf16_form() const override { return Bf16Form::takes; }
};

/// Options of ConvTranspose2d.
struct ConvTranspose2dOptions {
    Pair kernel = 3;                          ///< height and width, or one number for both
    Pair stride = 1;                          ///< distance between windows of the result
    Padding padding = valid;                  ///< what is cut off; same: stride times the size of the input
    Pair output_padding = 0;                  ///< rows and columns added at the bottom and right, less than the stride
    Pair dilation = 1;                        ///< distance between taps; 1 = dense
    std::int64_t groups = 1;                  ///< groups of channels, each convolved by itself
    bool bias = true;                         ///< whether there is one
    Activation activation = {};               ///< applied to the result
    Initializer init = init::glorot_uniform;  ///< of the weight
    Initializer bias_init = init::zeros;      ///< of the bias
};
extern template class Affine<ConvTranspose2dOptions>;

/// Transposed convolution, which makes images larger: (N, H, W, in) -> (N, OH, OW, out), see conv_transpose2d(). The
/// weight is (in, KH, KW, out / groups).
class ConvTranspose2d : public Affine<ConvTranspose2dOptions> {
public:
    /// `in` and `out` are channels. Errors as of Conv2d, and an output_padding that is not less than the stride.
    ConvTranspose2d(std::int64_t in, std::int64_t out, ConvTranspose2dOptions options = {});
    Tensor forward(const Tensor& x) override;
    std::string describe() const override;
    std::int64_t multiply_adds(const Tensor& x, const Tensor& y) const override;
};

/// Options of Linear.
struct LinearOptions {
    bool bias = true;                         ///< whether there is one
    Activation activation = {};               ///< applied to the result
    Initializer init = init::glorot_uniform;  ///< of the weight
    Initializer bias_init = init::zeros;      ///< of the bias
};
extern template class Affine<LinearOptions>;

/// Dense layer: (N, in) -> (N, out), see linear(). The weight is (out, in).
class Linear : public Affine<LinearOptions> {
public:
    /// `in` and `out` are features. Error unless they are >= 1.
    Linear(std::int64_t in, std::int64_t out, LinearOptions options = {});
    Tensor forward(const Tensor& x) override;
    std::string describe() const override;
    Bf16Form bf16_form() const override { return Bf16Form::takes; }
};

/// What MaxPool2d and AvgPool2d share.
class Pool2d : public Module {
public:
    std::string describe() const override;
    bool separates_rows() const override { return true; }
    Bf16Form bf16_form() const override { return Bf16Form::keeps; }
    const Pool2dOptions& options() const { return options_; }  ///< as given

protected:
    /// Error unless kernel, stride and dilation are >= 1. `name` is that of the layer.
    Pool2d(const char* name, Pool2dOptions options);

    Pool2dOptions options_;  ///< as given

private:
    const char* name_;
};

/// Maximum of each window: `nn::MaxPool2d{2}`, or with every option of the op: `nn::MaxPool2d{{.kernel = 3, .stride =
/// 2, .padding = 1}}`.
class MaxPool2d : public Pool2d {
public:
    /// Windows of this size, side by side.
    explicit MaxPool2d(Pair kernel = 2);
    /// Error unless kernel, stride and dilation are >= 1.
    explicit MaxPool2d(Pool2dOptions options);
    Tensor forward(const Tensor& x) override;
};

/// Mean of each window, with the options of MaxPool2d.
class AvgPool2d : public Pool2d {
public:
    /// Windows of this size, side by side.
    explicit AvgPool2d(Pair kernel = 2);
    /// Error unless kernel, stride and dilation are >= 1.
    explicit AvgPool2d(Pool2dOptions options);
    Tensor forward(const Tensor& x) override;
};

/// Maximum of each channel: (N, H, W, C) -> (N, C).
struct GlobalMaxPool : Module {
    Tensor forward(const Tensor& x) override;
    bool separates_rows() const override { return true; }
    Bf16Form bf16_form() const override { return Bf16Form::keeps; }
};

/// Mean of each channel: (N, H, W, C) -> (N, C).
struct GlobalAvgPool : Module {
    Tensor forward(const Tensor& x) override;
    bool separates_rows() const override { return true; }
    Bf16Form bf16_form() const override { return Bf16Form::keeps; }
};

using cyclone::BatchNormOptions;

/// Normalises each channel (last axis), see batch_norm(). Training uses the batch and updates the running values,
/// evaluation uses the running values; freeze(), or eval() before fit(), keeps them as they are.
class BatchNorm : public Module {
public:
    /// Error unless channels >= 1 and the options are in their ranges.
    explicit BatchNorm(std::int64_t channels, BatchNormOptions options = {});
    Tensor forward(const Tensor& x) override;
    void visit(Visitor& v) override;
    std::string describe() const override;
    /// Not in training, whose mean and variance are those of the whole batch, unless it has ghost batches.
    bool separates_rows() const override { return !is_training() || options_.ghost > 0; }
    /// That of a frozen one counts: it may be unfrozen on the way.
    std::int64_t row_group() const override {
        return options_.ghost > 0 && (is_training() || is_frozen()) ? options_.ghost : 1;
    }
    /// Keeps, but with another activation than relu.
    Bf16Form bf16_form() const override;
    std::string bounded_by() const override;
    const BatchNormOptions& options() const { return options_; }  ///< as given

    Tensor scale;             ///< (channels), a parameter that starts at 1
    Tensor shift;             ///< (channels), a parameter that starts at 0
    Tensor running_mean;      ///< (channels), a buffer that starts at 0
    Tensor running_variance;  ///< (channels), a buffer that starts at 1

private:
    BatchNormOptions options_;
};

/// Normalises each group of channels of each sample, see group_norm(): the same in training and evaluation.
class GroupNorm : public Module {
public:
    /// Error unless the groups divide the channels and epsilon > 0.
    GroupNorm(std::int64_t groups, std::int64_t channels, double epsilon = 1e-5);
    Tensor forward(const Tensor& x) override;
    void visit(Visitor& v) override;
    std::string describe() const override;
    bool separates_rows() const override { return true; }
    std::int64_t groups() const { return groups_; }  ///< as given
    double epsilon() const { return epsilon_; }      ///< as given

    Tensor scale;  ///< (channels), a parameter that starts at 1
    Tensor shift;  ///< (channels), a parameter that starts at 0

private:
    std::int64_t groups_;
    double epsilon_;
};

/// Normalises each row of features or, for images, each pixel over its channels, see layer_norm().
class LayerNorm : public Module {
public:
    /// Error unless features >= 1 and epsilon > 0.
    explicit LayerNorm(std::int64_t features, double epsilon = 1e-5);
    Tensor forward(const Tensor& x) override;
    void visit(Visitor& v) override;
    std::string describe() const override;
    bool separates_rows() const override { return true; }
    double epsilon() const { return epsilon_; }  ///< as given

    Tensor scale;  ///< (features), a parameter that starts at 1
    Tensor shift;  ///< (features), a parameter that starts at 0

private:
    double epsilon_;
};

/// What Upsample puts between the pixels.
enum class Interpolation {
    nearest,  ///< copies of the pixel, see upsample_nearest2d()
    bilinear  ///< what lies between it and its neighbours, see upsample_bilinear2d()
};

/// Images `factor` times as large along height and width.
class Upsample : public Module {
public:
    /// Error unless the factor is >= 1.
    explicit Upsample(Pair factor = 2, Interpolation interpolation = Interpolation::nearest);
    Tensor forward(const Tensor& x) override;
    std::string describe() const override;
    bool separates_rows() const override { return true; }
    Pair factor() const { return factor_; }                         ///< as given
    Interpolation interpolation() const { return interpolation_; }  ///< as given

private:
    Pair factor_;
    Interpolation interpolation_;
};

/// An activation as a layer: `nn::Activate{gelu}`.
class Activate : public Module {
public:
    /// Error when it is none.
    explicit Activate(Activation activation);
    Tensor forward(const Tensor& x) override { return activation_(x); }
    std::string describe() const override;
    bool separates_rows() const override { return true; }
    /// Keeps, if it is relu.
    Bf16Form bf16_form() const override;
    std::string bounded_by() const override;
    Activation activation() const { return activation_; }  ///< as given

private:
    Activation activation_;
};

/// x, below 0 alpha (exp(x) - 1).
class Elu : public Module {
public:
    /// Error unless alpha is finite.
    explicit Elu(double alpha = 1);
    Tensor forward(const Tensor& x) override;
    std::string describe() const override;
    bool separates_rows() const override { return true; }
    double alpha() const { return alpha_; }  ///< as given

private:
    double alpha_;
};

/// In training sets each element to 0 with probability `rate` and scales the others by 1 / (1 - rate), with draws of
/// default_generator(); in evaluation does nothing.
class Dropout : public Module {
public:
    /// Error unless 0 <= rate < 1.
    explicit Dropout(double rate = 0.5);
    Tensor forward(const Tensor& x) override;
    std::string describe() const override;
    bool separates_rows() const override { return true; }
    Bf16Form bf16_form() const override { return Bf16Form::keeps; }
    double rate() const { return rate_; }  ///< as given

private:
    double rate_;
};

/// (N, ...) -> (N, product of the rest).
struct Flatten : Module {
    Tensor forward(const Tensor& x) override;
    bool separates_rows() const override { return true; }
    Bf16Form bf16_form() const override { return Bf16Form::keeps; }
};

/// max(x, 0).
struct Relu : Module {
    Tensor forward(const Tensor& x) override;
    bool separates_rows() const override { return true; }
    Bf16Form bf16_form() const override { return Bf16Form::keeps; }
    std::string bounded_by() const override { return "relu"; }
};

/// x, and slope * x below 0.
class LeakyRelu : public Module {
public:
    /// Error unless the slope is finite.
    explicit LeakyRelu(double slope = 0.01);
    Tensor forward(const Tensor& x) override;
    std::string describe() const override;
    bool separates_rows() const override { return true; }
    double slope() const { return slope_; }  ///< as given

private:
    double slope_;
};

/// 1 / (1 + exp(-x)).
struct Sigmoid : Module {
    Tensor forward(const Tensor& x) override;
    bool separates_rows() const override { return true; }
    std::string bounded_by() const override { return "sigmoid"; }
};

/// Hyperbolic tangent.
struct Tanh : Module {
    Tensor forward(const Tensor& x) override;
    bool separates_rows() const override { return true; }
    std::string bounded_by() const override { return "tanh"; }
};

/// Probabilities along the last axis. Not before cross_entropy(), which takes logits.
struct Softmax : Module {
    Tensor forward(const Tensor& x) override;
    bool separates_rows() const override { return true; }
    std::string bounded_by() const override { return "softmax"; }
};

/// A function without parameters as a layer: `nn::Lambda{[](const Tensor& x) { return x * 0.5; }}`.
class Lambda : public Module {
public:
    /// `name` is for tables. Error when the function is empty.
    explicit Lambda(std::function<Tensor(const Tensor&)> function, std::string name = "Lambda");
    Tensor forward(const Tensor& x) override;
    std::string describe() const override { return name_; }

private:
    std::function<Tensor(const Tensor&)> function_;
    std::string name_;
};

}  // namespace cyclone::nn
