// A graph of chains and nested branches as layers.

#include "onnx/lower.h"

#include <cyclone/base/error.h>
#include <cyclone/nn/branches.h>
#include <cyclone/nn/layers.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "onnx/cursor.h"

namespace cyclone::onnx {
namespace {

constexpr int kDeepest = 32;             // branches within branches
constexpr std::size_t kMostSteps = 1e7;  // of the search for the values that branches share
constexpr std::size_t kMostNodes = 20'000;

class Lowering {
public:
    explicit Lowering(const Network& network) : network_(network) {}

    Layers run(const Part& part) {
        Layers out;
        try {
            find_dominators();
            State state;
            if (part.shape.rank() == 3)
                state = {.form = State::Form::image, .h = part.shape[0], .w = part.shape[1], .c = part.shape[2]};
            else
                state = {.c = part.shape[0]};
            nn::Sequential model = chain(part.from, part.to, state, "", 0);
            if (static_cast<std::size_t>(part.before) + placed_ != network_.model.nodes.size())
                throw NoLayers{"its branches do not nest"};
            check_end(state);
            out.network = std::move(model);
            out.report = std::move(report_);
        } catch (const NoLayers& no) {
            out.reason = no.reason;
        }
        return out;
    }

private:
    static void check_end(const State& state) {
        if (state.form == State::Form::turned || state.hwc.rank() == 3 || state.form == State::Form::pixel)
            throw NoLayers{"its output has another order of axes than layers give"};
    }

    /// The node that every path to `value` goes through last, as its place; -1: the input.
    int place(const std::string& value) const {
        const auto found = network_.giver.find(value);
        return found == network_.giver.end() ? -1 : found->second;
    }

    /// Immediate dominators (Cooper, Harvey and Kennedy 2001); the nodes are in topological order.
    void find_dominators() {
        const std::vector<Node>& nodes = network_.model.nodes;
        if (nodes.size() > kMostNodes) throw NoLayers{"it has more than " + std::to_string(kMostNodes) + " nodes"};
        dominator_.assign(nodes.size(), -1);
        std::size_t steps = 0;
        for (std::size_t i = 0; i < nodes.size(); ++i) {
            bool first = true;
            int common = -1;
            for (const std::string& input : network_.data_inputs(nodes[i])) {
                int other = place(input);
                if (first) common = other;
                first = false;
                while (common != other) {
                    int& later = common > other ? common : other;
                    later = dominator_[static_cast<std::size_t>(later)];
                    if (++steps > kMostSteps) throw NoLayers{"its branches are too many to look through"};
                }
            }
            dominator_[i] = common;
        }
    }

    std::string value_of(int place) const {
        if (place < 0) return network_.input.name;
        return network_.model.nodes[static_cast<std::size_t>(place)].outputs[0];
    }

    /// The nodes from `from` to `to`, backwards.
    std::vector<Element> path(const std::string& from, const std::string& to) {
        std::vector<Element> elements;
        for (std::string value = to; value != from;) {
            const int at = place(value);
            if (at < 0) throw NoLayers{"its branches do not nest"};
            const Node& node = network_.model.nodes[static_cast<std::size_t>(at)];
            if (node.outputs[0] != value) throw NoLayers{node.where() + ": more than its first output is used"};
            const std::vector<std::string> inputs = network_.data_inputs(node);
            if (inputs.empty()) throw NoLayers{node.where() + ": it does not depend on the images"};
            const bool joins = inputs.size() > 1;
            value = joins ? value_of(dominator_[static_cast<std::size_t>(at)]) : inputs[0];
            elements.push_back({&node, joins ? value : ""});
            if (++walked_ > network_.model.nodes.size()) throw NoLayers{"its branches do not nest"};
        }
        std::reverse(elements.begin(), elements.end());
        return elements;
    }

    nn::Sequential chain(const std::string& from, const std::string& to, State& state, const std::string& prefix,
                         int depth) {
        if (depth > kDeepest) throw NoLayers{"its branches are nested too deeply"};
        const std::vector<Element> elements = path(from, to);
        Cursor cursor{network_, elements, 0, state, 0};
        nn::Sequential model;
        while (cursor.at < elements.size()) {
            const std::size_t begin = cursor.at;
            const std::string name = prefix + std::to_string(model.size());
            const std::size_t line = report_.size();
            report_.emplace_back();
            std::optional<nn::AnyModule> layer =
                elements[begin].branches_from.empty() ? make_layer(cursor) : make_join(cursor, name, depth);
            std::string nodes;
            for (std::size_t i = begin; i < cursor.at; ++i)
                nodes += (nodes.empty() ? "" : ", ") + elements[i].node->where();
            report_[line] =
                nodes + (layer ? ": layer " + name + ", " + layer->get().describe() : ": nothing to be done");
            if (layer) model.add(std::move(*layer));
        }
        state = cursor.state;
        placed_ += cursor.placed;
        return model;
    }

    std::optional<nn::AnyModule> make_join(Cursor& cursor, const std::string& name, int depth) {
        const Node& node = cursor.node();
        if (node.op == "Mul") return spelt_activation(cursor);
        if (node.op == "Add" || node.op == "Sum") return residual(cursor, name, depth);
        need_layers(node.op == "Concat", node, "no layer joins branches so");
        return join(cursor, name, depth);
    }

