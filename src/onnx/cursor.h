#pragma once
// A chain of nodes that become layers one after the other.

#include <cyclone/nn/any_module.h>
#include <cyclone/ops/activation.h>

#include <optional>
#include <string>
#include <vector>

#include "onnx/network.h"
#include "onnx/operators.h"

namespace cyclone::onnx {

/// Why a graph makes no layers; not an error, as a Graph can run it.
struct NoLayers {
    std::string reason;
};
/// Throws NoLayers unless `ok`.
void need_layers(bool ok, const Node& node, const std::string& reason);

/// What flows between nodes, seen by layers.
struct State {
    enum class Form {
        image,     ///< (N, C, H, W) in the file
        turned,    ///< an image that a Transpose made (N, H, W, C)
        pixel,     ///< (N, C, 1, 1) in the file, (N, C) in the layers
        features,  ///< (N, F)
    };
    Form form = Form::features;
    std::int64_t h = 0, w = 0, c = 0;  ///< c: channels or features; h, w: 0 where they are open
    Shape hwc = {};                    ///< of features that were an image, in the order (C, H, W)

    bool is_image() const { return form == Form::image; }
    bool is_features() const { return form == Form::features; }
    bool operator==(const State&) const = default;
    std::string str() const;
};

struct Element {
    const Node* node;
    std::string branches_from = {};  ///< of a node that joins branches: the value that they share
};

/// Where in a chain the next layer begins.
struct Cursor {
    const Network& network;
    const std::vector<Element>& chain;
    std::size_t at = 0;
    State state = {};
    std::size_t placed = 0;  ///< nodes that became layers

    const Node& node() const { return *chain[at].node; }
    NodeReader reader() const { return reader(node()); }
    NodeReader reader(const Node& node) const { return {node, network.model.opset, network.constants}; }
    /// The node `steps` further on if it has this operator and joins nothing; else nullptr.
    const Node* ahead(const char* op, std::size_t steps = 1) const;
    /// Goes on behind `nodes` of the chain.
    void take(std::size_t nodes = 1) { at += nodes, placed += nodes; }
    /// Goes on behind this node, and behind a Relu that follows.
    Activation take_with_relu();
    /// The constant input i of the node.
    const Tensor& constant(const Node& node, std::size_t i) const;
    const Tensor& constant(std::size_t i) const { return constant(node(), i); }
};

/// The layer at the cursor, which moves behind it; none where nothing is to be done. Throws NoLayers.
std::optional<nn::AnyModule> make_layer(Cursor& cursor);

}  // namespace cyclone::onnx
