#include <cyclone/autograd/backward.h>
#include <cyclone/ops/activation.h>
#include <cyclone/ops/arithmetic.h>

#include <algorithm>
#include <cmath>

#include "ops/op_table.h"
#include "support/catch.h"

using namespace cyclone;
using test::Array;
using test::check_case;
using test::OpCase;

namespace {

using Extent = std::int64_t;
using Unary = double (*)(double);
using Binary = double (*)(double, double);

std::vector<Shape> one(Extent a, Extent b, Extent c) { return {{a, b, c}}; }

OpCase unary(const char* name, Tensor (*op)(const Tensor&), Unary f, double low = -2, double high = 2) {
    return {.name = name,
            .shapes = one,
            .op = [op](const TensorList& in) { return op(in[0]); },
            .oracle =
                [f](const std::vector<Array>& in) {
                    std::vector<double> y;
                    for (const double v : in[0].values) y.push_back(f(v));
                    return y;
                },
            .low = low,
            .high = high};
}

/// Every way in which two operands can broadcast: equal, scalar, trailing, leading, crossed, inner repeats.
std::vector<OpCase> binary(const std::string& name, Tensor (*op)(const Tensor&, const Tensor&), Binary f, double low) {
    using Shapes = std::vector<Shape>;
    const std::vector<std::pair<const char*, std::function<Shapes(Extent, Extent, Extent)>>> patterns = {
        {" equal",
         [](Extent a, Extent b, Extent c) {
             return Shapes{{a, b, c}, {a, b, c}};
         }},
        {" scalar right",
         [](Extent a, Extent b, Extent c) {
             return Shapes{{a, b, c}, {}};
         }},
        {" scalar left",
         [](Extent a, Extent b, Extent c) {
             return Shapes{{1, 1}, {a, b, c}};
         }},
        {" trailing",
         [](Extent a, Extent b, Extent c) {
             return Shapes{{a, b, c}, {c}};
         }},
        {" leading",
         [](Extent a, Extent b, Extent c) {
             return Shapes{{a, 1, 1}, {a, b, c}};
         }},
        {" crossed",
         [](Extent a, Extent b, Extent c) {
             return Shapes{{a, 1, c}, {b, 1}};
         }},
        {" middle",
         [](Extent a, Extent b, Extent c) {
             return Shapes{{a, b, c}, {1, b, 1}};
         }},
        {" outer",
         [](Extent a, Extent b, Extent c) {
             return Shapes{{a, 1, 1}, {1, b, c}};
         }},
    };
    std::vector<OpCase> rows;
    for (const auto& pattern : patterns)
        rows.push_back({.name = name + pattern.first,
                        .shapes = pattern.second,
                        .op = [op](const TensorList& in) { return op(in[0], in[1]); },
                        .oracle =
                            [f](const std::vector<Array>& in) {
                                std::vector<std::int64_t> full(std::max(in[0].shape.size(), in[1].shape.size()), 1);
                                for (const Array& x : in)
                                    for (std::size_t k = 1; k <= x.shape.size(); ++k) {
                                        std::int64_t& size = full[full.size() - k];
                                        size = std::max(size, x.shape[x.shape.size() - k]);
                                    }
                                std::int64_t count = 1;
                                for (const std::int64_t size : full) count *= size;
                                std::vector<double> y;
                                for (std::int64_t i = 0; i < count; ++i)
                                    y.push_back(f(in[0].at(i, full), in[1].at(i, full)));
                                return y;
                            },
                        .low = low});
    return rows;
}

/// exp(x - log sum exp) along `axis`, in the plain form: inputs are small.
OpCase softmax_case(int axis, bool log) {
    return {.name = std::string(log ? "log_softmax" : "softmax") + " axis " + std::to_string(axis),
            .shapes = one,
            .op = [=](const TensorList& in) { return log ? log_softmax(in[0], axis) : softmax(in[0], axis); },
            .oracle =
                [=](const std::vector<Array>& in) {
                    const Array& x = in[0];
                    const std::int64_t b = x.shape[1], c = x.shape[2];
                    const std::int64_t size = x.shape[static_cast<std::size_t>(axis < 0 ? axis + 3 : axis)];
                    std::vector<double> y;
                    for (std::int64_t i = 0; i < x.numel(); ++i) {
                        double sum = 0;
                        for (std::int64_t k = 0; k < size; ++k) {
                            const std::int64_t p = i / (b * c), q = i / c % b, r = i % c;
                            const std::int64_t at = axis == 0   ? (k * b + q) * c + r
                                                    : axis == 1 ? (p * b + k) * c + r
                                                                : (p * b + q) * c + k;
                            sum += std::exp(x.values[static_cast<std::size_t>(at)]);
                        }
                        const double v = x.values[static_cast<std::size_t>(i)];
                        y.push_back(log ? v - std::log(sum) : std::exp(v) / sum);
                    }
                    return y;
                }};
}

}  // namespace

