// An ONNX file as bytes. The numbers of the fields are those of onnx.proto.

#include "onnx/model.h"
#include "onnx/wire.h"

namespace cyclone::onnx {
namespace {

constexpr std::size_t kMostBytes = (std::size_t{1} << 31) - 1;

WireWriter tensor_message(const std::string& name, const Tensor& tensor) {
    WireWriter out;
    for (const std::int64_t size : tensor.shape()) out.number(1, size);
    out.number(2, static_cast<std::int64_t>(element_type(tensor.dtype())));
    if (!name.empty()) out.bytes(8, name);
    out.bytes(9, {static_cast<const char*>(tensor.bytes()),
                  static_cast<std::size_t>(tensor.numel()) * size_of(tensor.dtype())});
    return out;
}

WireWriter attribute_message(const Attribute& a) {
    WireWriter out;
    out.bytes(1, a.name);
    using Type = Attribute::Type;
    if (a.type == Type::real) out.real(2, a.real);
    if (a.type == Type::number) out.number(3, a.number);
    if (a.type == Type::text) out.bytes(4, a.text);
    if (a.type == Type::tensor) out.message(5, tensor_message("", a.tensor));
    for (const float value : a.reals) out.real(7, value);
    for (const std::int64_t value : a.numbers) out.number(8, value);
    out.number(20, static_cast<std::int64_t>(a.type));
    return out;
}

WireWriter node_message(const Node& node) {
    WireWriter out;
    for (const std::string& input : node.inputs) out.bytes(1, input);
    for (const std::string& output : node.outputs) out.bytes(2, output);
    out.bytes(3, node.name);
    out.bytes(4, node.op);
    for (const Attribute& a : node.attributes) out.message(5, attribute_message(a));
    if (!node.domain.empty()) out.bytes(7, node.domain);
    return out;
}

WireWriter value_message(const ValueInfo& value) {
    WireWriter shape;
    for (const std::int64_t size : value.sizes) {
        WireWriter dimension;
        if (size >= 0)
            dimension.number(1, size);
        else
            dimension.bytes(2, value.batch);
        shape.message(1, dimension);
    }
    WireWriter tensor, type, out;
    tensor.number(1, static_cast<std::int64_t>(value.type));
    tensor.message(2, shape);
    type.message(1, tensor);
    out.bytes(1, value.name);
    out.message(2, type);
    return out;
}

}  // namespace

std::string write_model(const Model& model) {
    WireWriter graph;
    for (const Node& node : model.nodes) graph.message(1, node_message(node));
    graph.bytes(2, model.graph_name);
    for (const Initializer& t : model.initializers) {
        graph.message(5, tensor_message(t.name, t.tensor));
        check(graph.text().size() <= kMostBytes, "ONNX",
              "expected weights of at most 2 GiB, which is what a file holds");
    }
    for (const ValueInfo& value : model.inputs) graph.message(11, value_message(value));
    for (const ValueInfo& value : model.outputs) graph.message(12, value_message(value));
    WireWriter out, opset;
    out.number(1, model.ir_version);
    out.bytes(2, model.producer);
    out.bytes(3, model.producer_version);
    out.message(7, graph);
    opset.bytes(1, "");
    opset.number(2, model.opset);
    out.message(8, opset);
    for (const auto& [key, value] : model.metadata) {
        WireWriter entry;
        entry.bytes(1, key);
        entry.bytes(2, value);
        out.message(14, entry);
    }
    return out.text();
}

}  // namespace cyclone::onnx
