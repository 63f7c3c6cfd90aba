#pragma once
// How an op becomes differentiable. An op computes its output from plain data and then says
//
//     return autograd::record("mul", y, {a, b}, [a = Saved(a), b = Saved(b)](const Tensor& grad) {
//         return Gradients{mul(grad, b.get()), mul(grad, a.get())};
//     });
//
// The backward returns one gradient per input (an undefined Tensor where none is needed). The engine alone sums
// broadcast gradients back to the input's shape and accumulates. A backward captures Saved(y), never y itself: the
// record of the output owns the backward, so capturing y would make a cycle.

#include <cyclone/autograd/grad_mode.h>
#include <cyclone/tensor/allocator.h>
#include <cyclone/tensor/tensor.h>

#include <cstddef>
#include <initializer_list>
#include <memory>
#include <type_traits>
#include <vector>

namespace cyclone {

/// A list of tensors that lives in the caching allocator.
using TensorList = std::vector<Tensor, CachingAllocator<Tensor>>;
/// What a backward returns: one gradient per input.
using Gradients = TensorList;

/// A tensor kept for the backward, without its record, watched for in-place modification.
class Saved {
public:
    explicit Saved(const Tensor& tensor);  ///< an undefined tensor is kept as such
    /// The tensor; an Error if its elements were modified since.
    const Tensor& get() const;

private:
    Tensor tensor_;
    std::uint32_t version_;
};

namespace autograd {

/// @cond  what record() is made of

/// A function given to record(), without its type.
class BackwardFunction {
public:
    virtual ~BackwardFunction() = default;
    virtual Gradients operator()(const Tensor& grad) = 0;
};

template <class Backward>
class BackwardOf final : public BackwardFunction {
public:
    explicit BackwardOf(Backward f) : function_(std::move(f)) {}
    Gradients operator()(const Tensor& grad) override { return function_(grad); }

private:
    Backward function_;
};

/// needs_record(), and books the time of op `name` in the profile.
bool begin_record(const char* name, const Tensor* inputs, std::size_t count);
/// Makes `output` the result of op `name` on `inputs`.
Tensor attach(const char* name, Tensor output, const Tensor* inputs, std::size_t count,
              std::shared_ptr<BackwardFunction> backward);

/// @endcond

/// Whether an op on these inputs must be recorded: recording is on, and an input requires a gradient.
bool needs_record(const Tensor* inputs, std::size_t count);

/// Records `backward` for `output` = name(inputs...) if any input requires a gradient and recording is on. `name` must
/// outlive the record (a literal).
template <class Backward>
Tensor record(const char* name, Tensor output, const Tensor* inputs, std::size_t count, Backward&& backward) {
    if (!begin_record(name, inputs, count)) return output;
    using Function = BackwardOf<std::decay_t<Backward>>;
    return attach(name, std::move(output), inputs, count,
                  std::allocate_shared<Function>(CachingAllocator<Function>{}, std::forward<Backward>(backward)));
}

/// The same.
template <class Backward>
Tensor record(const char* name, Tensor output, std::initializer_list<Tensor> inputs, Backward&& backward) {
    return record(name, std::move(output), inputs.begin(), inputs.size(), std::forward<Backward>(backward));
}

/// The first input of the op that recorded `output` under `name` (compared as pointers); undefined if that was another
/// op. For record() alone, as its elements may be those of `output`: an op can so take the place of the one before it
/// in the backward, as max_pool2d does with a relu.
Tensor input_behind(const Tensor& output, const char* name);

}  // namespace autograd
}  // namespace cyclone
