#pragma once
// The steps of a Graph.

#include <cyclone/onnx/graph.h>

#include <string>
#include <vector>

#include "onnx/operators.h"

namespace cyclone::onnx {

/// A node: which of the values it reads and gives, and which nobody reads afterwards. -1: an input that is left out.
struct Step {
    Operator run;
    std::string where;
    std::vector<int> inputs, outputs, done = {};
};

struct Graph::Plan {
    std::vector<Step> steps;
    int values = 0;                                ///< how many there are
    int input = 0, output = 0;                     ///< places among them
    std::vector<int> weights = {};                 ///< places, in the order of Graph's weights
    std::vector<std::pair<int, Array>> constants;  ///< places and values
    bool input_channels_last = false;              ///< whether images come as (N, H, W, C)
    bool output_as_declared = true;                ///< or as (N, H, W, C)
    std::string bound = {};                        ///< see nn::Module::bounded_by()
};

}  // namespace cyclone::onnx
