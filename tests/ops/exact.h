#pragma once
// Exact tests, after oneDNN's own benchdnn: small integers keep every sum below 2^24, so that any order of summation
// gives the same bits and the threshold is 0.

#include <cyclone/base/random.h>
#include <cyclone/tensor/tensor.h>

#include <algorithm>
#include <cmath>

#include "support/catch.h"

namespace exact {

using cyclone::DType;
using cyclone::Shape;
using cyclone::Tensor;

/// Integers in [-limit, limit], a quarter of them thinned to 0 unless told otherwise.
inline Tensor integers(const Shape& shape, std::uint64_t seed, DType dtype = DType::f32, std::int64_t limit = 8,
                       bool thinned = true) {
    const cyclone::Random random(seed);
    Tensor out = Tensor::empty(shape, DType::f64);
    double* values = out.mutable_data<double>();
    for (std::int64_t i = 0; i < out.numel(); ++i) {
        const auto draw = random.below(static_cast<std::uint64_t>(i), static_cast<std::uint64_t>(4 * (2 * limit + 1)));
        values[i] = thinned && draw % 4 == 0 ? 0 : static_cast<double>(static_cast<std::int64_t>(draw / 4) - limit);
    }
    return out.to(dtype);
}

/// Uniform in [-1, 1), for gradient checks.
inline Tensor reals(const Shape& shape, std::uint64_t seed, DType dtype = DType::f64) {
    const cyclone::Random random(seed);
    Tensor out = Tensor::empty(shape, DType::f64);
    for (std::int64_t i = 0; i < out.numel(); ++i)
        out.mutable_data<double>()[i] = 2 * random.uniform(static_cast<std::uint64_t>(i)) - 1;
    return out.to(dtype);
}

inline Tensor leaf(Tensor tensor) {
    tensor.set_requires_grad();
    return tensor;
}

/// A kernel that writes only zeros must not pass: at most 30 % of the expected values may be 0.
inline void check_trusted(const char* what, const Tensor& expected) {
    const Tensor values = expected.to(DType::f64);
    std::int64_t zeros = 0;
    for (const double v : values.values<double>()) zeros += v == 0;
    INFO(what << ": " << zeros << " of " << values.numel() << " expected values are 0");
    CHECK(10 * zeros <= 3 * values.numel());
}

/// Every element equal (0 and -0 are), or within `tolerance` relative to max(|expected|, floor).
inline void check_equal(const char* what, const Tensor& actual, const Tensor& expected, double tolerance = 0,
                        double floor = 1e-5) {
    REQUIRE(actual.defined());
    REQUIRE(actual.shape() == expected.shape());
    const Tensor a = actual.to(DType::f64), e = expected.to(DType::f64);
    std::int64_t wrong = 0, first = -1;
    for (std::int64_t i = 0; i < a.numel(); ++i) {
        const double got = a.data<double>()[i], want = e.data<double>()[i];
        const bool same =
            tolerance == 0 ? got == want : std::abs(got - want) <= tolerance * std::max(std::abs(want), floor);
        if (same) continue;
        if (first < 0) first = i;
        ++wrong;
    }
    INFO(what << ": " << wrong << " of " << a.numel() << " elements differ, first at " << first << ": got "
              << (first < 0 ? 0 : a.data<double>()[first]) << ", expected "
              << (first < 0 ? 0 : e.data<double>()[first]));
    CHECK(wrong == 0);
}

}  // namespace exact
