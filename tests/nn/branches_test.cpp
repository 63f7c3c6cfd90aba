// Layers with branches: what they compute, their names, copies, freezing and modes.

#include <cyclone/autograd/backward.h>
#include <cyclone/autograd/grad_mode.h>
#include <cyclone/autograd/gradcheck.h>
#include <cyclone/base/random.h>
#include <cyclone/nn/nn.h>
#include <cyclone/ops/ops.h>

#include <memory>
#include <sstream>
#include <vector>

#include "support/catch.h"

using namespace cyclone;

namespace {

Tensor drawn(const Shape& shape, std::uint64_t stream, DType dtype = DType::f64) {
    const Random random(7, stream);
    Tensor x = Tensor::empty(shape, DType::f64);
    for (std::int64_t i = 0; i < x.numel(); ++i)
        x.mutable_data<double>()[i] = random.uniform(static_cast<std::uint64_t>(i)) * 2 - 1;
    return x.to(dtype);
}

std::vector<float> run(nn::Module& module, const Tensor& x) { return module(x).to_vector<float>(); }

std::vector<std::string> names(const StateDict& state) {
    std::vector<std::string> out;
    for (const NamedTensor& t : state) out.push_back(t.name);
    return out;
}

nn::Lambda times(double factor) {
    return nn::Lambda([factor](const Tensor& x) { return x * factor; });
}

/// A block with every kind of branch: 4 channels in, 8 out at half the size, and the input joined to it.
nn::Sequential block() {
    nn::Sequential body{nn::Conv2d{4, 8, {.stride = 2, .padding = 1, .bias = false}},
                        nn::BatchNorm{8, {.activation = relu}}, nn::Conv2d{8, 8, {.padding = nn::same}}};
    return nn::Sequential{nn::Residual{body, {.shortcut = nn::Subsample{2, 8}, .activation = relu}},
                          nn::Concat{nn::Sequential{}, nn::Conv2d{8, 3, {.padding = nn::same}}}};
}

}  // namespace

TEST_CASE("a residual adds body and shortcut and then applies its activation") {
    const Tensor x = Tensor::from<float>({-2, 1, 3}, {1, 3});
    nn::Residual plain{times(2)};
    CHECK(run(plain, x) == std::vector<float>{-6, 3, 9});
    nn::Residual bent{times(2), {.activation = relu}};
    CHECK(run(bent, x) == std::vector<float>{0, 3, 9});
    nn::Residual both{times(-3), {.shortcut = times(0.5), .activation = sigmoid}};
    CHECK(run(both, Tensor::zeros({1, 1})) == std::vector<float>{0.5});
    CHECK(plain.describe() == "Residual");
    CHECK(bent.describe() == "Residual(relu)");
    CHECK(bent.bounded_by() == "relu");
    CHECK(plain.bounded_by().empty());
    nn::Residual nested{nn::AnyModule(plain)};
    CHECK(run(nested, x) == std::vector<float>{-8, 4, 12});
}

TEST_CASE("a concat joins the channels of its branches in their order") {
    const Tensor x = Tensor::from<float>({1, 2, 3, 4}, {2, 2});
    nn::Concat grown{nn::Sequential{}, times(10)};
    CHECK(run(grown, x) == std::vector<float>{1, 2, 10, 20, 3, 4, 30, 40});
    nn::Concat three{times(2), nn::GlobalAvgPool{}, nn::Sequential{}};
    CHECK(three.size() == 3);
    CHECK_THROWS_WITH(three(x), Catch::Contains("global_avg_pool"));
    CHECK_THROWS_WITH(nn::Concat(std::vector<nn::AnyModule>{}), Catch::Contains("at least one branch"));
}

