#pragma once
// Initial values of parameters. Every draw comes from default_generator(), so manual_seed() fixes a whole network.

#include <cyclone/tensor/tensor.h>

#include <functional>
#include <vector>

namespace cyclone::nn {

/// Fills a parameter. `.init = nn::init::he_normal`, or any function of your own.
using Initializer = std::function<void(Tensor&)>;

namespace init {

/// Number of inputs that reach one output, and of outputs that one input reaches.
struct Fans {
    std::int64_t in, out;
};

/// Of a weight (outputs, window..., inputs): in = window * inputs, out = window * outputs, as Keras counts. A vector
/// has its length for both.
Fans fans(const Shape& weight);

void zeros(Tensor& weight);
Initializer constant(double value);
Initializer uniform(double low = -0.05, double high = 0.05);
Initializer normal(double mean = 0, double standard_deviation = 0.05);

/// For the bias of the last layer: log of each class's share (given in any unit, e.g. counts), so that an untrained net
/// answers with the shares. One output of two classes (sigmoid) gets log(share of 1 / share of 0), which is
/// -log((1 - p) / p) of the focal-loss paper (Lin et al. 2017). Errors: a share that is not positive; at the fill, a
/// bias of another size.
Initializer prior_bias(std::vector<double> shares);

/// U(-L, L), L = sqrt(6 / (in + out)) (Glorot and Bengio 2010); the default of Keras and of the study.
void glorot_uniform(Tensor& weight);
/// Normal of variance 2 / (in + out), cut at two standard deviations (Keras 2.2.3 and later).
void glorot_normal(Tensor& weight);
/// U(-L, L), L = sqrt(6 / in) (He et al. 2015).
void he_uniform(Tensor& weight);
/// Normal of variance 2 / in, cut at two standard deviations.
void he_normal(Tensor& weight);

}  // namespace init
}  // namespace cyclone::nn
