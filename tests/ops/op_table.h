#pragma once
// One row per op and variant: how it is called and an independent oracle in double. check_case() tests forward and
// backward in f64 and f32 at a friendly and an all-prime shape, and that the number of threads changes no bit.

#include <cyclone/autograd/record.h>
#include <cyclone/tensor/shape.h>
#include <cyclone/tensor/tensor.h>

#include <functional>
#include <string>
#include <vector>

namespace cyclone::test {

/// The oracle's own array.
struct Array {
    std::vector<std::int64_t> shape;
    std::vector<double> values;

    std::int64_t numel() const { return static_cast<std::int64_t>(values.size()); }
    /// Element at flat index `i` of the array broadcast to `full`.
    double at(std::int64_t i, const std::vector<std::int64_t>& full) const;
};

struct OpCase {
    std::string name;
    /// Shapes of the inputs for extents (a, b, c).
    std::function<std::vector<Shape>(std::int64_t a, std::int64_t b, std::int64_t c)> shapes;
    std::function<Tensor(const TensorList&)> op;
    std::function<std::vector<double>(const std::vector<Array>&)> oracle;
    double low = -2, high = 2;    ///< inputs; values within 0.05 of 0 are moved away (kinks)
    double f32_tolerance = 2e-6;  ///< relative to the largest value of the output or gradient
    bool numeric_gradient = true;
    bool same_bits = true;  ///< for any number of threads; without, within the tolerance (oneDNN's convolutions)
};

void check_case(const OpCase& row);

}  // namespace cyclone::test
