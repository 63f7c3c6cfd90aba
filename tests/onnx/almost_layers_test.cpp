// Files that look almost as those of layers do: they are computed as they say, node by node where no layer does that.

#include <cyclone/onnx/onnx.h>

#include <utility>

#include "onnx/model.h"
#include "onnx/networks.h"
#include "support/catch.h"

using namespace cyclone;
using onnx::Model;
using test::answer;
using test::largest_difference;

namespace {

Tensor numbers(const Shape& shape, float step) {
    Tensor t = Tensor::empty(shape);
    for (std::int64_t i = 0; i < t.numel(); ++i)
        t.mutable_data<float>()[i] = static_cast<float>(i % 7) * step - static_cast<float>(i % 3);
    return t;
}

onnx::Attribute list(const std::string& name, std::vector<std::int64_t> numbers) {
    return {.name = name, .type = onnx::Attribute::Type::numbers, .numbers = std::move(numbers)};
}

}  // namespace

TEST_CASE("a preparation of images that is no standardisation lies before the Transpose as the file has it") {
    const Tensor weight = numbers({6, 2}, 0.25F), x = numbers({3, 2, 3, 1}, 0.5F);
    Model model;
    model.nodes = {{.op = "Sub", .inputs = {"one", "in"}, .outputs = {"a"}},
                   {.op = "Transpose", .inputs = {"a"}, .outputs = {"b"}, .attributes = {list("perm", {0, 3, 1, 2})}},
                   {.op = "Flatten", .inputs = {"b"}, .outputs = {"c"}},
                   {.op = "MatMul", .inputs = {"c", "w"}, .outputs = {"out"}}};
    model.initializers = {{"one", Tensor::ones({1})}, {"w", weight}};
    model.inputs = {{.name = "in", .sizes = {-1, 2, 3, 1}}};
    model.outputs = {{.name = "out", .sizes = {-1, 2}}};
    onnx::Loaded loaded = onnx::parse(onnx::write_model(model), "f");
    CHECK(loaded.image == Shape{2, 3, 1});
    const Tensor y = answer(loaded.network, x);
    REQUIRE(y.shape() == Shape{3, 2});
    for (std::int64_t n = 0; n < 3; ++n)
        for (std::int64_t k = 0; k < 2; ++k) {
            double expected = 0;
            for (std::int64_t i = 0; i < 6; ++i)
                expected += (1 - static_cast<double>(x.data<float>()[6 * n + i])) *
                            static_cast<double>(weight.data<float>()[2 * i + k]);
            CHECK(static_cast<double>(y.data<float>()[2 * n + k]) == Approx(expected).margin(1e-5));
        }
}

TEST_CASE("a product with a vector is no dense layer, and is computed") {
    const Tensor x = numbers({4, 3}, 0.5F);
    Model model;
    model.nodes = {{.op = "MatMul", .inputs = {"in", "w"}, .outputs = {"out"}}};
    model.initializers = {{"w", Tensor::from<float>({1, -2, 0.5F}, {3})}};
    model.inputs = {{.name = "in", .sizes = {-1, 3}}};
    model.outputs = {{.name = "out", .sizes = {-1}}};
    onnx::Loaded loaded = onnx::parse(onnx::write_model(model), "f");
    const Tensor y = answer(loaded.network, x);
    REQUIRE(y.numel() == 4);
    for (std::int64_t n = 0; n < 4; ++n) {
        const float* row = x.data<float>() + 3 * n;
        CHECK(y.data<float>()[n] == Approx(row[0] - 2 * row[1] + 0.5F * row[2]).margin(1e-6));
    }
}

