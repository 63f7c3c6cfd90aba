#include <cyclone/autograd/backward.h>
#include <cyclone/autograd/gradcheck.h>
#include <cyclone/ops/conv2d.h>

#include "kernels/reference/conv2d.h"
#include "ops/exact.h"

using namespace cyclone;
using exact::check_equal;
using exact::integers;
using exact::leaf;
using exact::reals;

namespace {

struct Case {
    const char* name;
    Shape x, weight;
    Conv2dWindow window;
    Pair output;
    Padding padding;  // as it should come out of the window: top, bottom, left, right
};

constexpr std::int64_t kO = 32;

const Case kCases[] = {
    {"first layer of the study", {32, 16, 16, 1}, {kO, 3, 3, 1}, {.padding = Padding::same()}, 16, 1},
    {"first layer of colours", {3, 9, 11, 3}, {16, 3, 3, 3}, {.padding = 1}, {9, 11}, 1},
    {"first layer of colours, stride 2, as wide as three vectors",
     {2, 8, 9, 3},
     {48, 3, 3, 3},
     {.stride = 2, .padding = Padding::same()},
     {4, 5},
     {0, 1, 1, 1}},
    {"first layer of 5 x 5", {35, 7, 6, 1}, {64, 5, 5, 1}, {.padding = {3, 0, 1, 2}}, {6, 5}, {3, 0, 1, 2}},
    {"first layer, strides differ", {2, 10, 13, 1}, {16, 3, 3, 1}, {.stride = {1, 3}}, {8, 4}, 0},
    {"32 channels same", {2, 16, 16, 32}, {kO, 3, 3, 32}, {.padding = Padding::same()}, 16, 1},
    {"32 channels 8 x 8", {8, 8, 8, 32}, {kO, 3, 3, 32}, {.padding = 1}, 8, 1},
    {"valid", {4, 9, 9, 8}, {16, 3, 3, 8}, {}, 7, 0},
    {"primes", {3, 13, 11, 5}, {7, 5, 3, 5}, {}, {9, 9}, 0},
    {"primes same stride 2",
     {2, 13, 11, 7},
     {5, 3, 5, 7},
     {.stride = 2, .padding = Padding::same()},
     {7, 6},
     {1, 1, 2, 2}},
    {"even kernel same", {2, 8, 8, 4}, {8, 2, 4, 4}, {.padding = Padding::same()}, 8, {0, 1, 1, 2}},
    {"even size same stride 2", {2, 8, 8, 8}, {8, 3, 3, 8}, {.stride = 2, .padding = Padding::same()}, 4, {0, 1, 0, 1}},
    {"asymmetric padding", {2, 7, 9, 3}, {8, 3, 3, 3}, {.padding = {2, 0, 1, 3}}, {7, 11}, {2, 0, 1, 3}},
    {"strides differ", {2, 11, 13, 8}, {8, 3, 3, 8}, {.stride = {3, 2}}, {3, 6}, 0},
    {"stride beyond the kernel", {2, 12, 12, 8}, {8, 1, 1, 8}, {.stride = 3}, 4, 0},
    // oneDNN 2.6 wrote behind a buffer of its own here: the program ended in free().
    {"1 x 1 stride 2 of 6 channels", {2, 16, 16, 6}, {13, 1, 1, 6}, {.stride = 2}, 8, 0},
    {"1 x 1 stride and groups", {2, 9, 8, 10}, {4, 1, 1, 5}, {.stride = {1, 3}, .groups = 2}, {9, 3}, 0},
    {"dilation", {2, 13, 13, 8}, {8, 3, 3, 8}, {.dilation = {2, 3}}, {9, 7}, 0},
    {"dilation same", {2, 11, 11, 5}, {3, 3, 3, 5}, {.padding = Padding::same(), .dilation = 2}, 11, 2},
    {"1 x 1", {3, 7, 7, 16}, {24, 1, 1, 16}, {}, 7, 0},
    {"1 x 1 primes", {3, 5, 7, 11}, {13, 1, 1, 11}, {}, {5, 7}, 0},
    {"two groups", {2, 9, 9, 16}, {32, 3, 3, 8}, {.padding = 1, .groups = 2}, 9, 1},
    {"groups of primes", {2, 7, 7, 15}, {21, 3, 3, 5}, {.padding = 1, .groups = 3}, 7, 1},
    {"depthwise", {2, 9, 9, 16}, {16, 3, 3, 1}, {.padding = 1, .groups = 16}, 9, 1},
    {"depthwise primes stride 2", {2, 11, 7, 13}, {13, 3, 3, 1}, {.stride = 2, .groups = 13}, {5, 3}, 0},
    {"depth multiplier", {2, 7, 7, 3}, {6, 3, 3, 1}, {.groups = 3}, 5, 0},
    {"kernel of the whole image", {3, 5, 7, 4}, {6, 5, 7, 4}, {}, 1, 0},
    {"one image one channel", {1, 5, 5, 1}, {1, 3, 3, 1}, {.padding = 1}, 5, 1},
};

struct Results {
    Tensor y, x_grad, weight_grad, bias_grad;
};

// Naive and written differently from the kernels: on a padded copy of each image, output channel outermost, all three
// products in one nest, in f64.
Results oracle(const Case& c, const Tensor& x_, const Tensor& weight_, const Tensor& bias_, const Tensor& y_grad_) {
    const Tensor x = x_.to(DType::f64), weight = weight_.to(DType::f64), bias = bias_.to(DType::f64),
                 y_grad = y_grad_.to(DType::f64);
    const std::int64_t groups = c.window.groups, channels = x.size(3), outputs = weight.size(0), kh = weight.size(1),
                       kw = weight.size(2), part = channels / groups, oh = c.output.h, ow = c.output.w;
    const std::int64_t ph = x.size(1) + c.padding.top + c.padding.bottom,
                       pw = x.size(2) + c.padding.left + c.padding.right;
    Results r{Tensor::zeros({x.size(0), oh, ow, outputs}, DType::f64), Tensor::zeros(x.shape(), DType::f64),
              Tensor::zeros(weight.shape(), DType::f64), Tensor::zeros({outputs}, DType::f64)};
    const double *xs = x.data<double>(), *ws = weight.data<double>(), *gs = y_grad.data<double>();
    double *ys = r.y.mutable_data<double>(), *x_grads = r.x_grad.mutable_data<double>(),
           *w_grads = r.weight_grad.mutable_data<double>(), *b_grads = r.bias_grad.mutable_data<double>();
    for (std::int64_t n = 0; n < x.size(0); ++n) {
        std::vector<double> padded(static_cast<std::size_t>(ph * pw * channels)), grad(padded.size());
        const auto image = [&](std::int64_t h, std::int64_t w, std::int64_t ch) {
            return ((n * x.size(1) + h) * x.size(2) + w) * channels + ch;
        };
        const auto in_padded = [&](std::int64_t h, std::int64_t w, std::int64_t ch) {
            return static_cast<std::size_t>((ch * ph + h) * pw + w);
        };
        for (std::int64_t h = 0; h < x.size(1); ++h)
            for (std::int64_t w = 0; w < x.size(2); ++w)
                for (std::int64_t ch = 0; ch < channels; ++ch)
                    padded[in_padded(h + c.padding.top, w + c.padding.left, ch)] = xs[image(h, w, ch)];
        for (std::int64_t o = 0; o < outputs; ++o)
            for (std::int64_t ch = 0; ch < part; ++ch)
                for (std::int64_t a = 0; a < kh; ++a)
                    for (std::int64_t b = 0; b < kw; ++b)
                        for (std::int64_t i = 0; i < oh; ++i)
                            for (std::int64_t j = 0; j < ow; ++j) {
                                const std::size_t from = in_padded(i * c.window.stride.h + a * c.window.dilation.h,
                                                                   j * c.window.stride.w + b * c.window.dilation.w,
                                                                   o * groups / outputs * part + ch);
                                const std::int64_t to = ((n * oh + i) * ow + j) * outputs + o;
                                const std::int64_t tap = ((o * kh + a) * kw + b) * part + ch;
                                ys[to] += padded[from] * ws[tap];
                                grad[from] += gs[to] * ws[tap];
                                w_grads[tap] += gs[to] * padded[from];
                            }
        for (std::int64_t h = 0; h < x.size(1); ++h)
            for (std::int64_t w = 0; w < x.size(2); ++w)
                for (std::int64_t ch = 0; ch < channels; ++ch)
                    x_grads[image(h, w, ch)] = grad[in_padded(h + c.padding.top, w + c.padding.left, ch)];
    }
    for (std::int64_t i = 0; i < r.y.numel(); ++i) {
        ys[i] += bias.data<double>()[i % outputs];
        b_grads[i % outputs] += gs[i];
    }
    return r;
}

Results through_reference(const Case& c, const Tensor& x, const Tensor& weight, const Tensor& bias,
                          const Tensor& y_grad) {
    const Conv2dWindow& o = c.window;
    const kernels::Conv2dGeometry g{x.size(0),    x.size(1),      x.size(2),        x.size(3),      c.output.h,
                                    c.output.w,   weight.size(0), weight.size(1),   weight.size(2), o.stride.h,
                                    o.stride.w,   c.padding.top,  c.padding.bottom, c.padding.left, c.padding.right,
                                    o.dilation.h, o.dilation.w,   o.groups};
    Results r{Tensor::empty(y_grad.shape()), Tensor::empty(x.shape()), Tensor::empty(weight.shape()),
              Tensor::empty(bias.shape())};
    namespace reference = kernels::reference;
    reference::conv2d_forward(g, false, x.data<float>(), weight.data<float>(), bias.data<float>(),
                              r.y.mutable_data<float>());
    reference::conv2d_backward_data(g, y_grad.data<float>(), weight.data<float>(), r.x_grad.mutable_data<float>());
    reference::conv2d_backward_weights(g, x.data<float>(), y_grad.data<float>(), r.weight_grad.mutable_data<float>(),
                                       r.bias_grad.mutable_data<float>());
    return r;
}

Results through_op(Tensor x, Tensor weight, Tensor bias, const Conv2dWindow& window, const Tensor& y_grad,
                   Activation activation = {}) {
    x = leaf(x.clone()), weight = leaf(weight.clone()), bias = leaf(bias.clone());
    const Tensor y = conv2d(x, weight, bias, window, activation);
    REQUIRE(y.shape() == y_grad.shape());
    backward(y, y_grad);
    return {y.detach(), x.grad(), weight.grad(), bias.grad()};
}

void check_results(const Results& actual, const Results& expected) {
    check_equal("output", actual.y, expected.y);
    check_equal("gradient of the input", actual.x_grad, expected.x_grad);
    check_equal("gradient of the weight", actual.weight_grad, expected.weight_grad);
    check_equal("gradient of the bias", actual.bias_grad, expected.bias_grad);
}

struct Inputs {
    Tensor x, weight, bias, y_grad;
    explicit Inputs(const Case& c)
        : x(integers(c.x, 1)),
          weight(integers(c.weight, 2)),
          bias(integers({c.weight[0]}, 3)),
          y_grad(integers({c.x[0], c.output.h, c.output.w, c.weight[0]}, 4)) {}
};

}  // namespace

