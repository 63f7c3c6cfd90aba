// From an ONNX file to a network.

#include <cyclone/onnx/load.h>

#include <cyclone/base/arguments.h>
#include <cyclone/base/error.h>
#include <cyclone/base/first_few.h>
#include <cyclone/io/input_file.h>
#include <cyclone/onnx/graph.h>

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <map>
#include <set>

#include "onnx/graph.h"
#include "onnx/lower.h"
#include "onnx/network.h"
#include "onnx/operators.h"

namespace cyclone::onnx {
namespace {

constexpr std::int64_t kMostPixels = std::int64_t{1} << 28;
constexpr std::int64_t kMostChannels = 1 << 14;  // of images that are standardised

/// What a file does with its images before the network, and how they come.
struct Front {
    std::string value;    ///< the one behind it
    bool nhwc = false;    ///< the images of the file, which a Transpose turns
    bool turned = false;  ///< that Transpose lies before `value`
    std::vector<double> mean = {}, scale = {};
    int nodes = 0;
    std::vector<std::string> report = {};
};

class Loader {
public:
    Loader(Network network, const LoadOptions& options, const std::string& file)
        : network_(std::move(network)), options_(options), file_(file) {}

    Loaded run() {
        make_operators();
        Loaded out;
        out.metadata = network_.model.metadata;
        std::string end = network_.output.name;
        front_.value = network_.input.name;
        if (!options_.as_declared) {
            find_front();
            out.image = image();
            out.pixels = pixels();
            out.mean = front_.mean, out.scale = front_.scale;
            end = without_softmax(out);
        }
        out.report = front_.report;
        build(out, end);
        for (const std::string& node : network_.not_needed) out.report.push_back(node + ": its output is not needed");
        out.network.eval();
        return out;
    }

private:
    void make_operators() {
        std::vector<std::string> unknown;
        for (const Node& node : network_.model.nodes) {
            const bool usual = node.domain.empty() || node.domain == "ai.onnx";
            const std::string op = usual ? node.op : node.domain + "." + node.op;
            if (usual && has_operator(node.op)) continue;
            unknown.push_back(quoted(node.name.empty() ? node.outputs[0] : node.name) + " (" + op + ")");
        }
        check(unknown.empty(), file_, "holds ", unknown.size(),
              " node(s) with an operator that Cyclone does not have: ", first_few(unknown));
        for (const Node& node : network_.model.nodes) {
            try {
                operators_.push_back(make_operator(node, network_.model.opset, network_.constants));
            } catch (const Error& error) {
                fail(file_, error.what());
            }
        }
    }

    /// The node that alone reads `value`.
    const Node* only_reader(const std::string& value) const {
        const auto times = network_.used.find(value);
        if (times == network_.used.end() || times->second != 1) return nullptr;
        return &network_.model.nodes[static_cast<std::size_t>(network_.reader.at(value))];
    }

    static bool turns_to_channels_second(const Node& node) {
        return node.op == "Transpose" && node.attributes.size() == 1 &&
               node.attributes[0].numbers == std::vector<std::int64_t>{0, 3, 1, 2};
    }

    static bool is_arithmetic(const Node& node) {
        return node.op == "Add" || node.op == "Sub" || node.op == "Mul" || node.op == "Div";
    }

    /// x -> x factor + term per channel, where the node does that. `channels`: 1 or as many as the images have.
    bool read_affine(const Node& node, const std::string& value, std::int64_t channels, bool nhwc,
                     std::vector<double>& factor, std::vector<double>& term) const {
        const bool is_second = node.inputs.size() == 2 && node.inputs[1] == value;
        if (node.inputs.size() != 2 || (is_second && node.op != "Add" && node.op != "Mul")) return false;
        const auto found = network_.constants.find(node.inputs[is_second ? 0 : 1]);
        if (found == network_.constants.end() || !found->second.defined() || found->second.dtype() != DType::f32)
            return false;
        const Tensor& t = found->second;
        const std::int64_t at = nhwc ? 1 : 3;  // where the channels are, from the end
        const bool per_channel =
            t.numel() == channels && t.rank() >= at && t.rank() <= 4 && t.size(static_cast<int>(-at)) == channels;
        if (t.numel() != 1 && !per_channel) return false;
        for (std::size_t c = 0; c < factor.size(); ++c) {
            const auto number = static_cast<double>(t.data<float>()[t.numel() == 1 ? 0 : c]);
            if (node.op == "Add") term[c] += number;
            if (node.op == "Sub") term[c] -= number;
            if (node.op == "Mul") factor[c] *= number, term[c] *= number;
            if (node.op == "Div") factor[c] /= number, term[c] /= number;
        }
        const auto usable = [](double f) { return std::isfinite(f) && f > 0; };
        const auto finite = [](double f) { return std::isfinite(f); };
        return is_arithmetic(node) && std::all_of(factor.begin(), factor.end(), usable) &&
               std::all_of(term.begin(), term.end(), finite);
    }