TEST_CASE("a spelt group norm whose scale is per column is no layer") {
    const Tensor x = numbers({2, 2, 2, 2}, 0.75F);  // as many columns as channels
    for (const bool per_channel : {true, false}) {
        INFO(per_channel);
        const Shape shape = per_channel ? Shape{2, 1, 1} : Shape{2};
        Model model;
        model.nodes = {{.op = "Reshape", .inputs = {"in", "groups"}, .outputs = {"a"}},
                       {.op = "InstanceNormalization", .inputs = {"a", "one", "zero"}, .outputs = {"b"}},
                       {.op = "Reshape", .inputs = {"b", "image"}, .outputs = {"c"}},
                       {.op = "Mul", .inputs = {"c", "scale"}, .outputs = {"d"}},
                       {.op = "Add", .inputs = {"d", "shift"}, .outputs = {"e"}},
                       {.op = "Flatten", .inputs = {"e"}, .outputs = {"f"}},
                       {.op = "MatMul", .inputs = {"f", "w"}, .outputs = {"out"}}};
        model.initializers = {{"groups", Tensor::from<std::int64_t>({0, 1, -1}, {3})},
                              {"image", Tensor::from<std::int64_t>({0, 2, 2, 2}, {4})},
                              {"one", Tensor::ones({1})},
                              {"zero", Tensor::zeros({1})},
                              {"scale", Tensor::from<float>({1, 10}, shape)},
                              {"shift", Tensor::from<float>({0, 3}, shape)},
                              {"w", numbers({8, 3}, 0.5F)}};
        model.inputs = {{.name = "in", .sizes = {-1, 2, 2, 2}}};
        model.outputs = {{.name = "out", .sizes = {-1, 3}}};
        const std::string bytes = onnx::write_model(model);
        onnx::Loaded loaded = onnx::parse(bytes, "f"), graph = onnx::parse(bytes, "f", {.as_declared = true});
        CHECK(loaded.has_layers == per_channel);
        CHECK(largest_difference(answer(loaded.network, x), answer(graph.network, test::nchw(x))) <= 1e-5);
    }
}

namespace {

/// A model of features (N, 2) -> (N, 2).
Model features(std::vector<onnx::Node> nodes, std::vector<onnx::Initializer> initializers) {
    Model model;
    model.nodes = std::move(nodes);
    model.initializers = std::move(initializers);
    model.inputs = {{.name = "in", .sizes = {-1, 2}}};
    model.outputs = {{.name = "out", .sizes = {-1, 2}}};
    return model;
}

std::string error_of(const Model& model) {
    try {
        onnx::parse(onnx::write_model(model), "f");
    } catch (const Error& error) {
        return error.what();
    }
    return "";
}

}  // namespace

TEST_CASE("nodes of constants alone, and nodes without inputs, do not end the program") {
    const Tensor x = numbers({3, 2}, 0.5F);
    const std::vector<onnx::Initializer> two{{"a", Tensor::from<float>({1}, {1})},
                                             {"b", Tensor::from<float>({2}, {1})}};
    onnx::Loaded loaded =
        onnx::parse(onnx::write_model(features({{.op = "Add", .inputs = {"a", "b"}, .outputs = {"s"}},
                                                {.op = "Mul", .inputs = {"in", "s"}, .outputs = {"out"}}},
                                               two)),
                    "f");
    const Tensor y = answer(loaded.network, x);
    for (std::int64_t i = 0; i < 6; ++i) CHECK(y.data<float>()[i] == Approx(3 * x.data<float>()[i]));
    for (const char* op : {"Sigmoid", "Relu"})
        CHECK_THAT(error_of(features({{.op = op, .inputs = {}, .outputs = {"s"}},
                                      {.op = "Mul", .inputs = {"in", "s"}, .outputs = {"out"}}},
                                     {})),
                   Catch::Contains(op) && Catch::Contains("expected an input"));
}

TEST_CASE("a softmax before an Identity is the softmax at the end") {
    const std::vector<onnx::Initializer> weights{{"w", numbers({2, 2}, 0.5F)}};
    Model model = features({{.op = "MatMul", .inputs = {"in", "w"}, .outputs = {"logits"}},
                            {.op = "Softmax", .inputs = {"logits"}, .outputs = {"p"}},
                            {.op = "Identity", .inputs = {"p"}, .outputs = {"out"}}},
                           weights);
    CHECK(onnx::parse(onnx::write_model(model), "f").gives_probabilities);
}

