// What follows from visit(): names, parameters, state, modes, copies, tables.

#include <cyclone/autograd/backward.h>
#include <cyclone/base/random.h>
#include <cyclone/nn/nn.h>
#include <cyclone/ops/ops.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <memory>
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
    const StateDict forward = a.state_dict().clone();
    CHECK_FALSE(same_values(a.state_dict(), b.state_dict()));
    StateDict state;
    for (std::size_t i = forward.size(); i-- > 0;) state.add(forward[i].name, forward[i].tensor);
    b.load_state_dict(state);
    CHECK(same_values(a.state_dict(), b.state_dict()));
    CHECK(b.norm.running_mean.values<float>()[2] == 0.25F);
    b.body[0].parameters()[0].fill(1);
    CHECK_FALSE(same_values(a.state_dict(), b.state_dict()));
}

TEST_CASE("a state dict that does not fit names everything that is wrong and changes nothing") {
    Net net;
    const StateDict before = net.state_dict().clone();
    StateDict state;
    for (const NamedTensor& t : before)
        state.add(t.name == "body.0.bias" ? "body.0.biass" : t.name, Tensor::zeros(t.tensor.shape()));
    state.set("body.0.weight", Tensor::zeros({2, 3}));
    state.set("norm.scale", Tensor::zeros({3}, DType::f64));
    state.set("norm.shift", Tensor());
    const std::string message = message_of([&] { net.load_state_dict(state); });
    CHECK_THAT(message, Catch::Contains("missing: body.0.bias;"));
    CHECK_THAT(message, Catch::Contains("unexpected: body.0.biass;"));
    CHECK_THAT(message, Catch::Contains("body.0.weight (expected f32 (3, 2), got f32 (2, 3))"));
    CHECK_THAT(message, Catch::Contains("norm.scale (expected f32 (3), got f64 (3))"));
    CHECK_THAT(message, Catch::Contains("norm.shift (expected f32 (3), got an undefined tensor)"));
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

TEST_CASE("modules are listed by name outer ones first and members can be read") {
    const Net net;
    std::vector<std::string> found;
    for (const auto& [name, module] : net.named_modules()) found.push_back(name + "=" + module->describe());
    CHECK(found == std::vector<std::string>{"=Net", "body=Sequential", "body.0=Linear(2 -> 3)", "body.1=Scale",
                                            "norm=BatchNorm(3)"});
    const auto members = net.norm.members();
    REQUIRE(members.size() == 4);
    CHECK(members[0].name == "scale");
    CHECK(members[1].kind == nn::Member::Kind::parameter);
    CHECK(members[2].kind == nn::Member::Kind::buffer);
    CHECK(members[2].tensor.is_same(net.norm.running_mean));
    CHECK(net.members()[1].module == &net.norm);
    CHECK(names(net.named_buffers()) == std::vector<std::string>{"norm.running_mean", "norm.running_variance"});
    Net changed;
    for (const auto& [name, module] : changed.named_modules())
        if (name == "norm") module->eval();
    CHECK_FALSE(changed.norm.is_training());
    CHECK(changed.body.is_training());
}

TEST_CASE("a frozen module stays in evaluation mode and out of training") {
    Net net;
    net.norm.eval();
    net.train();
    CHECK(net.norm.is_training());  // eval() of a part lasts until the next train() of the whole
    net.norm.freeze();
    net.body.freeze();
    net.body.add(nn::Linear{3, 3});  // a new head behind frozen layers is trained
    CHECK(net.body.is_frozen());
    CHECK(net.body[1].is_frozen());
    CHECK_FALSE(net.body[2].is_frozen());
    for (const bool on : {false, true}) {
        net.train(on);
        CHECK_FALSE(net.norm.is_training());
        CHECK_FALSE(net.body[0].is_training());
        CHECK(net.body[2].is_training() == on);
    }
    CHECK(names(net.named_parameters()) == std::vector<std::string>{"body.2.weight", "body.2.bias"});
    CHECK(net.parameters().size() == 2);
    CHECK(net.parameter_count() == 2 * 3 + 3 + 1 + 12 + 3 + 3);
    CHECK(net.state_dict().size() == 9);
    std::ostringstream table;
    table << net;
    CHECK_THAT(table.str(), Catch::Contains("BatchNorm(3), frozen") && Catch::Contains("Linear(3 -> 3)  "));

    const StateDict before = net.state_dict().clone();
    backward(mse_loss(net(Tensor::ones({4, 2})), Tensor::ones({4, 3})));
    CHECK_FALSE(net.norm.scale.grad().defined());
    CHECK(net.parameters()[0].grad().defined());
    CHECK(same_values(before, net.state_dict()));  // running values have not moved
    CHECK(nn::clone(net).norm.is_frozen());
    CHECK(nn::clone(net).parameters().size() == 2);

    net.unfreeze();
    CHECK(net.norm.is_training());
    CHECK(net.body[0].is_training());
    CHECK(net.parameters().size() == 7);
    for (const Tensor& p : net.parameters()) CHECK(p.requires_grad());
}

TEST_CASE("a partial load copies what fits and reports the rest") {
    nn::Sequential source{nn::Linear{2, 3}, nn::Linear{3, 4}, nn::Linear{4, 4}};
    nn::Sequential target{nn::Linear{2, 3}, nn::Linear{3, 5}};
    const StateDict before = target.state_dict().clone();
    const StateDictReport report = target.load_state_dict(source.state_dict(), {.strict = false});
    CHECK(report.missing.empty());
    CHECK(report.unexpected == std::vector<std::string>{"2.weight", "2.bias"});
    CHECK(report.different == std::vector<std::string>{"1.weight (expected f32 (5, 3), got f32 (4, 3))",
                                                       "1.bias (expected f32 (5), got f32 (4))"});
    CHECK(same_values(target.state_dict().with_prefix("0."), source.state_dict().with_prefix("0.")));
    CHECK(same_values(target.state_dict().with_prefix("1."), before.with_prefix("1.")));
    CHECK_THAT(message_of([&] {
                   target.load_state_dict({{"w", Tensor::ones({1})}}, {.strict = false});
               }),
               Catch::Contains("none of the 1 tensors fits this model; missing: 0.weight, 0.bias, 1.weight, 1.bias; "
                               "unexpected: w"));
    CHECK(target.load_state_dict(target.state_dict().clone()).fits());
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

TEST_CASE("a model is put together at run time from pointers") {
    nn::Sequential model;
    std::vector<std::unique_ptr<nn::Module>> parts;
    parts.push_back(std::make_unique<nn::Linear>(2, 2));
    parts.push_back(std::make_unique<Scale>());
    for (auto& part : parts) model.add(std::move(part));
    model.add(std::make_unique<nn::Relu>());
    CHECK(model(Tensor::ones({1, 2})).shape() == Shape{1, 2});
    CHECK(names(model.state_dict()) == std::vector<std::string>{"0.weight", "0.bias", "1.factor"});
    CHECK_THAT(message_of([&] { nn::clone(model); }), Catch::Contains("Linear(2 -> 2): cannot be copied"));
    CHECK_THAT(message_of([&] { model.add(std::unique_ptr<nn::Module>()); }), Catch::Contains("empty pointer"));
    CHECK(model.size() == 3);
}

TEST_CASE("a module chosen at run time is a value") {
    const auto choose = [](bool wide) { return wide ? nn::AnyModule(nn::Linear{2, 8}) : nn::AnyModule(Scale{}); };
    nn::AnyModule layer = choose(true);
    const nn::AnyModule copy = layer;
    CHECK(copy.get().describe() == "Linear(2 -> 8)");
    CHECK(copy.get().parameters()[0].is_same(layer.get().parameters()[0]));
    layer = choose(false);
    CHECK(layer.get().describe() == "Scale");
    const nn::Sequential model{nn::Linear{2, 2}, nn::Relu{}};
    nn::Sequential longer = model;
    longer.add(copy).add(nn::Linear{8, 3});
    CHECK(longer(Tensor::ones({1, 2})).shape() == Shape{1, 3});
    CHECK(model.size() == 2);
    CHECK(nn::clone(longer).size() == 4);
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
    const StateDict before = model.state_dict().clone();
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

TEST_CASE("weights shared with a frozen layer are not trained") {
    nn::Linear tied{4, 4};
    nn::Sequential model{tied, tied, nn::Linear{4, 2}};
    model[0].freeze();
    CHECK(model.parameters().size() == 2);
    CHECK(model.all_named_parameters().size() == 4);
}