TEST_CASE("unary element-wise ops agree with the oracle and their numeric gradient") {
    const std::vector<OpCase> rows = {
        unary("relu", relu, [](double v) { return std::max(v, 0.0); }),
        unary(
            "leaky_relu", [](const Tensor& x) { return leaky_relu(x); },
            [](double v) { return std::max(v, 0.01 * v); }),
        unary(
            "leaky_relu .3", [](const Tensor& x) { return leaky_relu(x, 0.3); },
            [](double v) { return std::max(v, 0.3 * v); }),
        unary(
            "sigmoid", sigmoid, [](double v) { return 0.5 + 0.5 * std::tanh(v / 2); }, -9, 9),
        unary(
            "tanh", tanh, [](double v) { return 2 / (1 + std::exp(-2 * v)) - 1; }, -4, 4),
        unary("neg", neg, [](double v) { return 0 - v; }),
        unary("exp", exp, [](double v) { return std::pow(2.718281828459045235, v); }),
        unary(
            "log", log, [](double v) { return std::log10(v) * 2.302585092994045684; }, 0.1, 5),
        unary(
            "sqrt", sqrt, [](double v) { return std::pow(v, 0.5); }, 0.1, 5),
        unary("abs", abs, [](double v) { return std::sqrt(v * v); }),
        unary(
            "pow 3", [](const Tensor& x) { return pow(x, 3); }, [](double v) { return v * v * v; }),
        unary(
            "pow -1.5", [](const Tensor& x) { return pow(x, -1.5); },
            [](double v) { return std::exp(-1.5 * std::log(v)); }, 0.2, 4),
        unary(
            "clamp", [](const Tensor& x) { return clamp(x, -0.75, 1.25); },
            [](double v) { return std::min(1.25, std::max(-0.75, v)); }),
        unary(
            "gelu", gelu, [](double v) { return v / 2 + v / 2 * std::erf(v / std::sqrt(2.0)); }, -4, 4),
        unary(
            "silu", silu, [](double v) { return v / (1 + std::exp(-v)); }, -6, 6),
        unary(
            "elu", [](const Tensor& x) { return elu(x, 0.7); },
            [](double v) { return v > 0 ? v : 0.7 * (std::exp(v) - 1); }),
        unary(
            "softplus", softplus, [](double v) { return std::log(1 + std::exp(v)); }, -6, 6),
        unary(
            "hardswish", hardswish, [](double v) { return v * std::min(std::max(v / 6 + 0.5, 0.0), 1.0); }, -5, 5),
    };
    for (const OpCase& row : rows) check_case(row);
}

TEST_CASE("binary element-wise ops broadcast like numpy") {
    for (const auto& rows : {binary(
                                 "add", add, [](double u, double v) { return u + v; }, -2),
                             binary(
                                 "sub", sub, [](double u, double v) { return u - v; }, -2),
                             binary(
                                 "mul", mul, [](double u, double v) { return u * v; }, -2),
                             binary(
                                 "div", div, [](double u, double v) { return u / v; }, 0.5)})
        for (const OpCase& row : rows) check_case(row);
}

TEST_CASE("softmax and log-softmax along every axis") {
    for (const int axis : {0, 1, 2, -1})
        for (const bool log : {false, true}) check_case(softmax_case(axis, log));
}

TEST_CASE("operators with a number keep the dtype of the tensor") {
    for (const DType dtype : {DType::f32, DType::f64}) {
        const Tensor x = Tensor::full({3}, 4, dtype);
        for (const auto& [y, expected] : std::vector<std::pair<Tensor, double>>{{x + 1, 5},
                                                                                {x - 1, 3},
                                                                                {x * 3, 12},
                                                                                {x / 2, 2},
                                                                                {1 + x, 5},
                                                                                {1 - x, -3},
                                                                                {3 * x, 12},
                                                                                {2 / x, 0.5},
                                                                                {-x, -4}}) {
            CHECK(y.dtype() == dtype);
            CHECK(y.to(DType::f64).to_vector<double>() == std::vector<double>(3, expected));
        }
    }
}

TEST_CASE("softmax and sigmoid stay finite and exact for huge logits") {
    const Tensor x = Tensor::from<float>({1e4F, -1e4F, 1e4F, -1e4F}, {4});
    CHECK(softmax(x).to_vector<float>() == std::vector<float>{0.5F, 0, 0.5F, 0});
    const auto log_p = log_softmax(x).to_vector<float>();
    CHECK(log_p[0] == Approx(-std::log(2.0)));
    CHECK(log_p[1] == Approx(-2e4 - std::log(2.0)));
    CHECK(sigmoid(x).to_vector<float>() == std::vector<float>{1, 0, 1, 0});
}