TEST_CASE("a Cast to whole numbers in front of a network cuts") {
    const Tensor x = Tensor::from<float>({0.2F, 1.7F, -2.6F, 3}, {2, 2});
    using onnx::Attribute;
    const auto cast = [](const std::string& from, const std::string& to, std::int64_t type) {
        return onnx::Node{.op = "Cast",
                          .inputs = {from},
                          .outputs = {to},
                          .attributes = {{.name = "to", .type = Attribute::Type::number, .number = type}}};
    };
    const Model model = features({cast("in", "whole", 7),
                                  cast("whole", "real", 1),
                                  {.op = "MatMul", .inputs = {"real", "w"}, .outputs = {"out"}}},
                                 {{"w", Tensor::from<float>({1, 0, 0, 1}, {2, 2})}});
    onnx::Loaded loaded = onnx::parse(onnx::write_model(model), "f");
    CHECK(answer(loaded.network, x).to_vector<float>() == std::vector<float>{0, 1, -2, 3});
}

TEST_CASE("a weight that an Identity gives another name stays one") {
    const Model model = features({{.op = "Identity", .inputs = {"w"}, .outputs = {"w2"}},
                                  {.op = "MatMul", .inputs = {"in", "w"}, .outputs = {"h"}},
                                  {.op = "MatMul", .inputs = {"h", "w2"}, .outputs = {"out"}}},
                                 {{"w", numbers({2, 2}, 0.5F)}});
    CHECK(onnx::parse(onnx::write_model(model), "f").network.parameter_count() == 4);
}

TEST_CASE("a graph ends where its last node says") {
    for (const auto& [op, bound] : {std::pair{"Softmax", "softmax"}, {"Sigmoid", "sigmoid"}, {"Exp", ""}}) {
        INFO(op);
        Model model = features({{.op = "MatMul", .inputs = {"in", "w"}, .outputs = {"h"}},
                                {.op = "Tanh", .inputs = {"h"}, .outputs = {"t"}},
                                {.op = "Mul", .inputs = {"h", "t"}, .outputs = {"logits"}},
                                {.op = op, .inputs = {"logits"}, .outputs = {"p"}},
                                {.op = "Identity", .inputs = {"p"}, .outputs = {"out"}}},
                               {{"w", numbers({2, 2}, 0.5F)}});
        model.outputs = {{.name = "out"}};  // of any shape: the softmax may be over something else than classes
        const onnx::Loaded loaded = onnx::parse(onnx::write_model(model), "f");
        REQUIRE_FALSE(loaded.has_layers);
        CHECK_FALSE(loaded.gives_probabilities);
        CHECK(loaded.network.bounded_by() == bound);
        // Clipped, or in another shape, it is the same.
        model.nodes.back() = {.op = "Flatten", .inputs = {"p"}, .outputs = {"flat"}};
        model.nodes.push_back({.op = "Identity", .inputs = {"flat"}, .outputs = {"out"}});
        CHECK(onnx::parse(onnx::write_model(model), "f").network.bounded_by() == bound);
    }
}

TEST_CASE("a cast to f32 behind a softmax, with which networks of f16 end, is seen through") {
    const onnx::Node cast{.op = "Cast",
                          .inputs = {"p"},
                          .outputs = {"out"},
                          .attributes = {{.name = "to", .type = onnx::Attribute::Type::number, .number = 1}}};
    const Model model = features({{.op = "MatMul", .inputs = {"in", "w"}, .outputs = {"logits"}},
                                  {.op = "Softmax", .inputs = {"logits"}, .outputs = {"p"}},
                                  cast},
                                 {{"w", numbers({2, 2}, 0.5F)}});
    CHECK(onnx::parse(onnx::write_model(model), "f").gives_probabilities);
}

TEST_CASE("the exponential of a log-softmax is a softmax") {
    Model model = features({{.op = "MatMul", .inputs = {"in", "w"}, .outputs = {"logits"}},
                            {.op = "LogSoftmax", .inputs = {"logits"}, .outputs = {"l"}},
                            {.op = "Exp", .inputs = {"l"}, .outputs = {"out"}}},
                           {{"w", numbers({2, 2}, 0.5F)}});
    CHECK(onnx::parse(onnx::write_model(model), "f").network.bounded_by() == "softmax");
}
