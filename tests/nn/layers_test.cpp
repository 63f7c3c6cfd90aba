// What layers compute, against numbers worked out by hand. The ops themselves are tested in tests/ops.

#include <cyclone/autograd/backward.h>
#include <cyclone/autograd/grad_mode.h>
#include <cyclone/autograd/gradcheck.h>
#include <cyclone/nn/nn.h>
#include <cyclone/ops/ops.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "support/catch.h"

using namespace cyclone;
namespace init = cyclone::nn::init;

namespace {

Tensor counting(const Shape& shape) {
    Tensor t = Tensor::empty(shape);
    for (std::int64_t i = 0; i < t.numel(); ++i) t.mutable_data<float>()[i] = static_cast<float>(i);
    return t;
}

std::vector<float> run(nn::Module& module, const Tensor& x) { return module(x).to_vector<float>(); }

}  // namespace

TEST_CASE("linear and conv2d layers pass weights bias and options on") {
    nn::Linear linear{2, 2, {.activation = relu}};
    linear.weight.copy_from(Tensor::from<float>({1, 2, 3, -4}, {2, 2}));
    linear.bias.copy_from(Tensor::from<float>({10, 1}, {2}));
    CHECK(run(linear, Tensor::from<float>({1, 1}, {1, 2})) == std::vector<float>{13, 0});

    // All weights 1: sums over 3x3 windows with stride 2 and zero padding of 0 ... 15.
    nn::Conv2d conv{1, 1, {.kernel = 3, .stride = 2, .padding = 1, .init = init::constant(1)}};
    CHECK(run(conv, counting({1, 4, 4, 1})) == std::vector<float>{10, 24, 51, 90});
    nn::Conv2d full{1, 2, {.kernel = 3, .padding = nn::same}};
    CHECK(full(counting({2, 5, 4, 1})).shape() == Shape{2, 5, 4, 2});
    nn::Conv2d bare{1, 2, {.kernel = 3, .padding = nn::valid, .bias = false}};
    CHECK(bare(counting({2, 5, 4, 1})).shape() == Shape{2, 3, 2, 2});
    nn::Conv2d grouped{4, 4, {.kernel = 1, .groups = 4, .init = init::constant(2)}};
    CHECK(run(grouped, counting({1, 1, 1, 4})) == std::vector<float>{0, 2, 4, 6});
}

TEST_CASE("pooling flatten and activation layers") {
    const Tensor x = counting({1, 4, 4, 1});
    nn::MaxPool2d max{2};
    CHECK(run(max, x) == std::vector<float>{5, 7, 13, 15});
    nn::AvgPool2d avg{2};
    CHECK(run(avg, x) == std::vector<float>{2.5F, 4.5F, 10.5F, 12.5F});
    nn::MaxPool2d strided{{.kernel = 3, .stride = 1}};
    CHECK(run(strided, x) == std::vector<float>{10, 11, 14, 15});
    nn::GlobalMaxPool global_max;
    CHECK(run(global_max, x) == std::vector<float>{15});
    nn::GlobalAvgPool global_avg;
    CHECK(run(global_avg, x) == std::vector<float>{7.5F});
    nn::Flatten flat;
    CHECK(flat(counting({2, 2, 3, 1})).shape() == Shape{2, 6});

    const Tensor y = Tensor::from<float>({-2, 0, 3}, {1, 3});
    nn::Relu relu_layer;
    CHECK(run(relu_layer, y) == std::vector<float>{0, 0, 3});
    nn::LeakyRelu leaky{0.5};
    CHECK(run(leaky, y) == std::vector<float>{-1, 0, 3});
    nn::Sigmoid sigmoid_layer;
    CHECK(run(sigmoid_layer, y)[0] == Approx(1 / (1 + std::exp(2.0))));
    nn::Tanh tanh_layer;
    CHECK(run(tanh_layer, y)[2] == Approx(std::tanh(3.0)));
    nn::Softmax softmax_layer;
    CHECK(run(softmax_layer, y)[1] == Approx(1 / (std::exp(-2.0) + 1 + std::exp(3.0))));
    nn::Lambda twice{[](const Tensor& t) { return t * 2.0; }};
    CHECK(run(twice, y) == std::vector<float>{-4, 0, 6});
}

