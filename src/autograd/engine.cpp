// Reverse-mode differentiation in two phases, both with explicit stacks so that a chain of a million operations works:
//   1. walk from the output to the leaves and count, for each node, the consumers that will send it a gradient;
//   2. run the nodes whose count has reached zero, the output first; pass each gradient to the producer or leaf, and
//      release the node.

#include <cyclone/autograd/backward.h>
#include <cyclone/autograd/gradient_sink.h>
#include <cyclone/base/profile.h>

#include "autograd/accumulate.h"
#include "autograd/node.h"

namespace cyclone {
namespace {

using autograd::Node;
using NodeStack = std::vector<Node*, CachingAllocator<Node*>>;

// Sums a gradient over the axes along which an input of `shape` was broadcast.
Tensor unbroadcast(Tensor grad, const Shape& shape) {
    if (grad.shape() == shape) return grad;
    Tensor out = Tensor::zeros(shape, grad.dtype());
    visit_floating(grad.dtype(), "backward", [&](auto zero) {
        using T = decltype(zero);
        kernels::add_broadcast_into(grad.data<T>(), grad.shape(), out.mutable_data<T>(), shape);
    });
    return out;
}

// The first gradient is taken as it is. It may share storage with another tensor; a sum then starts with a copy.
void accumulate(Tensor& sum, Tensor grad) {
    if (!sum.defined()) {
        sum = std::move(grad);
        return;
    }
    if (!sum.is_sole_owner()) sum = sum.clone();
    autograd::add_into(sum, grad);
}

// A leaf's gradient outlives the pass, so no other tensor may share it. Once there, it keeps its storage.
void accumulate_leaf(Tensor leaf, Tensor grad) {
    if (GradientSink* sink = GradientSink::mine()) return sink->add(leaf, std::move(grad));
    Tensor sum = leaf.grad();
    if (sum.defined())
        autograd::add_into(sum, grad);
    else
        leaf.set_grad(autograd::owned(std::move(grad)));
}

using Order = std::vector<std::shared_ptr<Node>, CachingAllocator<std::shared_ptr<Node>>>;

// Phase 1: adds every node that the root depends on once, and counts `pending`.
void count_consumers(Order& order) {
    for (std::size_t next = 0; next < order.size(); ++next) {
        const Node* node = order[next].get();
        check(node->backward != nullptr, "backward", "the record of '", node->name,
              "' was already used and released (hint: run the forward again; each record serves one backward)");
        for (std::size_t i = 0; i < node->inputs.size(); ++i) {
            const std::shared_ptr<Node>& producer = node->inputs[i].producer;
            if (producer && producer->pending++ == 0) order.push_back(producer);
        }
    }
}

// Phase 2 for one node: sends its gradients to its inputs, and adds to `ready` the producers that now have all of
// theirs.
void run_node(Node& node, NodeStack& ready) {
    Gradients gradients;
    const Tensor output_grad = std::exchange(node.output_grad, Tensor());
    if (output_grad.defined()) {  // undefined when no consumer had a gradient to give
        gradients = (*node.backward)(output_grad);
        check(gradients.size() == node.inputs.size(), node.name, "the backward returned ", gradients.size(),
              " gradients for ", node.inputs.size(), " inputs");
    }
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
        Node::Input& input = node.inputs[i];
        if (i < gradients.size() && gradients[i].defined() && (input.producer || input.leaf.defined())) {
            Tensor grad = unbroadcast(std::exchange(gradients[i], Tensor()), input.shape);
            if (input.leaf.defined())
                accumulate_leaf(input.leaf, std::move(grad));
            else
                accumulate(input.producer->output_grad, std::move(grad));
        }
        if (input.producer && --input.producer->pending == 0) ready.push_back(input.producer.get());
    }
    node.release();
    profile::lap(profile::Phase::backward, node.name);
}

}  // namespace

void backward(const Tensor& loss) {
    check(loss.numel() == 1, "backward", "expected a loss of one element, got shape ", loss.shape(),
          " (hint: mean() or sum() it, or give its gradient)");
    backward(loss, Tensor::ones(loss.shape(), loss.dtype()));
}

void backward(const Tensor& output, const Tensor& output_grad) {
    check(output.requires_grad(), "backward",
          "nothing to differentiate: no input of this tensor requires a gradient "
          "(hint: set_requires_grad() on parameters, and no NoGrad around the forward)");
    check(output_grad.shape() == output.shape() && output_grad.dtype() == output.dtype(), "backward",
          "expected a gradient of ", name_of(output.dtype()), ' ', output.shape(), ", got ",
          name_of(output_grad.dtype()), ' ', output_grad.shape());
    const NoGrad guard;
    if (output.is_leaf()) return accumulate_leaf(output, output_grad.detach());
    Order order{autograd::Access::producer(output)};
    try {
        count_consumers(order);
        order.front()->output_grad = output_grad.detach();
        NodeStack ready{order.front().get()};
        while (!ready.empty()) {
            Node* node = ready.back();
            ready.pop_back();
            run_node(*node, ready);
        }
    } catch (...) {  // a record that failed half-way cannot be used again
        for (const auto& node : order) {
            node->pending = 0;
            node->output_grad = Tensor();
            node->release();
        }
        throw;
    }
}

}  // namespace cyclone
