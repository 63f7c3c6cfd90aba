// Transposed convolution against its definition (each input pixel adds its kernel to the result), and as the gradient
// of a convolution.

#include <cyclone/autograd/backward.h>
#include <cyclone/ops/ops.h>

#include <string>
#include <vector>

#include "ops/op_table.h"
#include "support/catch.h"

using namespace cyclone;
using test::Array;
using test::check_case;
using test::OpCase;

namespace {

using Index = std::int64_t;

struct Variant {
    std::string name;
    ConvTranspose2dWindow window;
    Pair kernel;
    bool bias = true;
};

struct Axis {
    Index stride, dilation, before, after, added;
    Index result(Index size, Index kernel) const {
        return (size - 1) * stride + dilation * (kernel - 1) + 1 - before - after + added;
    }
};

// Of padding `same` the amounts for these kernels and strides: what is over of kernel - stride, the smaller half first.
Padding amounts(const Variant& v) {
    if (v.window.padding.mode != Padding::Mode::same) return v.window.padding;
    const auto over = [](Index kernel, Index stride, Index dilation) {
        return std::max<Index>(0, dilation * (kernel - 1) + 1 - stride);
    };
    const Index h = over(v.kernel.h, v.window.stride.h, v.window.dilation.h);
    const Index w = over(v.kernel.w, v.window.stride.w, v.window.dilation.w);
    return {h / 2, h - h / 2, w / 2, w - w / 2};
}

std::vector<double> scattered(const Variant& v, const std::vector<Array>& in) {
    const auto &x = in[0], &weight = in[1];
    const Index n = x.shape[0], h = x.shape[1], w = x.shape[2], c = x.shape[3], kh = v.kernel.h, kw = v.kernel.w;
    const Index group_o = weight.shape[3], groups = v.window.groups, o = group_o * groups, group_c = c / groups;
    const Padding p = amounts(v);
    const bool same = v.window.padding.mode == Padding::Mode::same;
    const Axis down{v.window.stride.h, v.window.dilation.h, p.top, p.bottom, v.window.output_padding.h};
    const Axis across{v.window.stride.w, v.window.dilation.w, p.left, p.right, v.window.output_padding.w};
    const Index oh = same ? h * down.stride : down.result(h, kh), ow = same ? w * across.stride : across.result(w, kw);
    std::vector<double> y(static_cast<std::size_t>(n * oh * ow * o));
    for (Index i = 0; i < static_cast<Index>(y.size()); ++i)
        y[static_cast<std::size_t>(i)] = v.bias ? in[2].values[static_cast<std::size_t>(i % o)] : 0;
    for (Index i = 0; i < x.numel(); ++i) {
        const Index channel = i % c, column = i / c % w, row = i / c / w % h, image = i / c / w / h;
        for (Index a = 0; a < kh; ++a)
            for (Index b = 0; b < kw; ++b)
                for (Index k = 0; k < group_o; ++k) {
                    const Index r = row * down.stride + a * down.dilation - down.before;
                    const Index s = column * across.stride + b * across.dilation - across.before;
                    if (r < 0 || r >= oh || s < 0 || s >= ow) continue;
                    y[static_cast<std::size_t>(((image * oh + r) * ow + s) * o + channel / group_c * group_o + k)] +=
                        x.values[static_cast<std::size_t>(i)] *
                        weight.values[static_cast<std::size_t>(((channel * kh + a) * kw + b) * group_o + k)];
                }
    }
    return y;
}

OpCase case_of(const Variant& v) {
    const Index groups = v.window.groups;
    return {
        .name = v.name,
        .shapes =
            [=](Index a, Index b, Index c) {
                const Index size = std::min<Index>(b, 4), channels = std::min<Index>(c, 9) * groups;
                std::vector<Shape> shapes{{std::min<Index>(a, 2), size - 1, size, channels},
                                          {channels, v.kernel.h, v.kernel.w, 3}};
                if (v.bias) shapes.push_back({3 * groups});
                return shapes;
            },
        .op = [=](const TensorList& in) { return conv_transpose2d(in[0], in[1], v.bias ? in[2] : Tensor(), v.window); },
        .oracle = [=](const std::vector<Array>& in) { return scattered(v, in); },
        .f32_tolerance = 1e-5,
        .same_bits = false};
}

}  // namespace

