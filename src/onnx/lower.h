#pragma once
// From a graph to layers.

#include <cyclone/nn/sequential.h>

#include <optional>
#include <string>
#include <vector>

#include "onnx/network.h"

namespace cyclone::onnx {

/// Where the part of a graph that makes a network begins and ends: between what prepares the images and a softmax.
struct Part {
    std::string from, to;
    Shape shape = {};  ///< of one sample at `from`: (H, W, C) or (features); 0: open
    int before = 0;    ///< nodes outside of it
};

struct Layers {
    std::optional<nn::Sequential> network = {};  ///< none: see reason
    std::vector<std::string> report = {};
    std::string reason = {};  ///< why it makes no layers
};

/// Layers for all nodes between the ends of `part`.
Layers to_layers(const Network& network, const Part& part);

}  // namespace cyclone::onnx
