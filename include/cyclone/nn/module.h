#pragma once
// Module: something with parameters that maps a tensor to a tensor. A layer of your own is three things:
//
//     struct Scale : nn::Module {
//         Tensor factor = nn::parameter(Tensor::ones({1}));                         // 1. members
//         Tensor forward(const Tensor& x) override { return x * factor; }           // 2. what it computes
//         void visit(nn::Visitor& v) override { v.parameter("factor", factor); }    // 3. the members by name
//     };
//
// `bool separates_rows() const override { return true; }` says that several threads may train it at once.
//
// A module has parameters (trained through gradients), buffers (stored but not trained, such as running means) and
// other state (everything else: never visited, never stored).

#include <cyclone/nn/state_dict.h>

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
    virtual void parameter(const std::string& name, Tensor& tensor) = 0;  ///< a tensor that is trained
    virtual void buffer(const std::string& name, Tensor& tensor) = 0;     ///< a tensor that is stored only
    /// By default visits the members of `module`.
    virtual void module(const std::string& name, Module& module);
};

/// Makes `tensor` trainable and returns it, to initialise members with.
Tensor parameter(Tensor tensor);

/// A member that visit() lists, for reading.
struct Member {
    /// What a member is.
    enum class Kind { parameter, buffer, module };
    Kind kind;                       ///< what it is
    std::string name;                ///< within its module
    Tensor tensor;                   ///< of a parameter or buffer
    const Module* module = nullptr;  ///< of a module
};

/// The order of the elements in stored weights; src/io/README.md describes both.
enum class WeightLayout {
    marked,   ///< as the file says, which io::save() marks
    cyclone,  ///< kernels (out, height, width, in); behind Flatten the features are (height, width, channel)
    pytorch,  ///< kernels (out, in, height, width); behind Flatten the features are (channel, height, width)
};

/// Options of Module::load_state_dict() and io::load().
struct LoadOptions {
    /// Whether names, shapes and dtypes must agree. False: what fits is copied (transfer learning).
    bool strict = true;
    WeightLayout layout = WeightLayout::marked;  ///< of what is loaded
};

/// What a module does with tensors of bf16, which lie between layers under Precision::bf16 (ops/precision.h).
enum class Bf16Form {
    none,   ///< nothing: it is called with f32, gives f32, and what it calls does
    keeps,  ///< takes either and gives the dtype of its input
    takes,  ///< takes either, and may give bf16 where storage() is that
};

/// Modules are values. A copy shares the tensors of the original, as a copy of a Tensor does; clone() copies them too.
class Module {
public:
    virtual ~Module() = default;

    /// What the module computes for a batch.
    virtual Tensor forward(const Tensor& x) = 0;
    /// forward(x). What calls other modules calls them so: summary() then sees them. Casts x where bf16_form() is none,
    /// and the result to f32 where storage() is f32.
    Tensor operator()(const Tensor& x);

    /// Lists parameters, buffers and submodules once; everything below follows from it.
    virtual void visit(Visitor&) {}
    /// One line such as "Linear(512 -> 256, relu)"; by default the name of the type.
    virtual std::string describe() const;

    /// What keeps the outputs within bounds, such as "relu" (never below 0) or "sigmoid"; empty where nothing is known
    /// to. The losses take logits, which have none.
    virtual std::string bounded_by() const { return {}; }

    /// How many multiplications with an addition forward(x), which gave y, does itself, without those of submodules.
    /// Convolutions and dense layers count, as in the literature; everything else, and so a module by default, is 0.
    virtual std::int64_t multiply_adds(const Tensor& /*x*/, const Tensor& /*y*/) const { return 0; }

    /// Whether forward() gives each row of its output from the same row of its input alone, changes nothing in the
    /// module, and takes its random draws from default_generator(): such a model is trained slice by slice, in several
    /// threads at once (train/slices.h). Cyclone's layers are of this kind but for a batch norm that trains; a module
    /// of your own is not until it says so, as this cannot be seen from outside.
    virtual bool separates_rows() const { return false; }
    /// What forward() does with tensors of bf16. A module of your own is given f32 unless it says otherwise.
    virtual Bf16Form bf16_form() const { return Bf16Form::none; }
    /// Of a module that separates_rows() but for groups of neighbouring rows, from the first on, that forward() must
    /// see together: how many a group has, as the ghost batches of a batch norm. By default the least common multiple
    /// of its submodules' groups, 1 without any; at most 2^40.
    virtual std::int64_t row_group() const;

    /// The defined members of this module in the order of visit(), without those of submodules.
    std::vector<Member> members() const;
    /// This module (name "") and all below it, outer modules before their members: "body", "body.0", ...
    std::vector<std::pair<std::string, Module*>> named_modules();
    std::vector<std::pair<std::string, const Module*>> named_modules() const;  ///< the same, for reading

    /// What an optimizer trains: every parameter once (one that is shared between layers at its first place), in the
    /// order of visiting, without those of frozen modules.
    std::vector<Tensor> parameters() const;
    /// The same with names such as "0.weight".
    StateDict named_parameters() const;
    /// The same with those of frozen modules.
    StateDict all_named_parameters() const;
    /// The same for buffers, those of frozen modules included.
    StateDict named_buffers() const;
    /// All parameters and buffers. The tensors are handles: clone() the result to keep a snapshot.
    StateDict state_dict() const;
    /// Copies the values in and reports what was left out. Names, shapes and dtypes must agree exactly, in any order;
    /// otherwise one Error names everything that is missing, unexpected or of another shape, and nothing is changed.
    /// Not strict: copies what fits; Error when nothing does.
    /// In Cyclone's layout: io::load() and from_pytorch() convert.
    StateDictReport load_state_dict(const StateDict& state, LoadOptions options = {});

    /// Training or evaluation mode of this module and all below it (dropout, batch norm), except frozen ones. Recording
    /// of gradients is another switch: NoGrad.
    void train(bool on = true);
    void eval() { train(false); }  ///< evaluation mode
    /// Whether this module is in training mode; false in a thread that has an Evaluating.
    bool is_training() const;

    /// Takes this module and all below it out of training: evaluation mode, which train() leaves alone, and no
    /// gradients for their parameters, which parameters() leaves out. Make the optimizer afterwards. Layers that are
    /// added to a frozen Sequential later are trained.
    void freeze();
    /// Undoes freeze(): training mode and gradients for this module and all below it.
    void unfreeze();
    bool is_frozen() const { return frozen_; }  ///< whether this module is frozen

    /// Converts parameters and buffers to f32 or f64. They become new tensors without gradients: make the optimizer
    /// afterwards.
    void to(DType dtype);

    /// Elements of all parameters, frozen ones included.
    std::int64_t parameter_count() const;
    /// Clears the gradients of all parameters.
    void zero_grad();

protected:
    Module() = default;                          ///< in training mode
    Module(const Module&) = default;             ///< shares the tensors
    Module(Module&&) = default;                  ///< takes the tensors
    Module& operator=(const Module&) = default;  ///< shares the tensors
    Module& operator=(Module&&) = default;       ///< takes the tensors

private:
    void set_frozen(bool on);

    bool training_ = true, frozen_ = false;
};

/// While it lives, every module is in evaluation mode for the thread that made it. The modules' own modes are neither
/// used nor touched, so threads can share a model that one of them evaluates.
class Evaluating {
public:
    Evaluating();
    ~Evaluating();
    Evaluating(const Evaluating&) = delete;
    Evaluating& operator=(const Evaluating&) = delete;

    static bool on();  ///< whether the calling thread has one
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