TEST_CASE("conv2d is exact in integers: the op and the reference kernel against a naive loop") {
    for (const Case& c : kCases) {
        INFO(c.name);
        const Inputs in(c);
        const Results expected = oracle(c, in.x, in.weight, in.bias, in.y_grad);
        exact::check_trusted("output", expected.y);
        exact::check_trusted("gradient of the weight", expected.weight_grad);
        {
            INFO("op");
            check_results(through_op(in.x, in.weight, in.bias, c.window, in.y_grad), expected);
        }
        INFO("reference kernel");
        check_results(through_reference(c, in.x, in.weight, in.bias, in.y_grad), expected);
    }
}

TEST_CASE("conv2d with a fused relu equals relu after conv2d") {
    for (const Case& c : kCases) {
        INFO(c.name);
        const Inputs in(c);
        const Results actual = through_op(in.x, in.weight, in.bias, c.window, in.y_grad, relu);
        Tensor x = leaf(in.x), weight = leaf(in.weight), bias = leaf(in.bias);
        const Tensor y = relu(conv2d(x, weight, bias, c.window));
        backward(y, in.y_grad);
        check_results(actual, {y.detach(), x.grad(), weight.grad(), bias.grad()});
    }
}

TEST_CASE(
    "a first layer, whose input needs no gradient, has the gradients of relu after conv2d, on any number of threads") {
    for (const Case& c : kCases) {
        INFO(c.name);
        const Inputs in(c);
        Tensor weight = leaf(in.weight), bias = leaf(in.bias);
        backward(relu(conv2d(in.x, weight, bias, c.window)), in.y_grad);
        const int before = num_threads();
        for (const int threads : {1, 3}) {
            set_num_threads(threads);
            Tensor fused_weight = leaf(in.weight.clone()), fused_bias = leaf(in.bias.clone());
            backward(conv2d(in.x, fused_weight, fused_bias, c.window, relu), in.y_grad);
            check_equal("gradient of the weight", fused_weight.grad(), weight.grad());
            check_equal("gradient of the bias", fused_bias.grad(), bias.grad());
        }
        set_num_threads(before);
    }
}

