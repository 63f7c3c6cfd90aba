#pragma once
// Checking a backward against central differences. Public, so that those who write an op of their own can test it.

#include <cyclone/autograd/record.h>

#include <functional>
#include <string>

namespace cyclone {

struct GradcheckOptions {
    double epsilon = 1e-6;             ///< step of the central difference
    double absolute_tolerance = 1e-5;  ///< |analytic - numeric| <= absolute + relative * |numeric|
    double relative_tolerance = 1e-3;
    std::uint64_t seed = 1;  ///< draws the weights that turn the output into one number
};

struct GradcheckResult {
    bool passed = false;
    double largest_error = 0;  ///< largest |analytic - numeric|
    std::string message;       ///< which input and element differ most, with both values
    explicit operator bool() const { return passed; }
};

/// Compares d(sum of w * f(inputs)) / d(inputs), w random, with central differences for every element of every input
/// that requires a gradient.
/// Requires: f64 inputs; f pure (twice the same inputs, the same output), without kinks within epsilon of the inputs.
/// The gradients of the inputs start non-zero, so that a backward that assigns instead of adding is caught, and the
/// backward runs twice and must give the same bits. Leaves grad() of the inputs cleared.
GradcheckResult gradcheck(const std::function<Tensor(const TensorList&)>& f, TensorList inputs,
                          const GradcheckOptions& options = {});

}  // namespace cyclone
