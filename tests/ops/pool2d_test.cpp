#include <cyclone/autograd/backward.h>
#include <cyclone/autograd/gradcheck.h>
#include <cyclone/ops/ops.h>

#include <algorithm>
#include <array>
#include <limits>

#include "kernels/reference/pool2d.h"
#include "ops/exact.h"

using namespace cyclone;
using exact::check_equal;
using exact::integers;
using exact::leaf;
using exact::reals;

namespace {

struct Case {
    const char* name;
    Shape x;
    Pool2dOptions options;
    Pair output;
    Padding padding;  // as it should come out of the options
    Pair extra = 0;   // added by ceil mode
};

const Case kCases[] = {
    {"the study's", {32, 16, 16, 32}, {}, 8, 0},
    {"pairs and a side left over", {3, 7, 9, 5}, {}, {3, 4}, 0},
    {"primes", {3, 7, 11, 5}, {.kernel = 3}, {2, 3}, 0},
    {"overlapping", {2, 9, 9, 8}, {.kernel = 3, .stride = 2}, 4, 0},
    {"overlapping and padded", {2, 8, 8, 8}, {.kernel = 3, .stride = 2, .padding = 1}, 4, 1},
    {"kernel and stride differ by axis", {2, 11, 13, 7}, {.kernel = {2, 3}, .stride = Pair{3, 1}}, {4, 11}, 0},
    {"asymmetric padding", {2, 7, 7, 3}, {.kernel = 3, .stride = 2, .padding = {1, 0, 0, 2}}, {3, 4}, {1, 0, 0, 2}},
    {"same", {2, 7, 8, 5}, {.kernel = 3, .stride = 2, .padding = Padding::same()}, {4, 4}, {1, 1, 0, 1}},
    {"ceil", {2, 8, 8, 8}, {.kernel = 3, .stride = 2, .ceil_mode = true}, 4, 0, 1},
    {"ceil drops a window in the padding",
     {1, 3, 3, 4},
     {.kernel = 2, .stride = 2, .padding = 1, .ceil_mode = true},
     2,
     1},
    {"ceil and padding", {1, 6, 6, 4}, {.kernel = 3, .stride = 3, .padding = 1, .ceil_mode = true}, 3, 1, 1},
    {"dilation", {2, 9, 8, 3}, {.kernel = 3, .stride = 1, .dilation = {2, 3}}, {5, 2}, 0},
    {"dilation padding ceil",
     {1, 9, 9, 3},
     {.kernel = 2, .stride = 2, .padding = 1, .dilation = 3, .ceil_mode = true},
     5,
     1,
     1},
    {"whole image", {2, 5, 7, 6}, {.kernel = {5, 7}}, 1, 0},
    {"a large window", {2, 17, 17, 3}, {.kernel = {17, 16}, .stride = 1}, {1, 2}, 0},
    {"one element", {1, 1, 1, 1}, {.kernel = 1}, 1, 0},
};

struct Results {
    Tensor y, x_grad;
};

enum class Kind { max, average, average_with_padding };

// In f64, on a padded copy of each plane, in which marks distinguish pixels, padding and what ceil mode adds.
Results oracle(const Case& c, Kind kind, const Tensor& x_, const Tensor& y_grad_) {
    const Tensor x = x_.to(DType::f64), y_grad = y_grad_.to(DType::f64);
    const std::int64_t ph = x.size(1) + c.padding.top + c.padding.bottom + c.extra.h,
                       pw = x.size(2) + c.padding.left + c.padding.right + c.extra.w;
    const Pair stride = c.options.stride.value_or(c.options.kernel);
    Results r{Tensor::empty(y_grad.shape(), DType::f64), Tensor::zeros(x.shape(), DType::f64)};
    double *ys = r.y.mutable_data<double>(), *x_grads = r.x_grad.mutable_data<double>();
    const double *xs = x.data<double>(), *gs = y_grad.data<double>();
    constexpr std::int64_t kPadding = -1, kBeyond = -2;
    for (std::int64_t n = 0; n < x.size(0); ++n)
        for (std::int64_t ch = 0; ch < x.size(3); ++ch) {
            std::vector<std::int64_t> plane(static_cast<std::size_t>(ph * pw), kPadding);
            for (std::int64_t h = 0; h < ph; ++h)
                for (std::int64_t w = 0; w < pw; ++w) {
                    auto& mark = plane[static_cast<std::size_t>(h * pw + w)];
                    const std::int64_t row = h - c.padding.top, column = w - c.padding.left;
                    if (row >= 0 && row < x.size(1) && column >= 0 && column < x.size(2))
                        mark = ((n * x.size(1) + row) * x.size(2) + column) * x.size(3) + ch;
                    else if (h >= ph - c.extra.h || w >= pw - c.extra.w)
                        mark = kBeyond;
                }
            for (std::int64_t i = 0; i < c.output.h; ++i)
                for (std::int64_t j = 0; j < c.output.w; ++j) {
                    std::vector<std::int64_t> inside;
                    std::int64_t counted = 0;
                    for (std::int64_t a = 0; a < c.options.kernel.h; ++a)
                        for (std::int64_t b = 0; b < c.options.kernel.w; ++b) {
                            const std::int64_t h = i * stride.h + a * c.options.dilation.h,
                                               w = j * stride.w + b * c.options.dilation.w;
                            const std::int64_t mark = plane[static_cast<std::size_t>(h * pw + w)];
                            if (mark >= 0) inside.push_back(mark);
                            counted += mark >= 0 || (kind == Kind::average_with_padding && mark == kPadding);
                        }
                    const std::int64_t at = ((n * c.output.h + i) * c.output.w + j) * x.size(3) + ch;
                    if (kind == Kind::max) {
                        const auto largest = *std::max_element(inside.begin(), inside.end(),
                                                               [&](auto p, auto q) { return xs[p] < xs[q]; });
                        ys[at] = xs[largest];
                        x_grads[largest] += gs[at];
                        continue;
                    }
                    ys[at] = 0;
                    for (const auto from : inside) {
                        ys[at] += xs[from] / static_cast<double>(counted);
                        x_grads[from] += gs[at] / static_cast<double>(counted);
                    }
                }
        }
    return r;
}

Results through_reference(const Case& c, Kind kind, const Tensor& x, const Tensor& y_grad) {
    const Pool2dOptions& o = c.options;
    const Pair stride = o.stride.value_or(o.kernel);
    const kernels::Pool2dGeometry g{x.size(0),     x.size(1),        x.size(2),      x.size(3),       c.output.h,
                                    c.output.w,    o.kernel.h,       o.kernel.w,     stride.h,        stride.w,
                                    c.padding.top, c.padding.bottom, c.padding.left, c.padding.right, c.extra.h,
                                    c.extra.w,     o.dilation.h,     o.dilation.w};
    Results r{Tensor::empty(y_grad.shape()), Tensor::empty(x.shape())};
    namespace reference = kernels::reference;
    if (kind == Kind::max) {
        Tensor workspace = Tensor::empty({kernels::max_pool2d_workspace_bytes(g)}, DType::u8);
        reference::max_pool2d_forward(g, x.data<float>(), r.y.mutable_data<float>(), workspace.mutable_bytes());
        reference::max_pool2d_backward(g, y_grad.data<float>(), workspace.bytes(), r.x_grad.mutable_data<float>());
    } else {
        const bool padding = kind == Kind::average_with_padding;
        reference::avg_pool2d_forward(g, padding, x.data<float>(), r.y.mutable_data<float>());
        reference::avg_pool2d_backward(g, padding, y_grad.data<float>(), r.x_grad.mutable_data<float>());
    }
    return r;
}

Tensor pool(Kind kind, const Tensor& x, Pool2dOptions options) {
    options.count_include_pad = kind == Kind::average_with_padding;
    return kind == Kind::max ? max_pool2d(x, options) : avg_pool2d(x, options);
}

Results through_op(const Case& c, Kind kind, const Tensor& x_, const Tensor& y_grad) {
    Tensor x = leaf(x_.clone());
    const Tensor y = pool(kind, x, c.options);
    REQUIRE(y.shape() == y_grad.shape());
    backward(y, y_grad);
    return {y.detach(), x.grad()};
}

// Maxima are exact; an average is within 10 rounding errors of its largest term.
void check_results(Kind kind, const Results& actual, const Results& expected) {
    const double tolerance = kind == Kind::max ? 0 : 10 * std::numeric_limits<float>::epsilon();
    check_equal("output", actual.y, expected.y, tolerance, 1);
    check_equal("gradient", actual.x_grad, expected.x_grad, tolerance, 1);
}

}  // namespace

