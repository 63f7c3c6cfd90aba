#pragma once
// Graph: a network of operators that run one after the other, where they do not make layers.

#include <cyclone/nn/module.h>

#include <memory>
#include <string>
#include <vector>

namespace cyclone::onnx {

/// What load() makes of a graph that is no nest of layers. Its parameters have the names that they have in the file.
class Graph final : public nn::Module {
public:
    /// @cond
    struct Plan;
    struct Weight {
        std::string name;
        Tensor tensor;
        bool channels_last = false, is_parameter = false;
    };
    Graph(std::shared_ptr<const Plan> plan, std::vector<Weight> weights);
    /// @endcond

    /// Error naming the node that does not fit what it gets.
    Tensor forward(const Tensor& x) override;
    void visit(nn::Visitor& v) override;
    std::string describe() const override;
    std::string bounded_by() const override;  ///< the last node, where it is softmax, sigmoid, tanh or relu

private:
    std::shared_ptr<const Plan> plan_;
    std::vector<Weight> weights_;
};

}  // namespace cyclone::onnx
