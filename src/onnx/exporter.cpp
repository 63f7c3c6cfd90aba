// Nodes, weights and activations of a graph that is being written.

#include "onnx/exporter.h"

#include <cyclone/base/error.h>
#include <cyclone/ops/shape.h>

#include <algorithm>
#include <numbers>

namespace cyclone::onnx {

Attribute attribute(const char* name, std::int64_t value) {
    return {.name = name, .type = Attribute::Type::number, .number = value};
}
Attribute attribute(const char* name, double value) {
    return {.name = name, .type = Attribute::Type::real, .real = static_cast<float>(value)};
}
Attribute attribute(const char* name, const char* value) {
    return {.name = name, .type = Attribute::Type::text, .text = value};
}
Attribute attribute(const char* name, std::vector<std::int64_t> values) {
    return {.name = name, .type = Attribute::Type::numbers, .numbers = std::move(values)};
}

std::string Exporter::unique(const std::string& name) {
    if (names_.insert(name).second) return name;
    std::string other;
    do other = name + "_" + std::to_string(++number_);
    while (!names_.insert(other).second);
    return other;
}

std::string Exporter::node(const char* op, std::vector<std::string> inputs, std::vector<Attribute> attributes) {
    std::string name = unique(std::string(op) + "_" + std::to_string(model.nodes.size()));
    model.nodes.push_back(
        {.op = op, .name = name, .inputs = std::move(inputs), .outputs = {name}, .attributes = std::move(attributes)});
    return name;
}

std::string Exporter::store(const std::string& name, const Tensor& tensor) {
    std::string stored = unique(name);
    model.initializers.push_back({stored, tensor.dtype() == DType::f64 ? tensor.to(DType::f32) : tensor.detach()});
    return stored;
}

std::string Exporter::numbers(const std::vector<std::int64_t>& values) {
    const auto count = static_cast<std::int64_t>(values.size());
    return store("numbers", Tensor::from(values, {count}));
}

Value Exporter::activation(const Activation& activation, const std::string& where, Value x) {
    if (activation.none()) return x;
    const std::string name = activation.name(), in = x.name;
    if (name == "relu")
        x.name = node("Relu", {in});
    else if (name == "sigmoid")
        x.name = node("Sigmoid", {in});
    else if (name == "tanh")
        x.name = node("Tanh", {in});
    else if (name == "softplus")
        x.name = node("Softplus", {in});
    else if (name == "hardswish")
        x.name = node("HardSwish", {in});
    else if (name == "silu")
        x.name = node("Mul", {in, node("Sigmoid", {in})});
    else if (name == "gelu") {  // operator set 17 has no Gelu
        const std::string erf = node("Erf", {node("Div", {in, constant(std::numbers::sqrt2)})});
        x.name = node("Mul", {node("Mul", {in, node("Add", {erf, constant(1)})}), constant(0.5)});
    } else
        fail(where,
             "its activation has no form in ONNX, expected relu, sigmoid, tanh, gelu, silu, softplus or hardswish, ",
             "got ", name);
    return x;
}

Value Exporter::in_own_order(const Value& x) {
    if (!x.is_flattened()) return x;
    const std::string image = node("Reshape", {x.name, numbers({0, x.hwc[2], x.hwc[0], x.hwc[1]})});
    const std::string turned = node("Transpose", {image}, {attribute("perm", std::vector<std::int64_t>{0, 2, 3, 1})});
    return {node("Flatten", {turned}), x.shape};
}

Tensor Exporter::per_feature(const Tensor& values, const Value& x) const {
    if (!x.is_flattened()) return values;
    const Shape& s = x.hwc;
    return permute(values.detach().viewed({s[0] * s[1], s[2]}), {1, 0}).viewed({values.numel()});
}

}  // namespace cyclone::onnx