    /// Half precision is read as f32 everywhere. Casts to whole numbers cut.
    bool casts_to_floats(const Node& node) const {
        if (node.op != "Cast") return false;
        const auto to =
            static_cast<ElementType>(NodeReader(node, network_.model.opset, network_.constants).number("to", 0));
        return to == ElementType::f32 || to == ElementType::f64 || to == ElementType::f16 || to == ElementType::bf16;
    }

    /// Goes along casts, standardisation and a Transpose at the beginning.
    void find_front() {
        const auto& sizes = network_.input.sizes;
        for (std::string value = front_.value; const Node* node = only_reader(value); value = node->outputs[0]) {
            front_.nhwc = turns_to_channels_second(*node);
            const bool goes_on = is_arithmetic(*node) || node->op == "Cast" || node->op == "Identity";
            if (front_.nhwc || !goes_on || network_.data_inputs(*node).size() != 1) break;
        }
        const bool images = sizes.size() == 4;
        const std::int64_t channels = images ? sizes[front_.nhwc ? 3 : 1] : sizes.empty() ? -1 : sizes.back();
        std::vector<double> factor(static_cast<std::size_t>(std::clamp<std::int64_t>(channels, 1, kMostChannels)), 1),
            term(factor.size(), 0);
        bool is_affine = false;
        for (const Node* node = only_reader(front_.value); node; node = only_reader(front_.value)) {
            std::vector<double> f = factor, t = term;
            const bool turns = front_.nhwc && turns_to_channels_second(*node),
                       plain = node->op == "Identity" || casts_to_floats(*node);
            const bool affine =
                images && channels <= kMostChannels && read_affine(*node, front_.value, channels, front_.nhwc, f, t);
            if (node->outputs[0] == network_.output.name || !(turns || plain || affine)) break;
            if (affine) factor = f, term = t, is_affine = true;
            front_.value = node->outputs[0];
            ++front_.nodes;
            front_.report.push_back(node->where() + (turns    ? ": images are (N, H, W, C) already"
                                                     : affine ? ": standardisation of the images"
                                                              : ": nothing to be done"));
            front_.turned = turns;
            if (turns) break;
        }
        for (std::size_t c = 0; is_affine && c < factor.size(); ++c) {
            front_.mean.push_back(-term[c] / factor[c] + 0.0);
            front_.scale.push_back(1 / factor[c]);
        }
    }

    /// (H, W, C) or (features), 0 where open.
    Shape image() const {
        const ValueInfo& input = network_.input;
        const auto& s = input.sizes;
        const auto known = [](std::int64_t size) { return std::max<std::int64_t>(size, 0); };
        Shape shape;
        if (s.size() == 4)
            shape = front_.nhwc ? Shape{known(s[1]), known(s[2]), known(s[3])}
                                : Shape{known(s[2]), known(s[3]), known(s[1])};
        else if (s.size() == 2)
            shape = Shape{known(s[1])};
        else
            check(!input.has_shape, file_, "expected images (N, C, H, W) or rows (N, features) as its input ",
                  quoted(input.name), ", got ", s.size(), " axes (hint: LoadOptions::as_declared takes any)");
        const Shape& given = options_.image;
        if (given.rank() > 0) {
            check(!input.has_shape || shape.rank() == given.rank(), file_, "expected images of ", shape, ", got ",
                  given);
            for (int a = 0; a < shape.rank(); ++a)
                check(shape[a] == 0 || shape[a] == given[a], file_, "expected images of ", shape, " (0: any), got ",
                      given);
            shape = given;
        }
        double pixels = 1;
        for (const std::int64_t size : shape) pixels *= static_cast<double>(std::max<std::int64_t>(size, 1));
        check(pixels <= static_cast<double>(kMostPixels), file_, "expected images of at most ", kMostPixels,
              " numbers, got ", shape);
        return shape;
    }

