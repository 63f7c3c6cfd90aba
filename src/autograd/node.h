#pragma once
// One recorded operation, and the engine's way from a tensor to its record.

#include <cyclone/autograd/record.h>

#include <memory>
#include <utility>
#include <vector>

namespace cyclone::autograd {

/// Owns what its backward needs, and its producers: the graph hangs on its outputs.
struct Node {
    struct Input {
        std::shared_ptr<Node> producer;  // set for a computed input that needs a gradient
        Tensor leaf;                     // defined for a leaf that needs a gradient
        Shape shape;
    };

    const char* name;
    std::vector<Input, CachingAllocator<Input>> inputs;
    std::shared_ptr<BackwardFunction> backward;  // null once released
    std::uint32_t version = 0;                   // of the output when it was recorded
    // Used while backward() runs:
    Tensor output_grad;
    std::int64_t pending = 0;  // consumers whose gradient has not arrived

    Node(const char* name_, std::shared_ptr<BackwardFunction> backward_)
        : name(name_), backward(std::move(backward_)) {}
    Node(const Node&) = delete;
    Node& operator=(const Node&) = delete;
    ~Node();

    /// Drops saved tensors and producers, without recursion.
    void release();
};

struct Access {
    static const std::shared_ptr<Node>& producer(const Tensor& tensor) { return tensor.producer(); }
    static void set_producer(Tensor& tensor, std::shared_ptr<Node> node) { tensor.set_producer(std::move(node)); }
};

}  // namespace cyclone::autograd
