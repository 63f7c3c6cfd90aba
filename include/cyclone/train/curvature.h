#pragma once
// The largest curvature of a loss, and parameters as one list of numbers.

#include <cyclone/tensor/tensor.h>

#include <functional>
#include <vector>

namespace cyclone::train {

/// All elements of parameters, in their order.
using Weights = std::vector<float>;
/// Of f32 parameters; Error for others.
Weights weights_of(const std::vector<Tensor>& parameters);
/// The gradients that backward() made; zeros where a parameter has none.
Weights gradients_of(const std::vector<Tensor>& parameters);
/// Copies `weights` into the parameters. Error where there are fewer or more.
void set_weights(const std::vector<Tensor>& parameters, const Weights& weights);

/// a + factor * b
Weights plus(const Weights& a, double factor, const Weights& b);
/// Sum of the products, in f64.
double dot(const Weights& a, const Weights& b);
/// Euclidean norm.
double norm(const Weights& a);

/// The curvature that is largest in size, an eigenvalue of the Hessian of the function with this gradient: power
/// iteration. The Hessian times a direction is (gradient(w + e v) - gradient(w - e v)) / 2 e with e = `step` and a
/// direction of length 1, so an iteration costs two gradients. `direction` is where it begins and where it ends; the
/// next call for weights nearby needs few iterations. NaN where the direction is 0 or not finite.
double largest_curvature(const std::function<Weights(const Weights&)>& gradient, const Weights& at, Weights& direction,
                         int iterations, double step = 1e-2);

}  // namespace cyclone::train
