// Initial values, against the definitions of Keras.

#include <cyclone/base/random.h>
#include <cyclone/nn/nn.h>
#include <cyclone/ops/activation.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

#include "support/catch.h"

using namespace cyclone;
namespace init = cyclone::nn::init;

namespace {

struct Moments {
    double mean = 0, variance = 0, largest = 0;
};

Moments moments_of(const Tensor& t) {
    Moments out;
    const auto n = static_cast<double>(t.numel());
    for (const float x : t.values<float>()) {
        out.mean += static_cast<double>(x) / n;
        out.largest = std::max(out.largest, std::abs(static_cast<double>(x)));
    }
    for (const float x : t.values<float>()) out.variance += std::pow(static_cast<double>(x) - out.mean, 2) / n;
    return out;
}

Tensor filled(const Shape& shape, const nn::Initializer& initializer, DType dtype = DType::f32) {
    Tensor t = Tensor::empty(shape, dtype);
    initializer(t);
    return t;
}

}  // namespace

TEST_CASE("fans count as in keras with the outputs first") {
    const auto check_fans = [](const Shape& shape, std::int64_t in, std::int64_t out) {
        CHECK(init::fans(shape).in == in);
        CHECK(init::fans(shape).out == out);
    };
    check_fans({32, 3, 3, 1}, 9, 288);
    check_fans({32, 3, 3, 32}, 288, 288);
    check_fans({256, 512}, 512, 256);
    check_fans({7, 2, 3, 5}, 30, 42);
    check_fans({10}, 10, 10);
    check_fans({}, 1, 1);
}

TEST_CASE("every layer of the study starts within its glorot limit and fills it and biases are zero") {
    // Limits as computed from Keras 2.1.6: conv1, conv2-4, fc1, fc2, out.
    const std::vector<double> limits = {.14213, .10206, .10206, .10206, .08839, .10825, .15250};
    manual_seed(3);
    const auto parameters = nn::study_cnn().parameters();
    REQUIRE(parameters.size() == 14);
    for (std::size_t layer = 0; layer < limits.size(); ++layer) {
        INFO("layer " << layer);
        const Moments m = moments_of(parameters[2 * layer]);
        const auto n = static_cast<double>(parameters[2 * layer].numel());
        CHECK(m.largest <= limits[layer] + 0.5e-5);
        CHECK(m.largest >= limits[layer] * (1 - 20 / n));  // P(not reached) = e^-20
        CHECK(std::abs(m.mean) < 5 * limits[layer] / std::sqrt(3 * n));
        CHECK(m.variance == Approx(limits[layer] * limits[layer] / 3).epsilon(5 * std::sqrt(0.8 / n)));
        CHECK(moments_of(parameters[2 * layer + 1]).largest == 0);
    }
}

TEST_CASE("the other initializers have the variances and bounds of their definitions") {
    manual_seed(4);
    const Shape shape{100, 400};  // in 400, out 100
    const double n = 40'000;
    struct Row {
        const char* name;
        nn::Initializer initializer;
        double mean, variance, bound, kurtosis_excess_factor;
    };
    const double cut = 2 / 0.87962566103423978;
    const std::vector<Row> rows = {
        {"glorot_normal", init::glorot_normal, 0, 2.0 / 500, cut * std::sqrt(2.0 / 500), 1.4},
        {"he_uniform", init::he_uniform, 0, 2.0 / 400, std::sqrt(6.0 / 400), 0.8},
        {"he_normal", init::he_normal, 0, 2.0 / 400, cut * std::sqrt(2.0 / 400), 1.4},
        {"uniform", init::uniform(-0.1, 0.3), 0.1, 0.16 / 12, 0.3, 0.8},
        {"normal", init::normal(1, 0.5), 1, 0.25, HUGE_VAL, 2},
    };
    for (const Row& row : rows) {
        INFO(row.name);
        const Moments m = moments_of(filled(shape, row.initializer));
        CHECK(std::abs(m.mean - row.mean) < 5 * std::sqrt(row.variance / n));
        CHECK(m.variance == Approx(row.variance).epsilon(5 * std::sqrt(row.kurtosis_excess_factor / n)));
        CHECK(m.largest <= row.bound * (1 + 1e-6));
        if (std::isfinite(row.bound)) CHECK(m.largest >= 0.99 * row.bound);
    }
    CHECK(filled({2, 2}, init::constant(0.25)).to_vector<float>() == std::vector<float>(4, 0.25F));
    CHECK(filled({3}, init::zeros).to_vector<float>() == std::vector<float>(3, 0));
    CHECK_THROWS_AS(init::uniform(1, 0), Error);
    CHECK_THROWS_AS(init::normal(0, -1), Error);
    CHECK_THROWS_AS(init::normal(NAN, 1), Error);
}

TEST_CASE("f64 parameters draw the same uniform numbers to f32 rounding") {
    manual_seed(9);
    const auto single = filled({5, 7}, init::glorot_uniform).to_vector<float>();
    manual_seed(9);
    const auto twice = filled({5, 7}, init::glorot_uniform, DType::f64).to_vector<double>();
    for (std::size_t i = 0; i < single.size(); ++i) CHECK(twice[i] == Approx(single[i]).margin(1e-7));
}

TEST_CASE("the same seed gives the same network and another seed another") {
    const auto weights = [](std::uint64_t seed) {
        manual_seed(seed);
        std::vector<std::vector<float>> out;
        for (const Tensor& p : nn::study_cnn().parameters()) out.push_back(p.to_vector<float>());
        return out;
    };
    const auto a = weights(1);
    CHECK(a == weights(1));
    CHECK(a[0] != weights(2)[0]);
    CHECK(a[2] != a[4]);  // two layers of one shape
    manual_seed(1);
    nn::Linear first{4, 4};
    CHECK(first.weight.to_vector<float>() != nn::Linear{4, 4}.weight.to_vector<float>());
}

TEST_CASE("layers take an initializer of their own") {
    const nn::Conv2d conv{2, 3, {.init = init::constant(0.5), .bias_init = init::constant(2)}};
    CHECK(conv.weight.to_vector<float>() == std::vector<float>(54, 0.5F));
    CHECK(conv.bias.to_vector<float>() == std::vector<float>(3, 2.0F));
    const nn::Linear linear{2, 1, {.init = [](Tensor& w) { w.fill(7); }}};
    CHECK(linear.weight.to_vector<float>() == std::vector<float>(2, 7.0F));
}

TEST_CASE("prior bias makes an untrained model answer with the priors of the classes") {
    const Tensor bias = filled({3}, init::prior_bias({80, 15, 5}), DType::f64);
    const auto p = softmax(bias).to_vector<double>();
    CHECK(p[0] == Approx(0.8).epsilon(1e-14));
    CHECK(p[1] == Approx(0.15).epsilon(1e-14));
    CHECK(p[2] == Approx(0.05).epsilon(1e-14));
    // One sigmoid with a prior of 0.01, as in the focal-loss paper: -log((1 - 0.01) / 0.01).
    CHECK(filled({1}, init::prior_bias({0.99, 0.01}), DType::f64).item() == Approx(-std::log(99.0)).epsilon(1e-14));
    CHECK_THROWS_AS(init::prior_bias({1, 0}), Error);
    CHECK_THROWS_AS(filled({3}, init::prior_bias({1, 1})), Error);
}
