#include <cyclone/autograd/record.h>

#include <algorithm>

namespace cyclone::autograd {
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
    released = true;
    release_saved();
    unhook(inputs);
}

bool is_sole_owner(const Tensor& tensor) {
    return tensor.handle().use_count() == 1 && tensor.handle()->storage.use_count() == 1;
}

void mark_masked(Tensor& grad, const void* relu_output) {
    Tensor::Storage& storage = *grad.handle()->storage;
    storage.masked_by = relu_output;
    storage.masked_version = storage.version;
}

bool is_masked(const Tensor& grad, const Tensor& relu_output) {
    const Tensor::Storage& storage = *grad.handle()->storage;
    return storage.masked_by == relu_output.bytes() && storage.masked_version == storage.version &&
           grad.handle()->offset == 0;
}

bool needs_record(const Tensor* inputs, std::size_t count) {
    return grad_enabled() && std::any_of(inputs, inputs + count, wants_grad);
}

Tensor attach(const char* name, Tensor output, const Tensor* inputs, std::size_t count, std::shared_ptr<Node> node) {
    check(output.is_leaf() && !output.requires_grad(), name, "an op must return a tensor of its own to be recorded");
    node->name = name;
    node->inputs.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
        Node::Input input;
        if (wants_grad(inputs[i])) {
            input.shape = inputs[i].shape();
            if (inputs[i].is_leaf())
                input.leaf = inputs[i].handle();
            else
                input.producer = inputs[i].handle()->producer;
        }
        node->inputs.push_back(std::move(input));
    }
    output.handle()->producer = std::move(node);
    return output;
}

}  // namespace cyclone::autograd
