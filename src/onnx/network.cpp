// Checks that a graph is one.

#include "onnx/network.h"

#include <cyclone/base/arguments.h>
#include <cyclone/base/error.h>
#include <cyclone/base/first_few.h>

#include <algorithm>
#include <set>

#include "onnx/operators.h"

namespace cyclone::onnx {
namespace {

/// The tensor of a Constant node.
Tensor constant_of(const Node& node) {
    check(node.attributes.size() == 1 && node.outputs.size() == 1, node.where(), "expected one value");
    const Attribute& a = node.attributes[0];
    switch (a.type) {
        case Attribute::Type::tensor:
            return a.tensor;
        case Attribute::Type::real:
            return Tensor::scalar(static_cast<double>(a.real));
        case Attribute::Type::number:
            return Tensor::from({a.number}, {});
        case Attribute::Type::reals:
            return Tensor::from(a.reals, {static_cast<std::int64_t>(a.reals.size())});
        case Attribute::Type::numbers:
            return Tensor::from(a.numbers, {static_cast<std::int64_t>(a.numbers.size())});
        default:
            fail(node.where(), "expected numbers as its value");
    }
}

class Checker {
public:
    Checker(Model model, const std::string& file) : file_(file) { out_.model = std::move(model); }

    Network run() {
        read_constants();
        find_ends();
        for (const Node& node : out_.model.nodes) read_node(node);
        keep_what_is_needed();
        return std::move(out_);
    }

private:
    void define(const std::string& value, const std::string& by) {
        check(!value.empty(), file_, by, " has no name");
        check(known_.insert(value).second, file_, "the name ", quoted(value), " is given twice, the second time by ",
              by);
    }

    void read_constants() {
        for (const Initializer& t : out_.model.initializers) {
            define(t.name, "a tensor");
            out_.constants[t.name] = t.tensor;
            out_.trained[t.name] = t.name;
            types_[t.name] = t.stored;
        }
    }

    void find_ends() {
        std::vector<std::string> inputs;
        for (const ValueInfo& input : out_.model.inputs) {
            if (out_.constants.count(input.name) > 0) continue;  // older files list weights among the inputs
            inputs.push_back(quoted(input.name));
            out_.input = input;
        }
        check(inputs.size() == 1, file_, "expected one input, got ", inputs.size(), inputs.empty() ? "" : ": ",
              first_few(inputs));
        define(out_.input.name, "an input");
        std::vector<std::string> outputs;
        for (const ValueInfo& output : out_.model.outputs) outputs.push_back(quoted(output.name));
        check(outputs.size() == 1, file_, "expected one output, got ", outputs.size(), outputs.empty() ? "" : ": ",
              first_few(outputs));
        out_.output = out_.model.outputs[0];
    }

    void read_node(const Node& node) {
        for (const std::string& input : node.inputs)
            check(input.empty() || known_.count(input) > 0, file_, node.where(), ": no node before it gives its input ",
                  quoted(input), " (hint: a cycle, a graph within a node, or nodes out of order)");
        for (const std::string& output : node.outputs)
            if (!output.empty()) define(output, node.where());
        const std::string& first = node.outputs.empty() ? file_ : node.outputs[0];
        if (node.op == "Constant" && !node.outputs.empty()) out_.constants[first] = constant_of(node);
        if (node.op == "Identity" && node.inputs.size() == 1 && node.outputs.size() == 1 &&
            out_.is_constant(node.inputs[0])) {
            out_.constants[first] = out_.constants[node.inputs[0]];
            if (const auto own = out_.trained.find(node.inputs[0]); own != out_.trained.end())
                out_.trained[first] = own->second;
        }
    }

    void keep_what_is_needed() {
        std::set<std::string> needed{out_.output.name};
        std::vector<Node> kept;
        std::vector<Node>& nodes = out_.model.nodes;
        for (std::size_t i = nodes.size(); i-- > 0;) {
            Node& node = nodes[i];
            const auto gives = [&](const std::string& value) { return !value.empty() && needed.count(value) > 0; };
            if (std::none_of(node.outputs.begin(), node.outputs.end(), gives)) {
                if (node.op != "Constant") out_.not_needed.push_back(node.where());
                continue;
            }
            if (out_.is_constant(node.outputs[0])) continue;
            for (std::string& input : node.inputs) {
                // A weight by one name, however many an Identity gives it: what shares it is found by that.
                if (const auto own = out_.trained.find(input); own != out_.trained.end()) input = own->second;
                needed.insert(input);
            }
            kept.push_back(std::move(node));
        }
        std::reverse(kept.begin(), kept.end());
        nodes = std::move(kept);
        for (std::size_t i = 0; i < nodes.size(); ++i)
            for (const std::string& output : nodes[i].outputs) out_.giver[output] = static_cast<int>(i);
        check(out_.giver.count(out_.output.name) > 0, file_, "no node gives its output ", quoted(out_.output.name));
        check(needed.count(out_.input.name) > 0, file_, "its output does not depend on its input ",
              quoted(out_.input.name));
        for (std::size_t i = 0; i < nodes.size(); ++i) {
            check_inputs(nodes[i]);
            for (const std::string& input : nodes[i].inputs)
                ++out_.used[input], out_.reader[input] = static_cast<int>(i);
        }
    }

    /// Tensors that are used must be of a type that a Tensor holds.
    void check_inputs(const Node& node) {
        for (const std::string& input : node.inputs) {
            const auto constant = out_.constants.find(input);
            if (constant == out_.constants.end() || constant->second.defined()) continue;
            fail(file_, node.where(), ": its input ", quoted(input), " is of ", name_of(types_[input]),
                 ", which no tensor holds");
        }
    }

    const std::string& file_;
    Network out_;
    std::set<std::string> known_;
    std::map<std::string, ElementType> types_;
};

}  // namespace

std::vector<std::string> Network::data_inputs(const Node& node) const {
    std::vector<std::string> out;
    for (const std::string& value : node.inputs)
        if (!value.empty() && !is_constant(value)) out.push_back(value);
    return out;
}

Network check_network(Model model, const std::string& file) { return Checker(std::move(model), file).run(); }

}  // namespace cyclone::onnx
