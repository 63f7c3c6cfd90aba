// Ops that move, cut, join and repeat axes or pick elements along one, against index arithmetic of their own.

#include <cyclone/autograd/backward.h>
#include <cyclone/ops/ops.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

#include "ops/op_table.h"
#include "support/catch.h"

using namespace cyclone;
using test::Array;
using test::check_case;
using test::OpCase;

namespace {

using Index = std::int64_t;

std::vector<Shape> one(Index a, Index b, Index c) { return {{a, b, c}}; }
std::vector<Shape> four(Index a, Index b, Index c) { return {{a, b, 3, c}}; }

/// An op of one input whose element i of the result is element from(shape of the input, i).
OpCase moves(const char* name, std::function<Tensor(const Tensor&)> op,
             std::vector<Shape> (*shapes)(Index, Index, Index),
             std::function<std::vector<Index>(const std::vector<Index>&)> from) {
    return {.name = name,
            .shapes = shapes,
            .op = [op](const TensorList& in) { return op(in[0]); },
            .oracle =
                [from](const std::vector<Array>& in) {
                    std::vector<double> y;
                    for (const Index i : from(in[0].shape)) y.push_back(in[0].values[static_cast<std::size_t>(i)]);
                    return y;
                }};
}

/// The largest or smallest of each line along axis 1 of three.
OpCase extreme(bool largest, bool keep_dims) {
    return {.name = largest ? "max" : "min",
            .shapes = one,
            .op = [=](const TensorList& in) { return largest ? max(in[0], 1, keep_dims) : min(in[0], -2, keep_dims); },
            .oracle =
                [=](const std::vector<Array>& in) {
                    const auto& s = in[0].shape;
                    std::vector<double> y;
                    for (Index i = 0; i < s[0]; ++i)
                        for (Index k = 0; k < s[2]; ++k) {
                            std::vector<double> line;
                            for (Index j = 0; j < s[1]; ++j)
                                line.push_back(in[0].values[static_cast<std::size_t>((i * s[1] + j) * s[2] + k)]);
                            y.push_back(largest ? *std::max_element(line.begin(), line.end())
                                                : *std::min_element(line.begin(), line.end()));
                        }
                    return y;
                }};
}

}  // namespace

TEST_CASE("permutations and transpositions") {
    check_case(moves(
        "permute",
        [](const Tensor& x) {
            return permute(x, {2, 0, -2});
        },
        one,
        [](const std::vector<Index>& s) {
            std::vector<Index> at;
            for (Index k = 0; k < s[2]; ++k)
                for (Index i = 0; i < s[0]; ++i)
                    for (Index j = 0; j < s[1]; ++j) at.push_back((i * s[1] + j) * s[2] + k);
            return at;
        }));
    check_case(moves(
        "transpose", [](const Tensor& x) { return transpose(x); }, one,
        [](const std::vector<Index>& s) {
            std::vector<Index> at;
            for (Index i = 0; i < s[0]; ++i)
                for (Index k = 0; k < s[2]; ++k)
                    for (Index j = 0; j < s[1]; ++j) at.push_back((i * s[1] + j) * s[2] + k);
            return at;
        }));
    const Tensor labels = Tensor::from<std::int64_t>({1, 2, 3, 4, 5, 6}, {2, 3});
    CHECK(transpose(labels, 0, 1).to_vector<std::int64_t>() == std::vector<std::int64_t>{1, 4, 2, 5, 3, 6});
    CHECK(permute(labels, {0, 1}).to_vector<std::int64_t>() == labels.to_vector<std::int64_t>());
    CHECK(permute(Tensor::scalar(3), std::span<const int>()).item() == 3);
    CHECK(permute(Tensor::zeros({2, 0, 3}), {2, 1, 0}).shape() == Shape{3, 0, 2});
    CHECK_THROWS_WITH(permute(labels, {0}), Catch::Contains("each axis of shape (2, 3) once, got 1"));
    CHECK_THROWS_WITH(permute(labels, {0, -2}), Catch::Contains("axis -2 is named twice"));
    CHECK_THROWS_WITH(permute(labels, {0, 2}), Catch::Contains("got 2"));
    CHECK_THROWS_WITH(transpose(Tensor::ones({2})), Catch::Contains("got -2"));
}

