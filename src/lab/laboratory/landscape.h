#pragma once
// A network's weights as one list of numbers, and what can be measured around them.

#include <cyclone/nn/module.h>
#include <cyclone/train/curvature.h>

#include <vector>

namespace cyclone::lab {

using train::dot;
using train::largest_curvature;
using train::norm;
using train::plus;
using train::Weights;

/// All parameters in the order of Module::parameters().
inline Weights weights_of(const nn::Module& model) { return train::weights_of(model.parameters()); }
inline void set_weights(nn::Module& model, const Weights& weights) { train::set_weights(model.parameters(), weights); }
/// All gradients, which backward() made.
inline Weights gradients_of(const nn::Module& model) { return train::gradients_of(model.parameters()); }

/// The lines on which values over a grid have a level: points of segments, a NaN after each; values[row][column] stand
/// at (x[column], y[row]). Marching squares, with straight lines within a cell.
struct Contour {
    std::vector<double> x, y;
};
Contour contour(const std::vector<double>& x, const std::vector<double>& y,
                const std::vector<std::vector<double>>& values, double level);

}  // namespace cyclone::lab
