// What follows from a module's visit(): names, parameters, state, modes, copies.

#include <cyclone/nn/module.h>

#include <algorithm>
#include <cstdlib>
#include <numeric>
#include <typeinfo>

#include <cxxabi.h>

namespace cyclone::nn {
namespace {

/// A member as visit() hands it out.
struct Slot {
    std::string name;
    Tensor* tensor;
    bool is_parameter;
    Module* module;
};

class Collector : public Visitor {
public:
    void parameter(const std::string& name, Tensor& tensor) override { add(name, tensor, true); }
    void buffer(const std::string& name, Tensor& tensor) override { add(name, tensor, false); }
    void module(const std::string& name, Module& module) override { slots.push_back({name, nullptr, false, &module}); }

    std::vector<Slot> slots;

private:
    void add(const std::string& name, Tensor& tensor, bool is_parameter) {
        if (tensor.defined()) slots.push_back({name, &tensor, is_parameter, nullptr});
    }
};

std::vector<Slot> slots_of(Module& module) {
    Collector collector;
    module.visit(collector);
    return std::move(collector.slots);
}

/// visit() takes a module that is not const because other visitors write; collecting only reads.
std::vector<Slot> slots_of(const Module& module) { return slots_of(const_cast<Module&>(module)); }

template <class M>
void append_modules(const std::string& name, M& module, std::vector<std::pair<std::string, M*>>& out) {
    out.emplace_back(name, &module);
    for (const Slot& slot : slots_of(module))
        if (slot.module) append_modules<M>(name.empty() ? slot.name : name + "." + slot.name, *slot.module, out);
}

/// Calls f(module that has it, full name, slot) for every defined tensor at or below a module.
template <class M, class F>
void for_each_tensor(M& module, const F& f, const std::string& prefix = "") {
    for (const Slot& slot : slots_of(module)) {
        if (slot.module)
            for_each_tensor<M>(*slot.module, f, prefix + slot.name + ".");
        else
            f(module, prefix + slot.name, slot);
    }
}

/// The first places of the tensors for which wanted(module, slot) is true.
bool contains(const std::vector<NamedTensor>& list, const Tensor& tensor) {
    return std::any_of(list.begin(), list.end(), [&](const NamedTensor& t) { return t.tensor.is_same(tensor); });
}

template <class F>
std::vector<NamedTensor> unique_tensors(const Module& module, const F& wanted) {
    std::vector<NamedTensor> out;
    for_each_tensor(module, [&](const Module& owner, const std::string& name, const Slot& slot) {
        if (wanted(owner, slot) && !contains(out, *slot.tensor)) out.push_back({name, *slot.tensor});
    });
    return out;
}

std::vector<NamedTensor> all_parameters(const Module& module) {
    return unique_tensors(module, [](const Module&, const Slot& slot) { return slot.is_parameter; });
}

std::vector<NamedTensor> trained_parameters(const Module& module) {
    const std::vector<NamedTensor> frozen = unique_tensors(
        module, [](const Module& owner, const Slot& slot) { return slot.is_parameter && owner.is_frozen(); });
    return unique_tensors(module, [&](const Module&, const Slot& slot) {
        return slot.is_parameter && !contains(frozen, *slot.tensor);  // shared with a frozen layer: frozen too
    });
}

StateDict dictionary(const std::vector<NamedTensor>& tensors) {
    StateDict out;
    for (const NamedTensor& t : tensors) {
        check(out.find(t.name) == nullptr, "Module", "two tensors are named ", t.name,
              " (hint: visit() must give every member a name of its own)");
        out.add(t.name, t.tensor);
    }
    return out;
}

}  // namespace

void Visitor::module(const std::string&, Module& module) { module.visit(*this); }

Tensor parameter(Tensor tensor) {
    tensor.set_requires_grad();
    return tensor;
}

std::string Module::describe() const {
    int status = 0;
    char* demangled = abi::__cxa_demangle(typeid(*this).name(), nullptr, nullptr, &status);
    std::string name = status == 0 ? demangled : typeid(*this).name();
    std::free(demangled);
    const auto colons = name.rfind("::");
    return colons == std::string::npos ? name : name.substr(colons + 2);
}

std::vector<Member> Module::members() const {
    std::vector<Member> out;
    for (const Slot& slot : slots_of(*this)) {
        if (slot.module)
            out.push_back({Member::Kind::module, slot.name, {}, slot.module});
        else
            out.push_back(
                {slot.is_parameter ? Member::Kind::parameter : Member::Kind::buffer, slot.name, *slot.tensor, nullptr});
    }
    return out;
}

std::int64_t Module::row_group() const {
    constexpr std::int64_t kMost = std::int64_t{1} << 40;
    std::int64_t rows = 1;
    for (const auto& [name, module] : named_modules())
        if (module != this && rows < kMost) rows = std::lcm(rows, module->row_group());
    return std::min(rows, kMost);
}

std::vector<std::pair<std::string, Module*>> Module::named_modules() {
    std::vector<std::pair<std::string, Module*>> out;
    append_modules("", *this, out);
    return out;
}

std::vector<std::pair<std::string, const Module*>> Module::named_modules() const {
    std::vector<std::pair<std::string, const Module*>> out;
    append_modules("", *this, out);
    return out;
}

std::vector<Tensor> Module::parameters() const {
    std::vector<Tensor> out;
    for (const NamedTensor& p : trained_parameters(*this)) out.push_back(p.tensor);
    return out;
}

StateDict Module::named_parameters() const { return dictionary(trained_parameters(*this)); }

StateDict Module::all_named_parameters() const { return dictionary(all_parameters(*this)); }

StateDict Module::named_buffers() const {
    return dictionary(unique_tensors(*this, [](const Module&, const Slot& slot) { return !slot.is_parameter; }));
}

StateDict Module::state_dict() const {
    std::vector<NamedTensor> all;
    for_each_tensor(*this, [&](const Module&, const std::string& name, const Slot& slot) {
        all.push_back({name, *slot.tensor});
    });
    return dictionary(all);
}

StateDictReport Module::load_state_dict(const StateDict& state, LoadOptions options) {
    check<UsageError>(options.layout != WeightLayout::pytorch, "load_state_dict",
                      "expected Cyclone's layout (hint: nn::from_pytorch(model, state) in nn/weight_layout.h)");
    const StateDict own = state_dict();
    StateDictReport report = own.compare(state);
    check(!options.strict || report.fits(), "load_state_dict", "expected the ", own.size(), " tensors of this model; ",
          report.str());
    check(own.empty() || report.missing.size() + report.different.size() < own.size(), "load_state_dict",
          "none of the ", state.size(), " tensors fits this model; ", report.str());
    state.copy_into(own);
    return report;
}

namespace {

thread_local int evaluating = 0;  // nested Evaluating objects of this thread

}  // namespace

Evaluating::Evaluating() { ++evaluating; }
Evaluating::~Evaluating() { --evaluating; }
bool Evaluating::on() { return evaluating > 0; }

bool Module::is_training() const { return training_ && evaluating == 0; }

void Module::train(bool on) {
    if (!frozen_) training_ = on;
    for (const Slot& slot : slots_of(*this))
        if (slot.module) slot.module->train(on);
}

void Module::set_frozen(bool on) {
    frozen_ = on;
    training_ = !on;
    for (const Slot& slot : slots_of(*this)) {
        if (slot.module) slot.module->set_frozen(on);
        if (!slot.is_parameter) continue;
        slot.tensor->set_requires_grad(!on);
        if (on) slot.tensor->clear_grad();
    }
}

void Module::freeze() { set_frozen(true); }
void Module::unfreeze() { set_frozen(false); }

std::int64_t Module::parameter_count() const {
    std::int64_t count = 0;
    for (const NamedTensor& p : all_parameters(*this)) count += p.tensor.numel();
    return count;
}

void Module::zero_grad() {
    for (NamedTensor& p : all_parameters(*this)) p.tensor.clear_grad();
}

namespace {

/// Replaces every tensor of a module by f(tensor), the same tensor at two places by the same.
void replace_tensors(Module& module, const std::function<Tensor(const Tensor&)>& f) {
    std::vector<std::pair<Tensor, Tensor>> done;
    for_each_tensor(module, [&](const Module&, const std::string&, const Slot& slot) {
        const auto is_it = [&](const auto& pair) { return pair.first.is_same(*slot.tensor); };
        auto at = std::find_if(done.begin(), done.end(), is_it);
        if (at == done.end()) {
            Tensor copy = f(*slot.tensor);
            if (slot.tensor->requires_grad()) copy.set_requires_grad();
            at = done.insert(done.end(), {*slot.tensor, copy});
        }
        *slot.tensor = at->second;
    });
}

}  // namespace

void detach_copy(Module& module) {
    replace_tensors(module, [](const Tensor& t) { return t.clone(); });
}

void Module::to(DType dtype) {
    check(dtype == DType::f32 || dtype == DType::f64, "Module::to", "expected f32 or f64, got ", name_of(dtype));
    replace_tensors(*this, [dtype](const Tensor& t) {
        const bool is_floating = t.dtype() == DType::f32 || t.dtype() == DType::f64;
        return is_floating ? t.to(dtype) : t.detach();
    });
}

}  // namespace cyclone::nn