TEST_CASE("parts by place, and a new axis") {
    check_case(moves(
        "narrow", [](const Tensor& x) { return narrow(x, 1, 1, 2); }, one,
        [](const std::vector<Index>& s) {
            std::vector<Index> at;
            for (Index i = 0; i < s[0]; ++i)
                for (Index j = 1; j < 3; ++j)
                    for (Index k = 0; k < s[2]; ++k) at.push_back((i * s[1] + j) * s[2] + k);
            return at;
        }));
    check_case(moves(
        "select", [](const Tensor& x) { return select(x, -1, -2); }, one,
        [](const std::vector<Index>& s) {
            std::vector<Index> at;
            for (Index i = 0; i < s[0] * s[1]; ++i) at.push_back(i * s[2] + s[2] - 2);
            return at;
        }));
    check_case(moves(
        "split and joined the other way round",
        [](const Tensor& x) {
            const std::vector<Tensor> parts = split(x, {1, x.size(1) - 1}, 1);
            return concat({parts[1], parts[0]}, 1);
        },
        one,
        [](const std::vector<Index>& s) {
            std::vector<Index> at;
            for (Index i = 0; i < s[0]; ++i)
                for (Index j = 0; j < s[1]; ++j)
                    for (Index k = 0; k < s[2]; ++k) at.push_back((i * s[1] + (j + 1) % s[1]) * s[2] + k);
            return at;
        }));
    check_case(moves(
        "stacked with itself",
        [](const Tensor& x) {
            return stack({x, x}, 1);
        },
        one,
        [](const std::vector<Index>& s) {
            std::vector<Index> at;
            for (Index i = 0; i < s[0]; ++i)
                for (int copy = 0; copy < 2; ++copy)
                    for (Index j = 0; j < s[1] * s[2]; ++j) at.push_back(i * s[1] * s[2] + j);
            return at;
        }));
    const Tensor x = Tensor::ones({2, 3});
    CHECK(stack({x, x, x}).shape() == Shape{3, 2, 3});
    CHECK(stack({x}, -1).shape() == Shape{2, 3, 1});
    CHECK_THROWS_WITH(stack({x, Tensor::ones({3, 2})}), Catch::Contains("part 1 has (3, 2)"));
    CHECK_THROWS_WITH(stack({x}, 3), Catch::Contains("between -3 and 2, got 3"));
    CHECK_THROWS_WITH(narrow(x, 1, 2, 2), Catch::Contains("axis 1 of shape (2, 3) has no 2 elements from 2"));
    CHECK_THROWS_WITH(narrow(x, 1, -1, 1), Catch::Contains("has no 1 elements from -1"));
    CHECK_THROWS_WITH(select(x, 0, 2), Catch::Contains("axis 0 of shape (2, 3) has no element 2"));
    CHECK_THROWS_WITH(split(x, {1, 1}, 1), Catch::Contains("sizes that fill axis 1 of shape (2, 3), got 2 in all"));
}

TEST_CASE("nearest upsampling repeats pixels") {
    check_case(moves(
        "upsample",
        [](const Tensor& x) {
            return upsample_nearest2d(x, {3, 2});
        },
        four,
        [](const std::vector<Index>& s) {
            std::vector<Index> at;
            for (Index n = 0; n < s[0]; ++n)
                for (Index h = 0; h < 3 * s[1]; ++h)
                    for (Index w = 0; w < 2 * s[2]; ++w)
                        for (Index c = 0; c < s[3]; ++c) at.push_back(((n * s[1] + h / 3) * s[2] + w / 2) * s[3] + c);
            return at;
        }));
    CHECK(upsample_nearest2d(Tensor::ones({1, 2, 3, 1})).shape() == Shape{1, 4, 6, 1});
    CHECK(upsample_nearest2d(Tensor::ones({0, 2, 3, 1})).shape() == Shape{0, 4, 6, 1});
    CHECK_THROWS_WITH(upsample_nearest2d(Tensor::ones({2, 3, 1})), Catch::Contains("(N, H, W, C)"));
    CHECK_THROWS_WITH(upsample_nearest2d(Tensor::ones({1, 2, 3, 1}), 0), Catch::Contains("factor >= 1"));
}