TEST_CASE("pooling: the op and the reference kernel against a naive loop") {
    for (const Case& c : kCases)
        for (const Kind kind : {Kind::max, Kind::average, Kind::average_with_padding}) {
            INFO(c.name << ", kind " << static_cast<int>(kind));
            // Integers of a small range: windows are full of ties, the first maximum must win.
            const Tensor x = integers(c.x, 21, DType::f32, 5, false);
            const Tensor y_grad = integers({c.x[0], c.output.h, c.output.w, c.x[3]}, 22);
            const Results expected = oracle(c, kind, x, y_grad);
            if (x.numel() > 100) exact::check_trusted("output", expected.y);
            {
                INFO("op");
                check_results(kind, through_op(c, kind, x, y_grad), expected);
            }
            INFO("reference kernel");
            check_results(kind, through_reference(c, kind, x, y_grad), expected);
        }
}

TEST_CASE("max pooling gives the same output with and without a record") {
    for (const Case& c : kCases) {
        INFO(c.name);
        const Tensor x = integers(c.x, 23);
        check_equal("output", max_pool2d(x, c.options), max_pool2d(leaf(x.clone()), c.options));
    }
}

Tensor sum_of_squares(const Tensor& x) { return sum(x * x); }

// A relu that max_pool2d does not know, whatever its name.
Tensor foreign_relu(const Tensor& x) {
    Tensor y = x.clone();
    for (std::int64_t i = 0; i < y.numel(); ++i) y.mutable_data<float>()[i] = std::max(y.data<float>()[i], 0.0F);
    return autograd::record("relu", y, {x}, [y = Saved(y)](const Tensor& grad) {
        Tensor x_grad = grad.clone();
        for (std::int64_t i = 0; i < grad.numel(); ++i)
            if (!(y.get().data<float>()[i] > 0)) x_grad.mutable_data<float>()[i] = 0;
        return Gradients{x_grad};
    });
}

