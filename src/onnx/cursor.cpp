// Steps along a chain of nodes.

#include "onnx/cursor.h"

namespace cyclone::onnx {

void need_layers(bool ok, const Node& node, const std::string& reason) {
    if (!ok) throw NoLayers{node.where() + ": " + reason};
}

std::string State::str() const {
    if (form == Form::features) return std::to_string(c) + " features";
    return std::to_string(c) + " channels";
}

const Node* Cursor::ahead(const char* op, std::size_t steps) const {
    if (at + steps >= chain.size()) return nullptr;
    const Element& next = chain[at + steps];
    return next.branches_from.empty() && next.node->op == op ? next.node : nullptr;
}

Activation Cursor::take_with_relu() {
    const bool with = ahead("Relu") != nullptr;
    take(with ? 2 : 1);
    return with ? Activation(relu) : Activation();
}

const Tensor& Cursor::constant(const Node& node, std::size_t i) const {
    const auto found = i < node.inputs.size() ? network.constants.find(node.inputs[i]) : network.constants.end();
    need_layers(found != network.constants.end() && found->second.defined(), node,
                "its input " + std::to_string(i) + " does not stand in the file");
    return found->second;
}

}  // namespace cyclone::onnx