TEST_CASE("bilinear upsampling weighs the four pixels around each centre") {
    // Each new pixel as the sum over all old ones of the product of two hats of width 1, clamped to the image.
    check_case({.name = "bilinear",
                .shapes = four,
                .op =
                    [](const TensorList& in) {
                        return upsample_bilinear2d(in[0], {3, 2});
                    },
                .oracle =
                    [](const std::vector<Array>& in) {
                        const auto& s = in[0].shape;
                        const auto hat = [](Index to, Index factor, Index from, Index size) {
                            const double centre = (static_cast<double>(to) + 0.5) / static_cast<double>(factor) - 0.5;
                            const double at = std::min(std::max(centre, 0.0), static_cast<double>(size - 1));
                            return std::max(0.0, 1 - std::abs(at - static_cast<double>(from)));
                        };
                        std::vector<double> y;
                        for (Index n = 0; n < s[0]; ++n)
                            for (Index i = 0; i < 3 * s[1]; ++i)
                                for (Index j = 0; j < 2 * s[2]; ++j)
                                    for (Index c = 0; c < s[3]; ++c) {
                                        double sum = 0;
                                        for (Index h = std::max<Index>(0, i / 3 - 1); h < std::min(s[1], i / 3 + 2);
                                             ++h)
                                            for (Index w = 0; w < s[2]; ++w)
                                                sum += hat(i, 3, h, s[1]) * hat(j, 2, w, s[2]) *
                                                       in[0].values[static_cast<std::size_t>(
                                                           ((n * s[1] + h) * s[2] + w) * s[3] + c)];
                                        y.push_back(sum);
                                    }
                        return y;
                    }});
    // torch.nn.functional.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False) of [[1, 2], [3, 5]]
    const Tensor y = upsample_bilinear2d(Tensor::from<float>({1, 2, 3, 5}, {1, 2, 2, 1}));
    CHECK(y.to_vector<float>() == std::vector<float>{1, 1.25F, 1.75F, 2, 1.5F, 1.8125F, 2.4375F, 2.75F, 2.5F, 2.9375F,
                                                     3.8125F, 4.25F, 3, 3.5F, 4.5F, 5});
    const Tensor x = Tensor::from<float>({1, 2, 3, 5}, {1, 2, 2, 1});
    CHECK(upsample_bilinear2d(x, 1).to_vector<float>() == x.to_vector<float>());
    CHECK(upsample_bilinear2d(Tensor::ones({0, 2, 3, 1})).shape() == Shape{0, 4, 6, 1});
    CHECK_THROWS_WITH(upsample_bilinear2d(Tensor::ones({2, 3, 1})), Catch::Contains("(N, H, W, C)"));
    CHECK_THROWS_WITH(upsample_bilinear2d(x, {2, 0}), Catch::Contains("factor >= 1, got 2 x 0"));
}

TEST_CASE("elements by their indices") {
    const Tensor rows = Tensor::from<std::int64_t>({1, -1, 1, 0, 3, -2}, {3, 2});
    check_case(moves(
        "take", [=](const Tensor& x) { return take(x, rows, 1); }, one,
        [](const std::vector<Index>& s) {
            std::vector<Index> at;
            for (Index i = 0; i < s[0]; ++i)
                for (const Index j : {Index{1}, s[1] - 1, Index{1}, Index{0}, Index{3}, s[1] - 2})
                    for (Index k = 0; k < s[2]; ++k) at.push_back((i * s[1] + j) * s[2] + k);
            return at;
        }));
    const auto chosen = [](Index i, Index j, Index k, Index size) { return (2 * i + 3 * j + k) % size; };
    for (const int axis : {0, 1, 2}) {
        const auto make = [=](const std::vector<Index>& s, Index count) {
            Shape shape{s[0], s[1], s[2]};
            shape.set(axis, count);
            std::vector<Index> index, from;
            for (Index i = 0; i < shape[0]; ++i)
                for (Index j = 0; j < shape[1]; ++j)
                    for (Index k = 0; k < shape[2]; ++k) {
                        const Index size = s[static_cast<std::size_t>(axis)], at = chosen(i, j, k, size);
                        index.push_back(k % 2 == 0 ? at : at - size);  // from the end
                        const Index a = axis == 0 ? at : i, b = axis == 1 ? at : j, c = axis == 2 ? at : k;
                        from.push_back((a * s[1] + b) * s[2] + c);
                    }
            return std::pair(Tensor::from(index, shape), from);
        };
        check_case(moves(
            "gather",
            [=](const Tensor& x) {
                return gather(x, make({x.size(0), x.size(1), x.size(2)}, 3).first, axis - 3);
            },
            one, [=](const std::vector<Index>& s) { return make(s, 3).second; }));
    }
    const Tensor labels = Tensor::from<std::int64_t>({10, 20, 30}, {3});
    CHECK(take(labels, Tensor::from<std::int64_t>({2, 0}, {2})).to_vector<std::int64_t>() ==
          std::vector<std::int64_t>{30, 10});
    CHECK(take(labels, Tensor::scalar(1, DType::i64)).shape() == Shape{});
    CHECK(take(Tensor::ones({3, 2}), Tensor::zeros({0}, DType::i64)).shape() == Shape{0, 2});
    CHECK_THROWS_WITH(take(labels, Tensor::from<std::int64_t>({3}, {1})), Catch::Contains("has no element 3"));
    CHECK_THROWS_WITH(take(labels, Tensor::from<std::int64_t>({-4}, {1})), Catch::Contains("has no element -4"));
    CHECK_THROWS_WITH(take(labels, Tensor::ones({1})), Catch::Contains("indices of i64, got f32"));
    CHECK_THROWS_WITH(gather(Tensor::ones({2, 3}), Tensor::zeros({3, 2}, DType::i64)),
                      Catch::Contains("agree with shape (2, 3) outside axis 1, got (3, 2)"));
}

