#pragma once
// Initial values of parameters. Every draw comes from default_generator(), so that manual_seed() fixes a whole model.

#include <cyclone/base/registry.h>
#include <cyclone/tensor/tensor.h>

#include <cstdint>
#include <functional>
#include <vector>

namespace cyclone::nn {

/// Fills a parameter: `nn::Conv2d{3, 16, {.activation = relu, .init = nn::init::he_normal}}`, or any function of your
/// own.
using Initializer = std::function<void(Tensor&)>;

/// The initializers with a name, which model texts take as "conv:32,init=he-normal": glorot-uniform, glorot-normal,
/// he-uniform, he-normal, zeros, and what a program adds.
Registry<Initializer(Arguments&)>& initializers();

namespace init {

/// The number of inputs of one output of a weight, and of outputs of one input.
struct Fans {
    std::int64_t in;   ///< window * inputs
    std::int64_t out;  ///< window * outputs
};

/// Of a weight (outputs, window..., inputs), as Keras counts. A vector has its length for both.
Fans fans(const Shape& weight);

/// Fills with 0.
void zeros(Tensor& weight);
/// Fills with `value`.
Initializer constant(double value);
/// Uniform in [low, high). Error unless low <= high are finite.
Initializer uniform(double low = -0.05, double high = 0.05);
/// Normal. Error unless both are finite and standard_deviation >= 0.
Initializer normal(double mean = 0, double standard_deviation = 0.05);

/// For the bias of the last layer: the log of the prior of each class, so that an untrained model answers with the
/// priors. Only their ratios count: they may be class counts. One output for two classes (sigmoid) gets
/// log(prior of class 1 / prior of class 0), which is -log((1 - p) / p) of the focal-loss paper (Lin et al. 2017).
/// Errors: a prior that is not positive; when it fills, a bias of another size.
Initializer prior_bias(std::vector<double> priors);

/// U(-L, L), L = sqrt(6 / (in + out)) (Glorot and Bengio 2010); the default of Keras and of the study.
void glorot_uniform(Tensor& weight);
/// Normal of variance 2 / (in + out), cut at two standard deviations (Keras 2.2.3 and later).
void glorot_normal(Tensor& weight);
/// U(-L, L), L = sqrt(6 / in) (He et al. 2015), made for layers with a relu behind them.
void he_uniform(Tensor& weight);
/// Normal of variance 2 / in, cut at two standard deviations (He et al. 2015).
void he_normal(Tensor& weight);

}  // namespace init
}  // namespace cyclone::nn