TEST_CASE("transposed convolution adds each pixel's kernel to the result") {
    const std::vector<Variant> variants{
        {"plain", {}, {3, 3}},
        {"twice the size", {.stride = 2, .padding = 1, .output_padding = 1}, {3, 3}},
        {"twice the size with a kernel of 4", {.stride = 2, .padding = 1}, {4, 4}, false},
        {"same", {.stride = {2, 3}, .padding = Padding::same()}, {3, 4}},
        {"same with gaps", {.stride = 3, .padding = Padding::same()}, {2, 2}},
        {"dilated", {.stride = {1, 2}, .padding = {1, 0, 2, 1}, .dilation = {2, 1}}, {2, 3}},
        {"groups", {.stride = 2, .groups = 2}, {2, 3}, false},
        {"one pixel", {.stride = {2, 3}, .padding = {1, 0, 0, 2}, .output_padding = {1, 2}}, {1, 1}},
        {"one pixel, same", {.stride = 2, .padding = Padding::same()}, {1, 1}, false},
    };
    for (const Variant& v : variants) check_case(case_of(v));
}

TEST_CASE("transposed convolution is the gradient of the convolution of the same options") {
    for (const Padding& padding : {Padding(1), Padding::same()}) {
        Tensor x = Tensor::ones({2, 8, 6, 3}).set_requires_grad();
        std::vector<float> numbers;
        for (int i = 0; i < 3 * 3 * 4 * 3; ++i) numbers.push_back(static_cast<float>(i % 7) - 2.5F);
        const Tensor weight = Tensor::from(numbers, {4, 3, 3, 3});
        const Tensor y = conv2d(x, weight, {}, {.stride = 2, .padding = padding});
        REQUIRE(y.shape() == Shape{2, 4, 3, 4});
        Tensor grad = Tensor::empty(y.shape());
        for (std::int64_t i = 0; i < grad.numel(); ++i) grad.mutable_data<float>()[i] = static_cast<float>(i % 5);
        backward(y, grad);
        const bool same = padding.mode == Padding::Mode::same;
        const Tensor up =
            conv_transpose2d(grad, weight, {}, {.stride = 2, .padding = padding, .output_padding = same ? 0 : 1});
        CHECK(up.shape() == x.shape());
        CHECK(up.to_vector<float>() == x.grad().to_vector<float>());
    }
}

TEST_CASE("transposed convolution says what does not fit") {
    const Tensor x = Tensor::ones({1, 4, 4, 6}), weight = Tensor::ones({6, 3, 3, 2});
    const auto with = [&](const ConvTranspose2dWindow& window) { return conv_transpose2d(x, weight, {}, window); };
    CHECK(conv_transpose2d(x, weight, {}, {.stride = 2}, relu).shape() == Shape{1, 9, 9, 2});
    CHECK(conv_transpose2d(Tensor::ones({0, 4, 4, 6}), weight).shape() == Shape{0, 6, 6, 2});
    CHECK_THROWS_WITH(conv_transpose2d(Tensor::ones({4, 4, 6}), weight),
                      Catch::Contains("(N, H, W, C), got (4, 4, 6)"));
    CHECK_THROWS_WITH(conv_transpose2d(x, Tensor::ones({5, 3, 3, 2})),
                      Catch::Contains("6 channels") && Catch::Contains("expects 5"));
    CHECK_THROWS_WITH(conv_transpose2d(x, weight, Tensor::ones({3})), Catch::Contains("a bias of shape (2), got (3)"));
    CHECK_THROWS_WITH(with({.groups = 4}), Catch::Contains("4 groups do not divide the 6 channels"));
    CHECK_THROWS_WITH(with({.stride = 2, .output_padding = 2}), Catch::Contains("less than the stride"));
    CHECK_THROWS_WITH(with({.stride = 2, .padding = Padding::same(), .output_padding = 1}), Catch::Contains("0 with"));
    CHECK_THROWS_WITH(with({.padding = 3}),
                      Catch::Contains("3 and 3 leaves nothing along the height of a result of 6"));
    CHECK_THROWS_WITH(with({.stride = 0}), Catch::Contains("stride of at least 1"));
    CHECK_THROWS_WITH(with({.padding = -1}), Catch::Contains("padding of at least 0"));
    CHECK_THROWS_WITH(with({.stride = 1 << 30}), Catch::Contains("too large"));
    CHECK_THROWS_WITH(with({.dilation = std::int64_t{1} << 40}), Catch::Contains("dilation of at least 1"));
}