TEST_CASE("what Python users reach for on a tensor is recorded like the ops") {
    Tensor x = Tensor::from<double>({1, 2, 3, 4, 5, 7}, {2, 3}).set_requires_grad();
    CHECK(x[1][-1].item() == 7);
    CHECK(x[0].shape() == Shape{3});
    CHECK(x.sum().item() == 22);
    CHECK(x.sum(0).to_vector<double>() == std::vector<double>{5, 7, 10});
    CHECK(x.mean().item() == Approx(22.0 / 6));
    CHECK(x.mean(1, true).shape() == Shape{2, 1});
    CHECK(x.max(1).to_vector<double>() == std::vector<double>{3, 7});
    CHECK(x.min(0).to_vector<double>() == std::vector<double>{1, 2, 3});
    CHECK(x.argmax(0).to_vector<std::int64_t>() == std::vector<std::int64_t>{1, 1, 1});
    CHECK(x.reshape({3, -1}).shape() == Shape{3, 2});
    CHECK(x.transpose().to_vector<double>() == std::vector<double>{1, 4, 2, 5, 3, 7});
    Tensor y = x[0] * 2;
    y += x[1].mean();
    backward(y.sum());
    CHECK(x.grad().to_vector<double>() == std::vector<double>{2, 2, 2, 1, 1, 1});
    CHECK_THROWS_WITH(x[2], Catch::Contains("axis 0 of shape (2, 3) has no element 2"));
    CHECK_THROWS_WITH(Tensor()[0], Catch::Contains("undefined"));
    CHECK_THROWS_WITH(Tensor::scalar(1)[0], Catch::Contains("axis of shape"));
}

TEST_CASE("largest and smallest elements along an axis") {
    for (const bool largest : {true, false})
        for (const bool keep : {true, false}) check_case(extreme(largest, keep));
    const Tensor x = Tensor::from<float>({3, 7, 7, 1, NAN, 9, 5, 5, 5}, {3, 3});
    CHECK(argmax(x).to_vector<std::int64_t>() == std::vector<std::int64_t>{1, 1, 0});
    CHECK(argmax(x, 0, true).shape() == Shape{1, 3});
    CHECK(std::isnan(max(x, 1).to_vector<float>()[1]));
    CHECK(std::isnan(min(x, 1).to_vector<float>()[1]));
    Tensor ties = Tensor::from<float>({2, 2, 1}, {3}).set_requires_grad();
    backward(max(ties, 0), Tensor::full({}, 4));
    CHECK(ties.grad().to_vector<float>() == std::vector<float>{4, 0, 0});
    CHECK_THROWS_WITH(max(x, 2), Catch::Contains("an axis of shape (3, 3), got 2"));
    CHECK_THROWS_WITH(argmax(Tensor::zeros({2, 0})), Catch::Contains("axis 1 of shape (2, 0) has no element"));
}

TEST_CASE("products of transposed operands are those of transposed copies") {
    for (const bool ta : {false, true})
        for (const bool tb : {false, true})
            check_case(
                {.name = std::string("matmul") + (ta ? " a" : "") + (tb ? " b" : ""),
                 .shapes =
                     [=](Index a, Index b, Index c) {
                         return std::vector<Shape>{ta ? Shape{2, b, a} : Shape{2, a, b},
                                                   tb ? Shape{c, b} : Shape{b, c}};
                     },
                 .op =
                     [=](const TensorList& in) { return matmul(in[0], in[1], {.transpose_a = ta, .transpose_b = tb}); },
                 .oracle =
                     [=](const std::vector<Array>& in) {
                         const Index m = in[0].shape[ta ? 2 : 1], k = in[0].shape[ta ? 1 : 2];
                         const Index n = in[1].shape[tb ? 0 : 1];
                         std::vector<double> y;
                         for (Index batch = 0; batch < 2; ++batch)
                             for (Index i = 0; i < m; ++i)
                                 for (Index j = 0; j < n; ++j) {
                                     double sum = 0;
                                     for (Index l = 0; l < k; ++l)
                                         sum += in[0].values[static_cast<std::size_t>(batch * m * k +
                                                                                      (ta ? l * m + i : i * k + l))] *
                                                in[1].values[static_cast<std::size_t>(tb ? j * k + l : l * n + j)];
                                     y.push_back(sum);
                                 }
                         return y;
                     }});
    CHECK_THROWS_WITH(matmul(Tensor::ones({2, 3}), Tensor::ones({2, 3}), {}), Catch::Contains("do not fit: rows of 3"));
    CHECK_THROWS_WITH(matmul(Tensor::ones({3}), Tensor::ones({3}), {.transpose_b = true}),
                      Catch::Contains("at least two dimensions"));
}