TEST_CASE("subsample takes every stride-th pixel and adds channels of zeros") {
    std::vector<float> pixels(3 * 5 * 2);
    for (std::size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<float>(i + 1);
    const Tensor x = Tensor::from(pixels, {1, 3, 5, 2});
    nn::Subsample shortcut{2, 3};
    const Tensor y = shortcut(x);
    CHECK(y.shape() == Shape{1, 2, 3, 3});
    CHECK(y.to_vector<float>() == std::vector<float>{1, 2, 0, 5, 6, 0, 9, 10, 0, 21, 22, 0, 25, 26, 0, 29, 30, 0});
    nn::Subsample nothing{1, 2};
    CHECK(nothing(x).is_same(x));
    nn::Subsample uneven{{1, 3}, 2};
    CHECK(uneven(x).shape() == Shape{1, 3, 2, 2});
    CHECK(uneven.describe() == "Subsample(stride 1x3, 2 channels)");
    CHECK_THROWS_WITH(nn::Subsample(2, 1)(x), Catch::Contains("expected at most 1 channels, got 2"));
    CHECK_THROWS_WITH(nn::Subsample(2, 4)(Tensor::ones({2, 2})), Catch::Contains("(N, H, W, C)"));
    CHECK_THROWS_WITH(nn::Subsample(0, 4), Catch::Contains(">= 1, got 0 and 4"));
}

TEST_CASE("branches of different shapes are named with a way out") {
    nn::Residual residual{nn::Conv2d{2, 3, {.padding = nn::same}}};
    CHECK_THROWS_WITH(
        residual(Tensor::ones({1, 4, 4, 2})),
        Catch::Contains("got (1, 4, 4, 3) and (1, 4, 4, 2) (the input itself)") && Catch::Contains("hint"));
    nn::Concat concat{nn::Sequential{}, nn::MaxPool2d{2}};
    CHECK_THROWS_WITH(concat(Tensor::ones({1, 4, 4, 2})), Catch::Contains("part 1 has (1, 2, 2, 2)"));
}

TEST_CASE("gradients of branches agree with central differences") {
    manual_seed(2);
    nn::Sequential model = block();
    model.to(DType::f64);
    TensorList inputs{drawn({3, 4, 6, 4}, 1)};
    inputs[0].set_requires_grad();
    for (const Tensor& p : model.parameters()) inputs.push_back(p);
    const GradcheckResult result = gradcheck([&](const TensorList& in) { return model(in[0]); }, inputs,
                                             {.absolute_tolerance = 1e-6, .relative_tolerance = 1e-4});
    INFO(result.message);
    CHECK(result.passed);
}

TEST_CASE("tensors in branches have names and go through copies states and freezing") {
    manual_seed(3);
    nn::Sequential model = block();
    CHECK(names(model.named_parameters()) == std::vector<std::string>{"0.body.0.weight", "0.body.1.scale",
                                                                      "0.body.1.shift", "0.body.2.weight",
                                                                      "0.body.2.bias", "1.1.weight", "1.1.bias"});
    nn::Sequential other = block();
    const Tensor x = drawn({2, 4, 4, 4}, 2, DType::f32);
    const NoGrad guard;
    model.eval();
    other.eval();
    CHECK(run(model, x) != run(other, x));
    other.load_state_dict(model.state_dict());
    CHECK(run(model, x) == run(other, x));
    nn::Sequential copy = nn::clone(model);
    CHECK(run(copy, x) == run(model, x));
    copy.parameters()[0].fill(0);
    CHECK(run(copy, x) != run(model, x));
    CHECK(run(other, x) == run(model, x));

    model[0].freeze();
    model.train();
    CHECK(names(model.named_parameters()) == std::vector<std::string>{"1.1.weight", "1.1.bias"});
    for (const auto& [name, module] : model.named_modules())
        CHECK(module->is_training() == !(name == "0" || name.starts_with("0.")));
}

TEST_CASE("branches separate rows when all that is in them does") {
    const nn::Conv2d conv{4, 4, {.padding = nn::same}};
    CHECK(nn::Residual{conv}.separates_rows());
    CHECK(nn::Concat{nn::Sequential{}, conv}.separates_rows());
    nn::Sequential trained = block(), evaluated = block();
    CHECK_FALSE(trained.separates_rows());
    evaluated.eval();
    CHECK(evaluated.separates_rows());
    CHECK_FALSE(nn::Residual{conv, {.shortcut = nn::BatchNorm{4}}}.separates_rows());
    CHECK_FALSE(nn::Concat{conv, nn::BatchNorm{4}}.separates_rows());
}

TEST_CASE("a block whose type is not known here works and cannot be copied") {
    std::unique_ptr<nn::Module> body = std::make_unique<nn::Linear>(2, 2);
    nn::Residual residual{nn::AnyModule(std::move(body))};
    CHECK(residual(Tensor::ones({1, 2})).shape() == Shape{1, 2});
    CHECK_THROWS_WITH(nn::clone(residual), Catch::Contains("Linear(2 -> 2): cannot be copied"));
}

TEST_CASE("a table shows branches below their layer") {
    std::ostringstream out;
    out << block();
    CHECK_THAT(out.str(), Catch::Contains("0           Residual(relu)") &&
                              Catch::Contains("0.body.1    BatchNorm(8, relu)") &&
                              Catch::Contains("0.shortcut  Subsample(stride 2, 8 channels)") &&
                              Catch::Contains("1           Concat") && Catch::Contains("1.1         Conv2d(8 -> 3"));
}