    DType pixels() const {
        switch (network_.input.type) {
            case ElementType::u8:
                return DType::u8;
            case ElementType::u16:
                return DType::u16;
            case ElementType::f32:
                return DType::f32;
            default:
                fail(file_, "expected an input of FLOAT, UINT8 or UINT16, got ", name_of(network_.input.type));
        }
    }

    const Node* giver(const std::string& value) const {
        const auto found = network_.giver.find(value);
        return found == network_.giver.end() ? nullptr : &network_.model.nodes[static_cast<std::size_t>(found->second)];
    }

    /// Whether it gives what it gets: another name for it, or a cast to f32, with which networks of f16 end.
    bool is_same(const Node& node) const {
        constexpr std::int64_t kFloat = 1;
        if (node.op == "Cast")
            return NodeReader(node, network_.model.opset, network_.constants).number("to", 0) == kFloat;
        return node.op == "Identity";
    }

    /// The activation that gives `value`, perhaps in another shape, as nn::Module::bounded_by() has it.
    std::string bound_of(const std::string& value) const {
        const Node* node = giver(value);
        const auto is = [&](std::initializer_list<const char*> ops) {
            return node && std::any_of(ops.begin(), ops.end(), [&](const char* op) { return node->op == op; });
        };
        while (node && (is_same(*node) || is({"Flatten", "Reshape", "Squeeze", "Dropout", "Clip"})))
            node = giver(node->inputs[0]);
        if (is({"Exp"})) {
            const Node* before = giver(node->inputs[0]);
            if (before && before->op == "LogSoftmax") return "softmax";
        }
        for (const auto& [op, name] :
             {std::pair{"Softmax", "softmax"}, {"Sigmoid", "sigmoid"}, {"Tanh", "tanh"}, {"Relu", "relu"}})
            if (node && node->op == op) return name;
        return {};
    }

    /// The value before a softmax over the classes at the end.
    std::string without_softmax(Loaded& out) {
        std::string end = network_.output.name;
        const Node* node = giver(end);
        int names = 0;  // that Identity gives it behind
        for (; node && is_same(*node) && node->inputs[0] != front_.value && network_.used[node->inputs[0]] == 1;
             ++names)
            node = giver(node->inputs[0]);
        const bool rows = network_.output.sizes.size() == 2;
        if (!node || node->op != "Softmax" || !rows || node->inputs[0] == front_.value ||
            network_.is_constant(node->inputs[0]))
            return end;
        NodeReader n(*node, network_.model.opset, network_.constants);
        const std::int64_t axis = n.number("axis", network_.model.opset < 13 ? 1 : -1);
        if ((axis != 1 && axis != -1) || network_.used[node->inputs[0]] != 1) return end;
        out.gives_probabilities = true;
        behind_ += 1 + names;
        front_.report.push_back(node->where() + ": the network gives the logits before it");
        return node->inputs[0];
    }

    void build(Loaded& out, const std::string& end) {
        std::string reason = "tensors are taken as declared";
        if (!options_.as_declared) {
            const Part part{front_.value, end, out.image, front_.nodes + behind_};
            Layers layers;
            try {
                layers = to_layers(network_, part);
            } catch (const Error& error) {
                fail(file_, error.what());
            }
            if (layers.network) {
                out.network = std::move(*layers.network);
                out.has_layers = true;
                out.report.insert(out.report.end(), layers.report.begin(), layers.report.end());
                return;
            }
            reason = layers.reason;
        }
        out.report.push_back("one Graph instead of layers: " + reason);
        out.network.add(make_graph(end, out.report));
    }

    int place_of(const std::string& value) {
        if (value.empty()) return -1;
        return places_.try_emplace(value, static_cast<int>(places_.size())).first->second;
    }

    Graph make_graph(const std::string& end, std::vector<std::string>& report) {
        auto plan = std::make_shared<Graph::Plan>();
        plan->input = place_of(front_.value);
        plan->input_channels_last = !options_.as_declared && (!front_.nhwc || front_.turned);
        plan->output_as_declared = options_.as_declared;
        plan->bound = bound_of(end);
        add_steps(*plan, end, report);
        std::vector<Graph::Weight> weights = add_constants(*plan);
        plan->output = place_of(end);
        plan->values = static_cast<int>(places_.size());
        mark_done(*plan);
        return Graph(std::move(plan), std::move(weights));
    }

