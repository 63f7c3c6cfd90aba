#pragma once
// Checks a backward against central differences. Public, so that a user can test an op of their own.

#include <cyclone/autograd/record.h>

#include <functional>
#include <string>

namespace cyclone {

/// Step and tolerances of gradcheck().
struct GradcheckOptions {
    double epsilon = 1e-6;             ///< step of the central difference
    double absolute_tolerance = 1e-5;  ///< |analytic - numeric| <= absolute + relative * |numeric|
    double relative_tolerance = 1e-3;  ///< see absolute_tolerance
    std::uint64_t seed = 1;            ///< draws the weights that turn the output into one number
};

/// What gradcheck() found.
struct GradcheckResult {
    bool passed = false;                               ///< all gradients agree
    double largest_error = 0;                          ///< largest |analytic - numeric|
    std::string message;                               ///< which input and element differ most, with both values
    explicit operator bool() const { return passed; }  ///< passed
};

/// Compares d(sum of w * f(inputs)) / d(inputs), w random, with central differences for every element of every input
/// that requires a gradient.
/// Requires: f64 inputs; an f that gives the same output for the same inputs and has no kink within epsilon of them.
/// Catches a backward that assigns a gradient instead of adding it (gradients start non-zero), and one that gives other
/// bits when it runs again. Clears grad() of the inputs.
GradcheckResult gradcheck(const std::function<Tensor(const TensorList&)>& f, TensorList inputs,
                          const GradcheckOptions& options = {});

}  // namespace cyclone