// A pooling behind a relu takes over the relu's backward; another use of the relu's output must not notice.
TEST_CASE("max pooling behind a relu has the gradients of relu and pooling apart") {
    const auto pooled_once = [](const Tensor& y, const Pool2dOptions& o) { return sum_of_squares(max_pool2d(y, o)); };
    const auto used_before = [](const Tensor& y, const Pool2dOptions& o) {
        const Tensor other = sum(y);
        return other + sum_of_squares(max_pool2d(y, o));
    };
    const auto used_after = [](const Tensor& y, const Pool2dOptions& o) {
        const Tensor pooled = sum_of_squares(max_pool2d(y, o));
        return pooled + sum(y);
    };
    const auto pooled_twice = [](const Tensor& y, const Pool2dOptions& o) {
        return sum(max_pool2d(y, o)) + sum_of_squares(max_pool2d(y, o));
    };
    const auto through_a_view = [](const Tensor& y, const Pool2dOptions& o) {
        const Tensor view = reshape(y, {y.size(0), y.size(1), y.size(2), y.size(3)});
        return sum(y) + sum_of_squares(max_pool2d(view, o));
    };
    using Use = Tensor (*)(const Tensor&, const Pool2dOptions&);
    for (const Use use : {Use(pooled_once), Use(used_before), Use(used_after), Use(pooled_twice), Use(through_a_view)})
        for (const Case& c : kCases) {
            INFO(c.name);
            const std::int64_t channels = c.x[3];
            const Tensor values = integers(c.x, 24, DType::f32, 2);
            Tensor bias = integers({channels}, 26, DType::f32, 4);
            bias.mutable_data<float>()[0] = -1000;  // a channel in which every window is zero
            enum class Relu { foreign, op, fused };
            const auto gradients = [&](Relu kind) {
                Tensor x = leaf(values.clone()), b = leaf(bias.clone());
                Tensor w = leaf(integers({channels, 1, 1, channels}, 25, DType::f32, 2));
                const Tensor y = kind == Relu::fused ? conv2d(x, w, b, {}, relu)
                                 : kind == Relu::op  ? relu(conv2d(x, w, b))
                                                     : foreign_relu(conv2d(x, w, b));
                backward(use(y, c.options));
                return std::array{x.grad(), w.grad(), b.grad()};
            };
            const auto apart = gradients(Relu::foreign), op = gradients(Relu::op), fused = gradients(Relu::fused);
            for (std::size_t i = 0; i < fused.size(); ++i) {
                check_equal("gradient behind relu()", op[i], apart[i]);
                check_equal("gradient behind a fused relu", fused[i], apart[i]);
            }
        }
}