    nn::AnyModule residual(Cursor& cursor, const std::string& name, int depth) {
        const Node& node = cursor.node();
        const std::string shared = cursor.chain[cursor.at].branches_from;
        need_layers(node.inputs.size() == 2, node, "it adds more than two branches");
        std::string body = node.inputs[0], shortcut = node.inputs[1];
        if (body == shared) std::swap(body, shortcut);
        State of_body = cursor.state, of_shortcut = cursor.state;
        nn::Sequential layers = chain(shared, body, of_body, name + ".body.", depth + 1);
        nn::Sequential straight = chain(shared, shortcut, of_shortcut, name + ".shortcut.", depth + 1);
        need_layers(of_body == of_shortcut, node, "it adds " + of_body.str() + " and " + of_shortcut.str());
        cursor.state = of_body;
        nn::ResidualOptions options{.activation = cursor.take_with_relu()};
        if (straight.size() > 0) options.shortcut = std::move(straight);
        return nn::Residual(std::move(layers), std::move(options));
    }

    nn::AnyModule join(Cursor& cursor, const std::string& name, int depth) {
        const Node& node = cursor.node();
        const std::string shared = cursor.chain[cursor.at].branches_from;
        std::vector<nn::AnyModule> branches;
        State first, joined;
        for (const std::string& input : node.inputs) {
            need_layers(!network_.is_constant(input), node, "one of its inputs stands in the file");
            State state = cursor.state;
            const std::string prefix = name + "." + std::to_string(branches.size()) + ".";
            branches.emplace_back(chain(shared, input, state, prefix, depth + 1));
            if (branches.size() == 1)
                first = joined = state;
            else
                joined.c += state.c;
            state.c = first.c;
            need_layers(state == first && state.hwc.rank() == 0, node, "its branches have different sizes");
        }
        const std::int64_t axis = cursor.reader().number("axis", 1), rank = first.is_features() ? 2 : 4;
        need_layers((first.is_features() || first.is_image()) && (axis == 1 || axis == 1 - rank), node,
                    "it does not join channels");
        cursor.state = joined;
        cursor.take();
        return nn::Concat(std::move(branches));
    }

    const Node* giver(const std::string& value) const {
        const int at = place(value);
        return at < 0 ? nullptr : &network_.model.nodes[static_cast<std::size_t>(at)];
    }

    /// The number that the node adds to, or multiplies or divides, its other input by.
    std::optional<double> number_in(const Node& node, const std::string& value) const {
        if (node.inputs.size() != 2) return std::nullopt;
        const std::string& other = node.inputs[0] == value ? node.inputs[1] : node.inputs[0];
        const auto found = network_.constants.find(other);
        if (found == network_.constants.end() || !found->second.defined() || found->second.numel() != 1)
            return std::nullopt;
        return found->second.item();
    }

    /// x Sigmoid(x), or x (1 + Erf(x / sqrt(2))) followed by a factor of 0.5.
    nn::AnyModule spelt_activation(Cursor& cursor) {
        const Node& node = cursor.node();
        const std::string x = cursor.chain[cursor.at].branches_from;
        const bool has_x = node.inputs.size() == 2 && (node.inputs[0] == x || node.inputs[1] == x);
        need_layers(has_x, node, "no layer multiplies branches");
        const Node* other = giver(node.inputs[0] == x ? node.inputs[1] : node.inputs[0]);
        if (other && other->op == "Sigmoid" && other->inputs[0] == x) {
            cursor.take();
            ++cursor.placed;
            return nn::Activate(silu);
        }
        const auto is = [](std::optional<double> value, double wanted) {
            return value && std::abs(*value - wanted) < 1e-6;
        };
        const auto only = [&](const Node& n) {  // what it reads that is no constant, where that is one value
            const auto in = network_.data_inputs(n);
            return in.size() == 1 ? in[0] : std::string();
        };
        const Node* erf = other && other->op == "Add" && !only(*other).empty() ? giver(only(*other)) : nullptr;
        const Node* scaled = erf && erf->op == "Erf" ? giver(erf->inputs[0]) : nullptr;
        const Node* half = cursor.ahead("Mul");
        const bool fits =
            scaled && half && is(number_in(*other, erf->outputs[0]), 1) &&
            ((scaled->op == "Div" && scaled->inputs[0] == x && is(number_in(*scaled, x), std::numbers::sqrt2)) ||
             (scaled->op == "Mul" && is(number_in(*scaled, x), 1 / std::numbers::sqrt2) && only(*scaled) == x)) &&
            is(number_in(*half, node.outputs[0]), 0.5);
        need_layers(fits, node, "no layer multiplies branches");
        cursor.take(2);
        cursor.placed += 3;
        return nn::Activate(gelu);
    }

    const Network& network_;
    std::vector<int> dominator_;
    std::vector<std::string> report_;
    std::size_t placed_ = 0, walked_ = 0;  // nodes
};

/// Matrices and kernels that several nodes read would no longer be one.
std::string shared_weight(const Network& network) {
    for (const auto& [name, times] : network.used) {
        const auto found = network.constants.find(name);
        if (times > 1 && found != network.constants.end() && found->second.defined() && found->second.rank() >= 2 &&
            found->second.dtype() == DType::f32)
            return name;
    }
    return "";
}

}  // namespace

Layers to_layers(const Network& network, const Part& part) {
    if (const std::string name = shared_weight(network); !name.empty())
        return {.reason = "several nodes share the tensor " + name};
    if (part.shape.rank() != 3 && part.shape.rank() != 1)
        return {.reason = "it takes neither images nor rows of features"};
    if (part.shape[-1] == 0) return {.reason = "the file leaves the number of channels open"};
    return Lowering(network).run(part);
}

}  // namespace cyclone::onnx
