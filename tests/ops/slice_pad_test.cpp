// Parts of tensors and borders around them, against index arithmetic of their own.

#include <cyclone/autograd/backward.h>
#include <cyclone/ops/ops.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "ops/op_table.h"
#include "support/catch.h"

using namespace cyclone;
using test::Array;
using test::check_case;
using test::OpCase;

namespace {

using Sizes = std::vector<std::int64_t>;

std::vector<Shape> one(std::int64_t a, std::int64_t b, std::int64_t c) { return {{a, b, c}}; }

/// Elements (i, j, k) of the array for which the three lists of indices ask.
std::vector<double> picked(const Array& x, const Sizes& is, const Sizes& js, const Sizes& ks) {
    std::vector<double> y;
    for (const auto i : is)
        for (const auto j : js)
            for (const auto k : ks)
                y.push_back(x.values[static_cast<std::size_t>((i * x.shape[1] + j) * x.shape[2] + k)]);
    return y;
}

/// first, first + step, ... as long as inside(index).
template <class F>
Sizes indices(std::int64_t first, std::int64_t step, F inside) {
    Sizes all;
    for (std::int64_t i = first; inside(i); i += step) all.push_back(i);
    return all;
}

Tensor line(std::int64_t n) {
    std::vector<std::int64_t> values(static_cast<std::size_t>(n));
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<std::int64_t>(i);
    return Tensor::from(values, {n});
}

Sizes cut(std::int64_t n, Range range) { return slice(line(n), {range}).to_vector<std::int64_t>(); }

}  // namespace

TEST_CASE("slice in every direction and pad against their definitions") {
    const std::vector<OpCase> rows{
        {.name = "slice of strides",
         .shapes = one,
         .op =
             [](const TensorList& in) {
                 return slice(in[0], {{}, {.step = 2}, {.begin = 1, .end = -1}});
             },
         .oracle =
             [](const std::vector<Array>& in) {
                 const Sizes& s = in[0].shape;
                 return picked(in[0], indices(0, 1, [&](auto i) { return i < s[0]; }),
                               indices(0, 2, [&](auto i) { return i < s[1]; }),
                               indices(1, 1, [&](auto i) { return i < s[2] - 1; }));
             }},
        {.name = "slice backwards",
         .shapes = one,
         .op =
             [](const TensorList& in) {
                 return slice(in[0], {{.step = -1}, {.begin = 1}, {.begin = -2, .step = -3}});
             },
         .oracle =
             [](const std::vector<Array>& in) {
                 const Sizes& s = in[0].shape;
                 return picked(in[0], indices(s[0] - 1, -1, [](auto i) { return i >= 0; }),
                               indices(1, 1, [&](auto i) { return i < s[1]; }),
                               indices(s[2] - 2, -3, [](auto i) { return i >= 0; }));
             }},
        {.name = "pad",
         .shapes = one,
         .op =
             [](const TensorList& in) {
                 return pad(in[0], {{1, 0}, {}, {2, 3}}, 0.25);
             },
         .oracle =
             [](const std::vector<Array>& in) {
                 const Sizes& s = in[0].shape;
                 std::vector<double> y(static_cast<std::size_t>((s[0] + 1) * s[1] * (s[2] + 5)), 0.25);
                 for (std::int64_t i = 0; i < in[0].numel(); ++i) {
                     const std::int64_t k = i % s[2], j = i / s[2] % s[1], row = i / s[2] / s[1] + 1;
                     y[static_cast<std::size_t>((row * s[1] + j) * (s[2] + 5) + k + 2)] =
                         in[0].values[static_cast<std::size_t>(i)];
                 }
                 return y;
             }},
    };
    for (const OpCase& row : rows) check_case(row);
}