TEST_CASE("max pooling behind a relu of a leaf reaches the leaf") {
    Tensor x = leaf(Tensor::from({-1.0F, 2.0F, -3.0F, -4.0F, -5.0F, -6.0F, -7.0F, -8.0F}, {1, 2, 4, 1}));
    backward(sum(max_pool2d(relu(x))));
    CHECK(x.grad().to_vector<float>() == std::vector<float>{0, 1, 0, 0, 0, 0, 0, 0});
}

TEST_CASE("padding never wins a maximum") {
    for (const double value : {-5.0, static_cast<double>(std::numeric_limits<float>::lowest())}) {
        const Tensor x = Tensor::full({1, 4, 4, 9}, value);
        check_equal("constant", max_pool2d(x, {.kernel = 3, .stride = 1, .padding = 1}), x);
    }
}

TEST_CASE("a maximum keeps minus infinity and NaN") {
    const float infinity = std::numeric_limits<float>::infinity(), nan = std::numeric_limits<float>::quiet_NaN();
    for (const std::int64_t kernel : {2, 16})  // both kernels: windows up to and beyond 255 elements
        for (const DType dtype : {DType::f32, DType::f64}) {
            Tensor x = Tensor::full({1, kernel, kernel, 9}, -infinity);
            CHECK(max_pool2d(x.to(dtype), {.kernel = kernel}).to(DType::f32).data<float>()[8] == -infinity);
            for (std::int64_t at = 0; at < kernel * kernel; ++at) {
                x.fill(infinity);
                x.mutable_data<float>()[at * 9 + 8] = nan;
                const Tensor y = max_pool2d(x.to(dtype), {.kernel = kernel}).to(DType::f32);
                REQUIRE(y.data<float>()[7] == infinity);
                REQUIRE(std::isnan(y.data<float>()[8]));
            }
        }
}

TEST_CASE("pooling gradients agree with central differences for every option") {
    for (const Case& c : kCases) {
        Shape small = c.x;  // the window matters here, not the number of images and channels
        small.set(0, 1);
        small.set(3, std::min<std::int64_t>(c.x[3], 2));
        for (const Kind kind : {Kind::max, Kind::average, Kind::average_with_padding}) {
            INFO(c.name << ", kind " << static_cast<int>(kind));
            const GradcheckResult result =
                gradcheck([&](const TensorList& in) { return pool(kind, in[0], c.options); }, {leaf(reals(small, 24))});
            INFO(result.message);
            CHECK(result.passed);
        }
    }
}

