#pragma once
// Module: something with parameters that maps a tensor to a tensor. A layer of your own is three things:
//
//     struct Scale : nn::Module {
//         Tensor factor = nn::parameter(Tensor::ones({1}));                         // 1. members
//         Tensor forward(const Tensor& x) override { return x * factor; }           // 2. what it computes
//         void visit(nn::Visitor& v) override { v.parameter("factor", factor); }    // 3. the members by name
//     };
//
// A module has parameters (trained through gradients), buffers (stored but not trained, such as running means) and
// other state (everything else: never visited, never stored).

#include <cyclone/tensor/named_tensor.h>

#include <functional>
#include <iosfwd>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace cyclone::nn {

class Module;

/// Receives the members of a module in the order in which visit() lists them. A member that is an undefined tensor
/// (a layer without bias) is passed over.
class Visitor {
public:
    virtual ~Visitor() = default;
    virtual void parameter(const std::string& name, Tensor& tensor) = 0;
    virtual void buffer(const std::string& name, Tensor& tensor) = 0;
    /// By default visits the members of `module`.
    virtual void module(const std::string& name, Module& module);
};

/// Makes `tensor` trainable and returns it, to initialise members with.
Tensor parameter(Tensor tensor);

/// Modules are values. A copy shares the tensors of the original, as a copy of a Tensor does; clone() copies them too.
class Module {
public:
    virtual ~Module() = default;

    virtual Tensor forward(const Tensor& x) = 0;
    Tensor operator()(const Tensor& x) { return forward(x); }

    /// Lists parameters, buffers and submodules once; everything below follows from it.
    virtual void visit(Visitor&) {}
    /// One line such as "Linear(512 -> 256, relu)"; by default the name of the type.
    virtual std::string describe() const;

    /// Every parameter once (one that is shared between layers at its first place), in the order of visiting.
    std::vector<Tensor> parameters() const;
    /// The same with names such as "0.weight".
    StateDict named_parameters() const;
    /// Parameters and buffers. The tensors are handles: clone() them to keep a snapshot.
    StateDict state_dict() const;
    /// Copies the values in. Names, shapes and dtypes must agree exactly, in any order; otherwise one Error names
    /// everything that is missing, unexpected or of another shape, and nothing is changed.
    void load_state_dict(const StateDict& state);

    /// Training or evaluation mode of this module and all below it (dropout, batch norm). Recording of gradients is
    /// another switch: NoGrad.
    void train(bool on = true);
    void eval() { train(false); }
    bool is_training() const { return training_; }

    /// Converts parameters and buffers to f32 or f64. They become new tensors without gradients: make the optimizer
    /// afterwards.
    void to(DType dtype);

    /// Elements of all parameters.
    std::int64_t parameter_count() const;
    /// Forgets the gradients of all parameters.
    void zero_grad();

protected:
    Module() = default;
    Module(const Module&) = default;
    Module(Module&&) = default;
    Module& operator=(const Module&) = default;
    Module& operator=(Module&&) = default;

private:
    bool training_ = true;
};

/// A table with one row per layer: name, description, parameters; and their total.
std::ostream& operator<<(std::ostream& out, const Module& module);

/// Gives a module tensors of its own with equal values; parameters that were shared within it stay shared.
void detach_copy(Module& module);

/// A deep copy: same type, same values, nothing shared.
template <class M>
M clone(const M& module) {
    M copy = module;
    detach_copy(copy);
    return copy;
}

}  // namespace cyclone::nn
