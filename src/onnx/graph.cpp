// Runs the operators of a graph one after the other.

#include <cyclone/onnx/graph.h>

#include <cyclone/base/error.h>

#include <stdexcept>
#include <utility>

#include "onnx/graph.h"

namespace cyclone::onnx {

Graph::Graph(std::shared_ptr<const Plan> plan, std::vector<Weight> weights)
    : plan_(std::move(plan)), weights_(std::move(weights)) {
    for (Weight& weight : weights_)
        if (weight.is_parameter) weight.tensor = nn::parameter(weight.tensor);
}

Tensor Graph::forward(const Tensor& x) {
    const Plan& plan = *plan_;
    Arrays values(static_cast<std::size_t>(plan.values));
    const auto at = [&](int place) -> Array& { return values[static_cast<std::size_t>(place)]; };
    for (std::size_t i = 0; i < weights_.size(); ++i)
        at(plan.weights[i]) = {weights_[i].tensor, weights_[i].channels_last};
    for (const auto& [place, value] : plan.constants) at(place) = value;
    at(plan.input) = {x, plan.input_channels_last && x.rank() >= 3};
    for (const Step& step : plan.steps) {
        Arrays inputs;
        for (const int place : step.inputs) inputs.push_back(place < 0 ? Array{} : at(place));
        try {
            for (std::size_t i = 0; i < inputs.size(); ++i)
                check(step.inputs[i] < 0 || inputs[i].tensor.defined(), "input", i, " was not computed");
            Arrays outputs = step.run(inputs, is_training());
            for (std::size_t k = 0; k < step.outputs.size(); ++k) {
                if (step.outputs[k] < 0) continue;
                check(k < outputs.size(), "output", k, " is needed, which Cyclone does not compute");
                at(step.outputs[k]) = std::move(outputs[k]);
            }
        } catch (const Error& error) {
            fail(step.where, error.what());
        } catch (const std::out_of_range&) {  // of inputs.at()
            fail(step.where, "expected more inputs, got ", inputs.size());
        }
        for (const int place : step.done) at(place) = {};
    }
    const Array& y = at(plan.output);
    return plan.output_as_declared ? plain(y) : last(y);
}

void Graph::visit(nn::Visitor& v) {
    for (Weight& weight : weights_) {
        if (weight.is_parameter)
            v.parameter(weight.name, weight.tensor);
        else
            v.buffer(weight.name, weight.tensor);
    }
}

std::string Graph::describe() const { return "onnx::Graph(" + std::to_string(plan_->steps.size()) + " nodes)"; }

std::string Graph::bounded_by() const { return plan_->bound; }

}  // namespace cyclone::onnx
