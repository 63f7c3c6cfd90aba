#pragma once
// A graph of ONNX that has been checked: which node gives and which nodes read each value.

#include <map>
#include <string>
#include <vector>

#include "onnx/model.h"

namespace cyclone::onnx {

struct Network {
    Model model;                                 ///< nodes: those that the output needs, each behind what it reads
    std::map<std::string, Tensor> constants;     ///< initializers, Constant nodes and what Identity makes of them
    std::map<std::string, std::string> trained;  ///< names of constants that are initializers -> their own name
    std::map<std::string, int> reader;           ///< of each value that nodes read: the last of them
    std::map<std::string, int> used;             ///< of each value that nodes read: how many times
    std::map<std::string, int> giver;            ///< of each value that a node gives: the node
    ValueInfo input, output;
    std::vector<std::string> not_needed;  ///< nodes that were left out

    bool is_constant(const std::string& value) const { return constants.count(value) > 0; }
    /// The inputs of a node that are not constant.
    std::vector<std::string> data_inputs(const Node& node) const;
};

/// Errors as load() says.
Network check_network(Model model, const std::string& file);

}  // namespace cyclone::onnx