TEST_CASE("ranges are those of Python") {
    CHECK(cut(5, {}) == Sizes{0, 1, 2, 3, 4});
    CHECK(cut(5, {.begin = 3}) == Sizes{3, 4});
    CHECK(cut(5, {.end = -3}) == Sizes{0, 1});
    CHECK(cut(5, {.begin = -2, .end = 100}) == Sizes{3, 4});
    CHECK(cut(5, {.begin = -100, .end = 2}) == Sizes{0, 1});
    CHECK(cut(5, {.begin = 3, .end = 1}).empty());
    CHECK(cut(5, {.begin = 9}).empty());
    CHECK(cut(5, {.step = -2}) == Sizes{4, 2, 0});
    CHECK(cut(5, {.begin = 3, .end = 0, .step = -1}) == Sizes{3, 2, 1});
    CHECK(cut(5, {.begin = 100, .end = -100, .step = -3}) == Sizes{4, 1});
    constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
    CHECK(cut(5, {.begin = 1, .end = kMost, .step = kMost}) == Sizes{1});
    CHECK(cut(5, {.begin = kMost, .end = -kMost - 1, .step = -kMost - 1}) == Sizes{4});
    CHECK(cut(0, {.step = -1}).empty());
    CHECK_THROWS_WITH(cut(5, {.step = 0}), Catch::Contains("step other than 0"));
    CHECK_THROWS_WITH(slice(line(5), {{}, {}}), Catch::Contains("one range per axis of shape (5)"));
    CHECK_THROWS_AS(slice(Tensor(), {{}}), Error);
}

TEST_CASE("slices and borders of every dtype and of nothing") {
    const Tensor bytes = Tensor::from(std::vector<std::uint8_t>{1, 2, 3, 4, 5, 6}, {2, 3});
    CHECK(slice(bytes, {{}, {.step = -1}}).to_vector<std::uint8_t>() == std::vector<std::uint8_t>{3, 2, 1, 6, 5, 4});
    CHECK(pad(bytes, {{0, 1}, {}}, 9).to_vector<std::uint8_t>() ==
          std::vector<std::uint8_t>{1, 2, 3, 4, 5, 6, 9, 9, 9});
    CHECK(pad(Tensor::zeros({0, 2}), {{1, 0}, {1, 1}}, 3).to_vector<float>() == std::vector<float>{3, 3, 3, 3});
    CHECK(slice(Tensor::zeros({3, 0}), {{.step = 2}}).shape() == Shape{2, 0});
    CHECK(slice(Tensor::scalar(2), std::span<const Range>()).item() == 2);
    CHECK_THROWS_WITH(pad(bytes, {{1, 1}}), Catch::Contains("an amount for each axis of shape (2, 3), got 1"));
    CHECK_THROWS_WITH(pad(bytes, {{-1, 0}, {}}), Catch::Contains("amounts >= 0") && Catch::Contains("slice() cuts"));
}

TEST_CASE("a sum with a relu in one pass") {
    const auto shapes = [](std::int64_t a, std::int64_t b, std::int64_t c) {
        return std::vector<Shape>{{a, b, c}, {a, b, c}};
    };
    check_case({.name = "add_relu",
                .shapes = shapes,
                .op = [](const TensorList& in) { return add_relu(in[0], in[1]); },
                .oracle =
                    [](const std::vector<Array>& in) {
                        std::vector<double> y;
                        for (std::size_t i = 0; i < in[0].values.size(); ++i)
                            y.push_back(std::max(0.0, in[0].values[i] + in[1].values[i]));
                        return y;
                    }});
    CHECK_THROWS_WITH(add_relu(Tensor::ones({2}), Tensor::ones({1})), Catch::Contains("one shape"));
    CHECK(std::isnan(add_relu(Tensor::full({1}, NAN), Tensor::ones({1})).item()));
    // The same tensor twice: both gradients arrive.
    Tensor x = Tensor::full({2}, 3).set_requires_grad();
    backward(add_relu(x, x), Tensor::ones({2}));
    CHECK(x.grad().to_vector<float>() == std::vector<float>{2, 2});
}