TEST_CASE("relu passes NaN on and has gradient zero at zero") {
    Tensor x = Tensor::from<float>({NAN, 0, -0.0F, 2}, {4});
    x.set_requires_grad();
    const Tensor y = relu(x);
    CHECK(std::isnan(y.to_vector<float>()[0]));
    CHECK(y.to_vector<float>()[3] == 2);
    backward(y, Tensor::full({4}, 3));
    CHECK(x.grad().to_vector<float>() == std::vector<float>{0, 0, 0, 3});
}

TEST_CASE("activations of huge and of no numbers") {
    const Tensor x = Tensor::from<float>({1e4F, -1e4F, 0}, {3});
    CHECK(gelu(x).to_vector<float>() == std::vector<float>{1e4F, 0, 0});
    CHECK(silu(x).to_vector<float>() == std::vector<float>{1e4F, 0, 0});
    CHECK(elu(x).to_vector<float>() == std::vector<float>{1e4F, -1, 0});
    CHECK(hardswish(x).to_vector<float>() == std::vector<float>{1e4F, 0, 0});
    CHECK(softplus(x).to_vector<float>() == std::vector<float>{1e4F, 0, std::log1p(1.0F)});
    for (const auto f : {gelu, silu, softplus, hardswish}) {
        CHECK(std::isnan(f(Tensor::full({1}, NAN)).item()));
        CHECK(Activation(f)(x).numel() == 3);
        CHECK(activations().parse(Activation(f).name()) == Activation(f));
    }
    Tensor leaf = x.clone().set_requires_grad();
    backward(gelu(leaf) + silu(leaf) + softplus(leaf), Tensor::ones({3}));
    CHECK(leaf.grad().to_vector<float>() == std::vector<float>{3, 0, 1.5F});
}

TEST_CASE("clamp keeps its ends and NaN, and says what it needs") {
    Tensor x = Tensor::from<float>({-1, 0, 1, NAN}, {4}).set_requires_grad();
    const Tensor y = clamp(x, 0, INFINITY);
    CHECK(y.to_vector<float>()[0] == 0);
    CHECK(std::isnan(y.to_vector<float>()[3]));
    backward(y, Tensor::ones({4}));
    CHECK(x.grad().to_vector<float>() == std::vector<float>{0, 1, 1, 1});
    CHECK_THROWS_WITH(clamp(x, 1, 0), Catch::Contains("low <= high, got 1 and 0"));
    CHECK_THROWS_WITH(clamp(x, NAN, 0), Catch::Contains("low <= high"));
}

TEST_CASE("where takes one tensor or the other, and each gets its gradient") {
    const Tensor flags = Tensor::from(std::vector<std::uint8_t>{1, 0, 2}, {3});
    Tensor a = Tensor::from<float>({1, 2, 3, 4, 5, NAN}, {2, 3}).set_requires_grad();
    Tensor b = Tensor::from<float>({10, 20}, {2, 1}).set_requires_grad();
    const Tensor y = where(flags, a, b);
    CHECK(y.shape() == Shape{2, 3});
    CHECK(y.to_vector<float>()[1] == 10);
    CHECK(y.to_vector<float>()[4] == 20);
    CHECK(y.to_vector<float>()[2] == 3);
    backward(y, Tensor::from<float>({1, 2, 3, 4, 5, 6}, {2, 3}));
    CHECK(a.grad().to_vector<float>() == std::vector<float>{1, 0, 3, 4, 0, 6});
    CHECK(b.grad().to_vector<float>() == std::vector<float>{2, 5});
    CHECK(where(Tensor::zeros({2, 1, 1}, DType::u8), Tensor::scalar(1), Tensor::scalar(2)).shape() == Shape{2, 1, 1});
    CHECK_THROWS_WITH(where(a.detach(), a, b), Catch::Contains("condition of u8, got f32"));
    CHECK_THROWS_AS(where(Tensor::zeros({2}, DType::u8), a, b), Error);
}

TEST_CASE("an assignment with an operator gives the handle a new value and leaves the old one to others") {
    Tensor x = Tensor::full({2}, 4);
    const Tensor before = x;
    x += Tensor::ones({2});
    x *= 3;
    x -= 1;
    x /= Tensor::full({2}, 7);
    CHECK(x.to_vector<float>() == std::vector<float>{2, 2});
    CHECK(before.to_vector<float>() == std::vector<float>{4, 4});
    const Tensor w = Tensor::full({1}, 3).set_requires_grad();
    Tensor sum = w * 2;
    sum += w;
    backward(sum);
    CHECK(w.grad().item() == 3);
}