    /// Nodes between the ends, in order; those before and behind do not count.
    void add_steps(Graph::Plan& plan, const std::string& end, std::vector<std::string>& report) {
        std::set<std::string> needed{end};
        std::vector<std::size_t> kept;
        for (std::size_t i = network_.model.nodes.size(); i-- > 0;) {
            const Node& node = network_.model.nodes[i];
            const auto wanted = [&](const std::string& value) { return !value.empty() && needed.count(value) > 0; };
            const bool in_front =
                std::find(node.outputs.begin(), node.outputs.end(), front_.value) != node.outputs.end();
            if (in_front || std::none_of(node.outputs.begin(), node.outputs.end(), wanted)) continue;
            needed.insert(node.inputs.begin(), node.inputs.end());
            kept.push_back(i);
        }
        std::reverse(kept.begin(), kept.end());
        for (const std::size_t i : kept) {
            const Node& node = network_.model.nodes[i];
            Step step{operators_[i], node.where(), {}, {}};
            for (const std::string& input : node.inputs) step.inputs.push_back(place_of(input));
            for (const std::string& output : node.outputs) {
                const bool read = output == end || network_.used.count(output) > 0;
                step.outputs.push_back(read ? place_of(output) : -1);
            }
            plan.steps.push_back(std::move(step));
            report.push_back(node.where() + ": runs as it is");
        }
    }

    /// Floating-point tensors with axes train, except for what a batch norm runs with; numbers stay.
    std::vector<Graph::Weight> add_constants(Graph::Plan& plan) {
        std::set<std::string> running, kernels, other;
        for (const Node& node : network_.model.nodes)
            for (std::size_t i = 0; i < node.inputs.size(); ++i) {
                if (node.op == "BatchNormalization" && i >= 3) running.insert(node.inputs[i]);
                ((node.op == "Conv" || node.op == "ConvTranspose") && i == 1 ? kernels : other).insert(node.inputs[i]);
            }
        std::vector<Graph::Weight> weights;
        std::map<std::string, std::size_t> own;  // several names for one tensor: its first place
        for (const auto& [value, tensor] : network_.constants) {
            const auto place = places_.find(value);
            if (place == places_.end()) continue;
            const auto name = network_.trained.find(value);
            const bool floating = tensor.dtype() == DType::f32 && tensor.rank() >= 1;
            const bool channels_last = kernels.count(value) > 0 && other.count(value) == 0 && tensor.rank() >= 3;
            const Array stored{channels_last ? last({tensor}) : tensor, channels_last};
            const bool is_new = name != network_.trained.end() && own.try_emplace(name->second, weights.size()).second;
            if (!floating || !is_new || name->second.find('\0') != std::string::npos) {
                plan.constants.emplace_back(place->second, stored);
                continue;
            }
            plan.weights.push_back(place->second);
            weights.push_back({name->second, stored.tensor, channels_last, running.count(value) == 0});
        }
        return weights;
    }

    /// A value is given up behind the last node that reads it.
    static void mark_done(Graph::Plan& plan) {
        std::vector<bool> kept(static_cast<std::size_t>(plan.values));
        kept[static_cast<std::size_t>(plan.output)] = true;
        for (std::size_t i = plan.steps.size(); i-- > 0;) {
            Step& step = plan.steps[i];
            for (const auto* places : {&step.inputs, &step.outputs})
                for (const int place : *places) {
                    if (place < 0 || kept[static_cast<std::size_t>(place)]) continue;
                    kept[static_cast<std::size_t>(place)] = true;
                    step.done.push_back(place);
                }
        }
    }

    Network network_;
    const LoadOptions& options_;
    const std::string& file_;
    std::vector<Operator> operators_;
    Front front_;
    int behind_ = 0;
    std::map<std::string, int> places_;
};

}  // namespace

std::vector<std::string> operators() { return operator_names(); }

Loaded parse(std::string_view bytes, const std::string& name, const LoadOptions& options) {
    return Loader(check_network(read_model(bytes, name), name), options, name).run();
}

Loaded load(const std::filesystem::path& path, const LoadOptions& options) {
    return parse(io::read_text(path), path.string(), options);
}

}  // namespace cyclone::onnx