TEST_CASE("conv2d works without a bias and computes only the gradients that are asked for") {
    const Case& c = kCases[1];
    const Inputs in(c);
    const Results expected = oracle(c, in.x, in.weight, Tensor::zeros({kO}), in.y_grad);
    Tensor x = in.x.clone(), weight = leaf(in.weight.clone());
    const Tensor y = conv2d(x, weight, {}, c.window);
    check_equal("output", y, expected.y);
    backward(y, in.y_grad);
    check_equal("gradient of the weight", weight.grad(), expected.weight_grad);
    CHECK_FALSE(x.grad().defined());

    Tensor image = leaf(in.x.clone());
    backward(conv2d(image, in.weight, {}, c.window), in.y_grad);
    check_equal("gradient of the input", image.grad(), expected.x_grad);

    Tensor bias = leaf(in.bias.clone());
    backward(conv2d(x, in.weight, bias, c.window), in.y_grad);
    check_equal("gradient of the bias", bias.grad(), expected.bias_grad);
}

TEST_CASE("conv2d gradients agree with central differences for every option") {
    struct Small {
        const char* name;
        Shape x, weight;
        Conv2dWindow window;
        Activation activation = {};
    };
    const Small cases[] = {
        {"plain", {2, 4, 5, 3}, {2, 3, 2, 3}, {}},
        {"same", {1, 4, 4, 2}, {3, 3, 3, 2}, {.padding = Padding::same()}},
        {"stride and padding", {1, 5, 6, 2}, {2, 3, 3, 2}, {.stride = {2, 1}, .padding = {1, 0, 2, 1}}},
        {"dilation", {1, 5, 5, 2}, {2, 2, 3, 2}, {.dilation = 2}},
        {"groups", {1, 4, 4, 4}, {6, 2, 2, 2}, {.groups = 2}},
        {"depthwise", {1, 4, 4, 3}, {3, 3, 3, 1}, {.padding = 1, .groups = 3}},
        {"relu", {1, 4, 4, 2}, {3, 3, 3, 2}, {}, relu},
        {"tanh", {1, 4, 4, 2}, {3, 3, 3, 2}, {}, cyclone::tanh},
    };
    for (const Small& c : cases) {
        INFO(c.name);
        const auto f = [&c](const TensorList& in) { return conv2d(in[0], in[1], in[2], c.window, c.activation); };
        const GradcheckResult result =
            gradcheck(f, {leaf(reals(c.x, 1)), leaf(reals(c.weight, 2)), leaf(reals({c.weight[0]}, 3))});
        INFO(result.message);
        CHECK(result.passed);
    }
}