TEST_CASE("dropout works in training only and repeats with the seed") {
    nn::Dropout drop{0.25};
    const Tensor x = Tensor::ones({100, 100});
    manual_seed(5);
    const auto first = run(drop, x);
    const auto second = run(drop, x);
    manual_seed(5);
    CHECK(run(drop, x) == first);
    CHECK(first != second);
    const auto zeros = std::count(first.begin(), first.end(), 0.0F);
    CHECK(std::abs(static_cast<double>(zeros) - 2500) < 5 * std::sqrt(10'000 * 0.25 * 0.75));
    CHECK(std::all_of(first.begin(), first.end(), [](float v) { return v == 0 || std::abs(v - 4.0F / 3) < 1e-6F; }));
    drop.eval();
    CHECK(run(drop, x) == x.to_vector<float>());
}

TEST_CASE("batch norm learns running values in training and uses them in evaluation") {
    nn::BatchNorm norm{1, {.momentum = 0.25, .epsilon = 1e-12}};
    const Tensor x = Tensor::from<float>({1, 2, 3, 6}, {4, 1});  // mean 3, variance 3.5, unbiased 14/3
    const auto y = run(norm, x);
    CHECK(y[0] == Approx(-2 / std::sqrt(3.5)));
    CHECK(y[3] == Approx(3 / std::sqrt(3.5)));
    CHECK(norm.running_mean.item() == Approx(0.25 * 3));
    CHECK(norm.running_variance.item() == Approx(0.75 + 0.25 * 14 / 3));
    norm.eval();
    const double mean = norm.running_mean.item(), variance = norm.running_variance.item();
    CHECK(run(norm, x)[1] == Approx((2 - mean) / std::sqrt(variance)));
    CHECK(norm.running_mean.item() == mean);
}

TEST_CASE("gradients reach every parameter of the network of the study") {
    manual_seed(1);
    nn::Sequential model = nn::study_cnn();
    const Tensor x = counting({3, 16, 16, 1}) * (1.0 / 768);
    const Tensor logits = model(x);
    CHECK(logits.shape() == Shape{3, 2});
    backward(cross_entropy(logits, Tensor::from<std::int64_t>({0, 1, 1}, {3})));
    for (const NamedTensor& p : model.named_parameters()) {
        INFO(p.name);
        REQUIRE(p.tensor.grad().defined());
        const auto g = p.tensor.grad().to_vector<float>();
        CHECK(std::any_of(g.begin(), g.end(), [](float v) { return v != 0; }));
    }
    model.zero_grad();
    for (const Tensor& p : model.parameters()) CHECK_FALSE(p.grad().defined());
    model.eval();
    const NoGrad guard;
    CHECK(model(x).to_vector<float>() == model(x).to_vector<float>());
    CHECK_FALSE(model(x).requires_grad());
}

TEST_CASE("a whole network in f64 passes gradcheck in every parameter") {
    manual_seed(2);
    nn::Sequential model{
        nn::Conv2d{1, 3, {.padding = nn::same, .activation = relu}},
        nn::BatchNorm{3},
        nn::MaxPool2d{2},
        nn::Conv2d{3, 4, {.kernel = 2, .bias = false}},
        nn::LeakyRelu{},
        nn::Flatten{},
        nn::Linear{4, 5, {.activation = cyclone::tanh}},
        nn::Linear{5, 2},
    };
    model.to(DType::f64);
    for (const NamedTensor& t : model.state_dict()) CHECK(t.tensor.dtype() == DType::f64);
    Tensor x = Tensor::empty({3, 4, 4, 1}, DType::f64);
    for (std::int64_t i = 0; i < x.numel(); ++i) x.mutable_data<double>()[i] = std::sin(static_cast<double>(7 * i));
    const Tensor labels = Tensor::from<std::int64_t>({0, 1, 1}, {3});
    const auto parameters = model.parameters();
    // The parameters are changed in place by gradcheck; the running values have no part in the training output.
    const auto result = gradcheck([&](const TensorList&) { return cross_entropy(model(x), labels); },
                                  TensorList(parameters.begin(), parameters.end()));
    INFO(result.message);
    CHECK(result.passed);
    CHECK_THROWS_AS(model.to(DType::i64), Error);
    model.to(DType::f32);
    CHECK(model(x.to(DType::f32)).dtype() == DType::f32);
}
