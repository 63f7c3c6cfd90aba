#include <cyclone/base/random.h>
#include <cyclone/nn/nn.h>
#include <cyclone/ops/ops.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <sstream>

#include "support/catch.h"

using namespace cyclone;

namespace {

/// The example of module.h: a module of a user.
struct Scale : nn::Module {
    Tensor factor = nn::parameter(Tensor::ones({1}));
    Tensor forward(const Tensor& x) override { return x * factor; }
    void visit(nn::Visitor& v) override { v.parameter("factor", factor); }
};

struct Net : nn::Module {
    nn::Sequential body{nn::Linear{2, 3}, Scale{}};
    nn::BatchNorm norm{3};
    Tensor forward(const Tensor& x) override { return norm(body(x)); }
    void visit(nn::Visitor& v) override {
        v.module("body", body);
        v.module("norm", norm);
    }
};

std::vector<std::string> names(const StateDict& state) {
    std::vector<std::string> out;
    for (const NamedTensor& t : state) out.push_back(t.name);
    return out;
}

StateDict snapshot(const nn::Module& module) {
    StateDict out;
    for (const NamedTensor& t : module.state_dict()) out.push_back({t.name, t.tensor.clone()});
    return out;
}

std::string message_of(const std::function<void()>& f) {
    try {
        f();
    } catch (const Error& error) {
        return error.what();
    }
    return "nothing thrown";
}

bool same_values(const StateDict& a, const StateDict& b) {
    if (names(a) != names(b)) return false;
    for (std::size_t i = 0; i < a.size(); ++i)
        if (!std::ranges::equal(a[i].tensor.values<float>(), b[i].tensor.values<float>())) return false;
    return true;
}

}  // namespace

TEST_CASE("the model of the README is written as the design says") {
    nn::Sequential model{
        nn::Conv2d{1, 32, {.kernel = 3, .padding = nn::same, .activation = relu}},
        nn::MaxPool2d{2},
        nn::Flatten{},
        nn::Linear{8 * 8 * 32, 2},
    };
    CHECK(model.size() == 4);
    CHECK(names(model.named_parameters()) == std::vector<std::string>{"0.weight", "0.bias", "3.weight", "3.bias"});
    CHECK(model.parameter_count() == 32 * 9 + 32 + 2048 * 2 + 2);
    CHECK(model.parameters()[0].shape() == Shape{32, 3, 3, 1});
    CHECK(model.parameters()[2].shape() == Shape{2, 2048});
    for (const Tensor& p : model.parameters()) CHECK(p.requires_grad());
}

