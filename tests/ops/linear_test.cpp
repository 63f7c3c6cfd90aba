#include <cyclone/autograd/backward.h>
#include <cyclone/autograd/gradcheck.h>
#include <cyclone/ops/linear.h>

#include "kernels/reference/conv2d.h"
#include "ops/exact.h"

using namespace cyclone;
using exact::check_equal;
using exact::integers;
using exact::leaf;
using exact::reals;

namespace {

struct Case {
    std::int64_t n, i, o;
};
const Case kCases[] = {{32, 512, 256}, {32, 256, 2}, {32, 256, 256}, {1, 64, 8}, {7, 13, 11},
                       {3, 1, 5},      {5, 17, 1},   {1, 1, 1},      {61, 31, 2}};

struct Results {
    Tensor y, x_grad, weight_grad, bias_grad;
};

// One dot product of f64 columns after the other.
Results oracle(const Tensor& x, const Tensor& weight, const Tensor& bias, const Tensor& y_grad) {
    const std::int64_t n = x.size(0), inputs = x.size(1), outputs = weight.size(0);
    const auto at = [](const Tensor& t, std::int64_t row, std::int64_t column) {
        return static_cast<double>(t.data<float>()[row * t.size(1) + column]);
    };
    Results r{Tensor::empty({n, outputs}, DType::f64), Tensor::empty({n, inputs}, DType::f64),
              Tensor::empty({outputs, inputs}, DType::f64), Tensor::empty({outputs}, DType::f64)};
    const auto fill = [](Tensor& t, auto&& value) {
        for (std::int64_t k = 0; k < t.numel(); ++k) {
            const std::int64_t columns = t.size(-1);
            t.mutable_data<double>()[k] = value(k / columns, k % columns);
        }
    };
    const auto sum = [](std::int64_t count, auto&& term) {
        double total = 0;
        for (std::int64_t k = 0; k < count; ++k) total += term(k);
        return total;
    };
    fill(r.y, [&](auto row, auto o) {
        return bias.data<float>()[o] + sum(inputs, [&](auto k) { return at(x, row, k) * at(weight, o, k); });
    });
    fill(r.x_grad,
         [&](auto row, auto i) { return sum(outputs, [&](auto k) { return at(y_grad, row, k) * at(weight, k, i); }); });
    fill(r.weight_grad, [&](auto o, auto i) { return sum(n, [&](auto k) { return at(y_grad, k, o) * at(x, k, i); }); });
    fill(r.bias_grad, [&](auto, auto o) { return sum(n, [&](auto k) { return at(y_grad, k, o); }); });
    return r;
}

void check_results(const Results& actual, const Results& expected) {
    check_equal("output", actual.y, expected.y);
    check_equal("gradient of the input", actual.x_grad, expected.x_grad);
    check_equal("gradient of the weight", actual.weight_grad, expected.weight_grad);
    check_equal("gradient of the bias", actual.bias_grad, expected.bias_grad);
}

}  // namespace

TEST_CASE("linear is exact in integers: the op and the reference kernel against plain dot products") {
    for (const Case& c : kCases) {
        INFO(c.n << " rows, " << c.i << " -> " << c.o);
        Tensor x = leaf(integers({c.n, c.i}, 11)), weight = leaf(integers({c.o, c.i}, 12)),
               bias = leaf(integers({c.o}, 13));
        const Tensor y_grad = integers({c.n, c.o}, 14);
        const Results expected = oracle(x, weight, bias, y_grad);
        if (c.n * c.i * c.o > 100) exact::check_trusted("output", expected.y);
        const Tensor y = linear(x, weight, bias);
        backward(y, y_grad);
        check_results({y.detach(), x.grad(), weight.grad(), bias.grad()}, expected);

        INFO("reference kernel");
        const auto g = kernels::reference::as_conv2d(kernels::LinearGeometry{c.n, c.i, c.o});
        Results r{Tensor::empty(y.shape()), Tensor::empty(x.shape()), Tensor::empty(weight.shape()),
                  Tensor::empty(bias.shape())};
        namespace reference = kernels::reference;
        reference::conv2d_forward(g, false, x.data<float>(), weight.data<float>(), bias.data<float>(),
                                  r.y.mutable_data<float>());
        reference::conv2d_backward_data(g, y_grad.data<float>(), weight.data<float>(), r.x_grad.mutable_data<float>());
        reference::conv2d_backward_weights(g, x.data<float>(), y_grad.data<float>(),
                                           r.weight_grad.mutable_data<float>(), r.bias_grad.mutable_data<float>());
        check_results(r, expected);
    }
}

TEST_CASE("linear with a fused relu equals relu after linear") {
    for (const Case& c : kCases) {
        INFO(c.n << " rows, " << c.i << " -> " << c.o);
        const Tensor y_grad = integers({c.n, c.o}, 14);
        Results results[2];
        for (const bool fused : {false, true}) {
            Tensor x = leaf(integers({c.n, c.i}, 11)), weight = leaf(integers({c.o, c.i}, 12)),
                   bias = leaf(integers({c.o}, 13));
            const Tensor y = fused ? linear(x, weight, bias, relu) : relu(linear(x, weight, bias));
            backward(y, y_grad);
            results[fused] = {y.detach(), x.grad(), weight.grad(), bias.grad()};
        }
        check_results(results[1], results[0]);
    }
}

TEST_CASE("linear gradients agree with central differences") {
    for (const Activation activation : {Activation(), Activation(relu), Activation(sigmoid)}) {
        const auto f = [activation](const TensorList& in) { return linear(in[0], in[1], in[2], activation); };
        const GradcheckResult result =
            gradcheck(f, {leaf(reals({3, 4}, 1)), leaf(reals({5, 4}, 2)), leaf(reals({5}, 3))});
        INFO(result.message);
        CHECK(result.passed);
    }
    const GradcheckResult without_bias = gradcheck([](const TensorList& in) { return linear(in[0], in[1]); },
                                                   {leaf(reals({2, 3}, 1)), leaf(reals({2, 3}, 2))});
    CHECK(without_bias.passed);
}

TEST_CASE("linear of an empty batch is empty and gives zero gradients") {
    Tensor x = Tensor::zeros({0, 3}), weight = leaf(Tensor::ones({2, 3}));
    const Tensor y = linear(x, weight);
    CHECK(y.shape() == Shape{0, 2});
    backward(y, Tensor::zeros({0, 2}));
    check_equal("weight", weight.grad(), Tensor::zeros({2, 3}));
}

TEST_CASE("linear says what does not fit") {
    using Catch::Contains;
    const Tensor x = Tensor::zeros({2, 3});
    CHECK_THROWS_WITH(linear(Tensor::zeros({2, 3, 4, 5}), x), Contains("flatten"));
    CHECK_THROWS_WITH(linear(x, Tensor::zeros({2, 4})), Contains("3 features") && Contains("expects 4"));
    CHECK_THROWS_WITH(linear(x, Tensor::zeros({2, 3}), Tensor::zeros({3})), Contains("bias"));
    CHECK_THROWS_WITH(linear(x, Tensor::zeros({2, 3}, DType::f64)), Contains("f64"));
    CHECK_THROWS_WITH(linear(x.to(DType::u8), Tensor::zeros({2, 3}, DType::u8)), Contains("u8"));
}
