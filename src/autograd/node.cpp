// Nodes: how an op is recorded, what a node keeps, and its release without recursion.

#include "autograd/node.h"

#include <cyclone/base/profile.h>

#include <algorithm>

namespace cyclone {

Saved::Saved(const Tensor& tensor)
    : tensor_(tensor.defined() ? tensor.detach() : Tensor()), version_(tensor.defined() ? tensor.version() : 0) {}

const Tensor& Saved::get() const {
    check(!tensor_.defined() || tensor_.version() == version_, "backward",
          "a tensor that the backward needs was modified in place after the forward (", version_,
          " modifications then, ", tensor_.defined() ? tensor_.version() : 0,
          " now; hint: clone() it before modifying, or update parameters after backward())");
    return tensor_;
}

namespace autograd {
namespace {

bool wants_grad(const Tensor& tensor) { return tensor.defined() && tensor.requires_grad(); }

using Inputs = decltype(Node::inputs);

// Destroying a long chain of nodes link by link would overflow the stack, so the links are unhooked first.
void unhook(Inputs& inputs) {
    std::vector<std::shared_ptr<Node>, CachingAllocator<std::shared_ptr<Node>>> stack;
    const auto take = [&stack](Inputs& from) {
        for (Node::Input& input : from)
            if (input.producer) stack.push_back(std::move(input.producer));
        from.clear();
    };
    take(inputs);
    while (!stack.empty()) {
        const std::shared_ptr<Node> node = std::move(stack.back());
        stack.pop_back();
        if (node.use_count() == 1) take(node->inputs);
    }
}

}  // namespace

Node::~Node() { unhook(inputs); }

void Node::release() {
    backward.reset();
    unhook(inputs);
}

bool needs_record(const Tensor* inputs, std::size_t count) {
    return grad_enabled() && std::any_of(inputs, inputs + count, wants_grad);
}

bool begin_record(const char* name, const Tensor* inputs, std::size_t count) {
    profile::lap(profile::Phase::forward, name);
    return needs_record(inputs, count);
}

Tensor attach(const char* name, Tensor output, const Tensor* inputs, std::size_t count,
              std::shared_ptr<BackwardFunction> backward) {
    check(output.is_leaf() && !output.requires_grad(), name, "an op must return a tensor of its own to be recorded");
    auto node = std::allocate_shared<Node>(CachingAllocator<Node>{}, name, std::move(backward));
    node->inputs.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
        Node::Input input;
        if (wants_grad(inputs[i])) {
            input.shape = inputs[i].shape();
            if (inputs[i].is_leaf())
                input.leaf = inputs[i];
            else
                input.producer = Access::producer(inputs[i]);
        }
        node->inputs.push_back(std::move(input));
    }
    node->version = output.version();
    Access::set_producer(output, std::move(node));
    return output;
}

Tensor input_behind(const Tensor& output, const char* name) {
    const std::shared_ptr<Node>& node = Access::producer(output);
    if (!node || node->name != name || node->inputs.empty() || node->version != output.version()) return {};
    const Node::Input& input = node->inputs.front();
    if (!input.producer) return input.leaf;
    Tensor before = output.viewed(input.shape);
    Access::set_producer(before, input.producer);
    return before;
}

}  // namespace autograd
}  // namespace cyclone
