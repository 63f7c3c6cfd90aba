#pragma once
// How an op becomes differentiable. An op computes its output from plain data and then says
//
//     return autograd::record("mul", y, {a, b}, [a = Saved(a), b = Saved(b)](const Tensor& grad) {
//         return Gradients{mul(grad, b.get()), mul(grad, a.get())};
//     });
//
// The backward returns one gradient per input (an undefined Tensor where none is needed); the engine alone sums
// broadcast gradients back to the input's shape and accumulates. A backward captures Saved(y), never y itself:
// the output's record owns the backward, so that would be a cycle.

#include <cyclone/autograd/grad_mode.h>
#include <cyclone/base/profile.h>
#include <cyclone/tensor/allocator.h>
#include <cyclone/tensor/tensor.h>

#include <initializer_list>
#include <optional>
#include <type_traits>
#include <vector>

namespace cyclone {

/// A list of tensors that lives in the caching allocator.
using TensorList = std::vector<Tensor, CachingAllocator<Tensor>>;
using Gradients = TensorList;

/// A tensor kept for the backward, without its record, watched for in-place modification.
class Saved {
public:
    explicit Saved(const Tensor& tensor)
        : tensor_(tensor.defined() ? tensor.detach() : Tensor()), version_(tensor.defined() ? tensor.version() : 0) {}
    /// Throws if the elements were modified since.
    const Tensor& get() const;

private:
    Tensor tensor_;
    std::uint32_t version_;
};

namespace autograd {

/// One recorded operation. Owns what its backward needs, and its producers: the graph hangs on its outputs.
struct Node {
    struct Input {
        std::shared_ptr<Node> producer;      // set for a computed input that needs a gradient
        std::shared_ptr<Tensor::Impl> leaf;  // set for a leaf that needs a gradient
        Shape shape;
    };

    const char* name = "";
    std::vector<Input, CachingAllocator<Input>> inputs;
    // Used while backward() runs:
    Tensor output_grad;
    std::int64_t pending = 0;  // consumers whose gradient has not arrived
    bool released = false;
    bool fused_relu =
        false;  // the output went through a relu, so backward() drops the gradient where it is not positive

    Node() = default;
    Node(const Node&) = delete;
    Node& operator=(const Node&) = delete;
    virtual ~Node();
    virtual Gradients backward(const Tensor& grad) = 0;
    /// Drops saved tensors and producers, without recursion.
    void release();

protected:
    virtual void release_saved() = 0;
};

template <class Backward>
struct NodeOf final : Node {
    std::optional<Backward> function;
    explicit NodeOf(Backward f) : function(std::move(f)) {}
    Gradients backward(const Tensor& grad) override { return (*function)(grad); }
    void release_saved() override { function.reset(); }
};

/// Whether no other tensor shares the elements. A backward may then overwrite the gradient it was given.
bool is_sole_owner(const Tensor& tensor);
/// Notes that `grad`, as it is now, is zero wherever `relu_output` is not positive, so that the relu's backward need
/// not see to it: `relu_output` are the elements of a tensor whose record says fused_relu.
void mark_masked(Tensor& grad, const void* relu_output);
bool is_masked(const Tensor& grad, const Tensor& relu_output);
/// Whether an op on these inputs must be recorded.
bool needs_record(const Tensor* inputs, std::size_t count);
/// Makes `output` the result of `node` on `inputs`.
Tensor attach(const char* name, Tensor output, const Tensor* inputs, std::size_t count, std::shared_ptr<Node> node);

template <class Backward>
Tensor record(const char* name, Tensor output, const Tensor* inputs, std::size_t count, Backward&& backward) {
    profile::lap(profile::Phase::forward, name);
    if (!needs_record(inputs, count)) return output;
    using NodeType = NodeOf<std::decay_t<Backward>>;
    auto node = std::allocate_shared<NodeType>(CachingAllocator<NodeType>{}, std::forward<Backward>(backward));
    return attach(name, std::move(output), inputs, count, std::move(node));
}

/// Records `backward` for `output` = name(inputs...) if any input requires a gradient and recording is on.
template <class Backward>
Tensor record(const char* name, Tensor output, std::initializer_list<Tensor> inputs, Backward&& backward) {
    return record(name, std::move(output), inputs.begin(), inputs.size(), std::forward<Backward>(backward));
}

}  // namespace autograd
}  // namespace cyclone