TEST_CASE("the network of the study has 225698 parameters") {
    const nn::Sequential model = nn::study_cnn();
    CHECK(model.parameter_count() == 225'698);
    std::vector<std::int64_t> counts;
    const auto parameters = model.parameters();
    for (std::size_t i = 0; i < parameters.size(); i += 2)
        counts.push_back(parameters[i].numel() + parameters[i + 1].numel());
    CHECK(counts == std::vector<std::int64_t>{320, 9248, 9248, 9248, 131'328, 65'792, 514});
}

TEST_CASE("names and order follow visit through nested modules and buffers are no parameters") {
    const Net net;
    CHECK(names(net.named_parameters()) ==
          std::vector<std::string>{"body.0.weight", "body.0.bias", "body.1.factor", "norm.scale", "norm.shift"});
    CHECK(names(net.state_dict()) == std::vector<std::string>{"body.0.weight", "body.0.bias", "body.1.factor",
                                                              "norm.scale", "norm.shift", "norm.running_mean",
                                                              "norm.running_variance"});
    CHECK(net.parameter_count() == 2 * 3 + 3 + 1 + 3 + 3);
}

TEST_CASE("a layer without bias has none and options that cannot work are refused") {
    CHECK(names(nn::Linear{4, 2, {.bias = false}}.state_dict()) == std::vector<std::string>{"weight"});
    CHECK(names(nn::Conv2d{4, 2, {.bias = false}}.state_dict()) == std::vector<std::string>{"weight"});
    CHECK_THROWS_AS(nn::Linear(0, 2), Error);
    CHECK_THROWS_AS(nn::Conv2d(3, 4, {.groups = 2}), Error);
    CHECK_THROWS_AS(nn::Conv2d(3, 4, {.kernel = 0}), Error);
    CHECK_THROWS_AS(nn::Conv2d(3, 4, {.init = nullptr}), Error);
    CHECK_THROWS_AS(nn::MaxPool2d(0), Error);
    CHECK_THROWS_AS(nn::AvgPool2d({.kernel = 2, .stride = 0}), Error);
    CHECK_THROWS_AS(nn::Dropout(1.0), Error);
    CHECK_THROWS_AS(nn::Dropout(-0.1), Error);
    CHECK_THROWS_AS(nn::BatchNorm(3, {.momentum = 2}), Error);
    CHECK_THROWS_AS(nn::LeakyRelu(NAN), Error);
    CHECK_THROWS_AS(nn::Lambda(nullptr), Error);
    CHECK_THROWS_AS(nn::study_cnn({.size = 10}), Error);
    CHECK_THROWS_AS(nn::Sequential{}[0], Error);
}

TEST_CASE("a state dict goes into an equal model in any order") {
    Net a, b;
    a.norm.running_mean.fill(0.25);
    StateDict state = snapshot(a);
    CHECK_FALSE(same_values(a.state_dict(), b.state_dict()));
    std::reverse(state.begin(), state.end());
    b.load_state_dict(state);
    CHECK(same_values(a.state_dict(), b.state_dict()));
    CHECK(b.norm.running_mean.values<float>()[2] == 0.25F);
    b.body[0].parameters()[0].fill(1);
    CHECK_FALSE(same_values(a.state_dict(), b.state_dict()));
}

TEST_CASE("a state dict that does not fit names everything that is wrong and changes nothing") {
    Net net;
    const StateDict before = snapshot(net);
    StateDict state;
    for (const NamedTensor& t : before) state.push_back({t.name, Tensor::zeros(t.tensor.shape())});
    state[0].tensor = Tensor::zeros({2, 3});
    state[1].name = "body.0.biass";
    state[3].tensor = Tensor::zeros({3}, DType::f64);
    state[4].tensor = Tensor();
    state.push_back(state[2]);
    const std::string message = message_of([&] { net.load_state_dict(state); });
    CHECK_THAT(message, Catch::Contains("missing: body.0.bias;"));
    CHECK_THAT(message, Catch::Contains("unexpected: body.0.biass;"));
    CHECK_THAT(message, Catch::Contains("body.0.weight (expected f32 (3, 2), got f32 (2, 3))"));
    CHECK_THAT(message, Catch::Contains("norm.scale (expected f32 (3), got f64 (3))"));
    CHECK_THAT(message, Catch::Contains("norm.shift (expected f32 (3), got an undefined tensor)"));
    CHECK_THAT(message, Catch::Contains("body.1.factor (given twice)"));
    CHECK(same_values(before, net.state_dict()));
}

TEST_CASE("train and eval reach every module below") {
    Net net;
    CHECK(net.is_training());
    net.eval();
    CHECK_FALSE(net.is_training());
    CHECK_FALSE(net.norm.is_training());
    CHECK_FALSE(net.body[1].is_training());
    net.train();
    CHECK(net.body[0].is_training());
}

TEST_CASE("a copy shares tensors and a clone does not") {
    nn::Sequential model{nn::Linear{2, 2}, nn::Dropout{0.25}};
    model.eval();
    const nn::Sequential copy = model;
    const nn::Sequential cloned = nn::clone(model);
    CHECK(copy.parameters()[0].is_same(model.parameters()[0]));
    CHECK(same_values(cloned.state_dict(), model.state_dict()));
    CHECK_FALSE(cloned.is_training());
    model.parameters()[0].fill(7);
    CHECK(copy.parameters()[0].values<float>()[0] == 7);
    CHECK(cloned.parameters()[0].values<float>()[0] != 7);
    for (const Tensor& p : cloned.parameters()) CHECK(p.requires_grad());
}

TEST_CASE("a parameter shared by two layers counts once and stays shared in a clone") {
    nn::Linear a{3, 3}, b{3, 3};
    b.weight = a.weight;
    const nn::Sequential model{a, b};
    CHECK(model.parameters().size() == 3);
    CHECK(model.parameter_count() == 9 + 3 + 3);
    CHECK(model.state_dict().size() == 4);
    const nn::Sequential cloned = nn::clone(model);
    CHECK(cloned.parameters().size() == 3);
    CHECK_FALSE(cloned.parameters()[0].is_same(model.parameters()[0]));
}

TEST_CASE("printing shows every layer with its parameters and the total") {
    std::ostringstream out;
    out << nn::Sequential{nn::Conv2d{1, 32, {.padding = nn::same, .activation = relu}}, nn::MaxPool2d{2}, nn::Flatten{},
                          nn::Linear{2048, 2}};
    CHECK(out.str() ==
          "name  layer                             parameters                       count\n"
          "0     Conv2d(1 -> 32, 3x3, same, relu)  weight (32, 3, 3, 1), bias (32)    320\n"
          "1     MaxPool2d(2)                                                            \n"
          "2     Flatten                                                                 \n"
          "3     Linear(2048 -> 2)                 weight (2, 2048), bias (2)       4,098\n"
          "      total                                                              4,418\n");
    std::ostringstream own;
    own << Net{};
    CHECK_THAT(own.str(), Catch::Contains("body.1  Scale"));
}

TEST_CASE("the summary shows the shape after every layer and leaves the model alone") {
    nn::Sequential model{nn::Conv2d{1, 4}, nn::BatchNorm{4}, nn::Dropout{}, nn::Flatten{}, nn::Linear{4 * 4 * 4, 2}};
    const StateDict before = snapshot(model);
    const auto position = default_generator().position;
    const std::string text = nn::summary(model, {3, 6, 6, 1});
    CHECK_THAT(text, Catch::Contains("      input                (3, 6, 6, 1)"));
    CHECK_THAT(text, Catch::Contains("0     Conv2d(1 -> 4, 3x3)  (3, 4, 4, 4)"));
    CHECK_THAT(text, Catch::Contains("4     Linear(64 -> 2)      (3, 2) "));
    CHECK(same_values(before, model.state_dict()));
    CHECK(default_generator().position == position);
    CHECK(model[2].is_training());
    CHECK_THROWS_AS(nn::summary(model, {3, 6, 6, 2}), Error);
}