TEST_CASE("global pooling over height and width") {
    const Shape shapes[] = {{2, 16, 16, 8}, {3, 5, 7, 11}, {1, 1, 1, 1}};
    for (const Shape& shape : shapes) {
        INFO(shape);
        const std::int64_t n = shape[0], area = shape[1] * shape[2], channels = shape[3];
        Tensor x = leaf(integers(shape, 25));
        const Tensor largest = global_max_pool(x), average = global_avg_pool(x);
        REQUIRE(largest.shape() == Shape{n, channels});
        REQUIRE(average.shape() == Shape{n, channels});
        for (std::int64_t k = 0; k < n * channels; ++k) {
            float top = -100, sum = 0;
            for (std::int64_t p = 0; p < area; ++p) {
                const float v = x.data<float>()[(k / channels * area + p) * channels + k % channels];
                top = std::max(top, v);
                sum += v;
            }
            CHECK(largest.data<float>()[k] == top);
            CHECK(average.data<float>()[k] == Approx(sum / static_cast<float>(area)).margin(1e-6));
        }
        backward(average, Tensor::full(average.shape(), static_cast<double>(area)));
        check_equal("gradient of the average", x.grad(), Tensor::ones(shape), 1e-6);
    }
    CHECK(gradcheck([](const TensorList& in) { return global_max_pool(in[0]); }, {leaf(reals({2, 3, 4, 2}, 1))}));
    CHECK(gradcheck([](const TensorList& in) { return global_avg_pool(in[0]); }, {leaf(reals({2, 3, 4, 2}, 1))}));
}

TEST_CASE("pooling an empty batch is empty") {
    Tensor x = leaf(Tensor::zeros({0, 4, 4, 3}));
    for (const Kind kind : {Kind::max, Kind::average}) {
        const Tensor y = pool(kind, x, {});
        CHECK(y.shape() == Shape{0, 2, 2, 3});
        backward(y, Tensor::zeros(y.shape()));
        CHECK(x.grad().shape() == x.shape());
    }
    CHECK(global_avg_pool(x).shape() == Shape{0, 3});
}

TEST_CASE("pooling says what does not fit") {
    using Catch::Contains;
    const Tensor x = Tensor::zeros({1, 4, 4, 2});
    CHECK_THROWS_WITH(max_pool2d(Tensor::zeros({4, 4})), Contains("max_pool2d") && Contains("(N, H, W, C)"));
    CHECK_THROWS_WITH(max_pool2d(x, {.kernel = 5}), Contains("reaches over 5") && Contains("only 4"));
    CHECK_THROWS_WITH(avg_pool2d(x, {.kernel = 2, .padding = 2}), Contains("avg_pool2d") && Contains("smaller than"));
    CHECK_THROWS_WITH(avg_pool2d(x, {.kernel = 0}), Contains("kernel of at least 1"));
    CHECK_THROWS_WITH(avg_pool2d(x, {.stride = Pair{0, 1}}), Contains("stride of at least 1"));
    CHECK_THROWS_WITH(max_pool2d(x.to(DType::u8)), Contains("u8"));
    CHECK_THROWS_WITH(global_avg_pool(Tensor::zeros({2, 3})), Contains("global_avg_pool"));
    CHECK_THROWS_WITH(global_max_pool(Tensor::zeros({2, 0, 3, 1})), Contains("at least 1"));
}

TEST_CASE("a change in place between relu and max pooling is an error in every dtype") {
    for (const DType dtype : {DType::f32, DType::f64}) {
        Tensor z = Tensor::full({1, 4, 4, 2}, -1, dtype).set_requires_grad();
        Tensor h = relu(z);
        h.fill(1);
        const Tensor y = sum(max_pool2d(h));
        CHECK_THROWS_WITH(backward(y), Catch::Contains("modified in place"));
    }
}