TEST_CASE("conv2d of an empty batch is empty and gives zero gradients") {
    for (const DType dtype : {DType::f32, DType::f64}) {
        Tensor x = leaf(Tensor::zeros({0, 5, 5, 2}, dtype)), weight = leaf(Tensor::ones({3, 3, 3, 2}, dtype)),
               bias = leaf(Tensor::ones({3}, dtype));
        const Tensor y = conv2d(x, weight, bias, {}, relu);
        CHECK(y.shape() == Shape{0, 3, 3, 3});
        backward(y, Tensor::zeros(y.shape(), dtype));
        CHECK(x.grad().shape() == x.shape());
        check_equal("weight", weight.grad(), Tensor::zeros(weight.shape()));
        check_equal("bias", bias.grad(), Tensor::zeros({3}));
    }
}

TEST_CASE("conv2d says what does not fit") {
    using Catch::Contains;
    const auto t = [](const Shape& shape) { return Tensor::zeros(shape); };
    const Tensor x = t({2, 5, 5, 4}), w = t({8, 3, 3, 4});
    CHECK_THROWS_WITH(conv2d(t({5, 5, 4}), w), Contains("(N, H, W, C)") && Contains("(5, 5, 4)"));
    CHECK_THROWS_WITH(conv2d(x, t({8, 36})), Contains("(O, KH, KW, C / groups)"));
    CHECK_THROWS_WITH(conv2d(x, t({8, 3, 3, 3})), Contains("4 channels") && Contains("expects 3"));
    CHECK_THROWS_WITH(conv2d(x, w, t({7})), Contains("bias") && Contains("(8)") && Contains("(7)"));
    CHECK_THROWS_WITH(conv2d(x, w, {}, {.groups = 3}), Contains("3 groups do not divide"));
    CHECK_THROWS_WITH(conv2d(x, w, {}, {.groups = 0}), Contains("0 groups"));
    CHECK_THROWS_WITH(conv2d(x, t({8, 7, 3, 4})), Contains("height") && Contains("7") && Contains("only 5"));
    CHECK_THROWS_WITH(conv2d(x, w, {}, {.dilation = 3}), Contains("reaches over 7"));
    CHECK_THROWS_WITH(conv2d(x, w, {}, {.stride = 0}), Contains("stride of at least 1"));
    CHECK_THROWS_WITH(conv2d(x, w, {}, {.padding = -1}), Contains("padding of at least 0"));
    CHECK_THROWS_WITH(conv2d(x, w.to(DType::f64)), Contains("f32") && Contains("f64"));
    CHECK_THROWS_WITH(conv2d(x.to(DType::i64), w.to(DType::i64)), Contains("i64"));
    CHECK_THROWS_WITH(conv2d(t({2, 0, 5, 4}), w), Contains("only 0"));
}
