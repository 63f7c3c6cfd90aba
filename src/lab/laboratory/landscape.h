#pragma once
// A network's weights as one list of numbers, and what can be measured around them.

#include <cyclone/nn/module.h>

#include <cstdint>
#include <functional>
#include <vector>

namespace cyclone::lab {

/// All parameters in the order of Module::parameters().
using Weights = std::vector<float>;
Weights weights_of(const nn::Module& model);
void set_weights(nn::Module& model, const Weights& weights);
/// All gradients, which backward() made.
Weights gradients_of(const nn::Module& model);

/// a + factor * b
Weights plus(const Weights& a, double factor, const Weights& b);
double dot(const Weights& a, const Weights& b);
double norm(const Weights& a);

/// The curvature that is largest in size, of the function with this gradient: power iteration. The Hessian times a
/// direction is (gradient(w + e v) - gradient(w - e v)) / 2 e, so an iteration costs two gradients. `direction` is
/// where it begins and where it ends; the next call for weights nearby needs few iterations.
double largest_curvature(const std::function<Weights(const Weights&)>& gradient, const Weights& at, Weights& direction,
                         int iterations, double step = 1e-2);

/// The lines on which values over a grid have a level: points of segments, a NaN after each; values[row][column] stand
/// at (x[column], y[row]). Marching squares, with straight lines within a cell.
struct Contour {
    std::vector<double> x, y;
};
Contour contour(const std::vector<double>& x, const std::vector<double>& y,
                const std::vector<std::vector<double>>& values, double level);

}  // namespace cyclone::lab
