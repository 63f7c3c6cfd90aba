#include <cyclone/nn/module.h>

#include <algorithm>
#include <cstdlib>
#include <typeinfo>

#include <cxxabi.h>

namespace cyclone::nn {
namespace {

// Visiting takes a module that is not const because most visitors write; the ones used on a const module only read.
void visit_const(const Module& module, Visitor& visitor) { const_cast<Module&>(module).visit(visitor); }

/// Calls f(full name, tensor, is_parameter) for every defined tensor below a module.
class Walk : public Visitor {
public:
    using Function = std::function<void(const std::string&, Tensor&, bool)>;
    explicit Walk(Function f) : f_(std::move(f)) {}

    void parameter(const std::string& name, Tensor& tensor) override { visit(name, tensor, true); }
    void buffer(const std::string& name, Tensor& tensor) override { visit(name, tensor, false); }
    void module(const std::string& name, Module& module) override {
        const std::size_t length = prefix_.size();
        prefix_ += name + ".";
        module.visit(*this);
        prefix_.resize(length);
    }

private:
    void visit(const std::string& name, Tensor& tensor, bool is_parameter) {
        if (tensor.defined()) f_(prefix_ + name, tensor, is_parameter);
    }

    Function f_;
    std::string prefix_;
};

class Modules : public Visitor {
public:
    explicit Modules(std::function<void(Module&)> f) : f_(std::move(f)) {}
    void parameter(const std::string&, Tensor&) override {}
    void buffer(const std::string&, Tensor&) override {}
    void module(const std::string&, Module& module) override { f_(module); }

private:
    std::function<void(Module&)> f_;
};

void add_unique(StateDict& list, const std::string& name, const Tensor& tensor) {
    const auto is_it = [&](const NamedTensor& other) { return other.tensor.is_same(tensor); };
    if (std::none_of(list.begin(), list.end(), is_it)) list.push_back({name, tensor});
}

const NamedTensor* find(const StateDict& state, const std::string& name) {
    const auto at = std::find_if(state.begin(), state.end(), [&](const NamedTensor& t) { return t.name == name; });
    return at == state.end() ? nullptr : &*at;
}

std::string kind(const Tensor& tensor) {
    return tensor.defined() ? std::string(name_of(tensor.dtype())) + " " + tensor.shape().str() : "an undefined tensor";
}

std::string join(const std::vector<std::string>& parts) {
    std::string out;
    for (const std::string& part : parts) out += (out.empty() ? "" : ", ") + part;
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

StateDict Module::named_parameters() const {
    StateDict out;
    Walk walk([&](const std::string& name, Tensor& tensor, bool is_parameter) {
        if (is_parameter) add_unique(out, name, tensor);
    });
    visit_const(*this, walk);
    return out;
}

std::vector<Tensor> Module::parameters() const {
    std::vector<Tensor> out;
    for (const NamedTensor& p : named_parameters()) out.push_back(p.tensor);
    return out;
}

StateDict Module::state_dict() const {
    StateDict out;
    Walk walk([&](const std::string& name, Tensor& tensor, bool) {
        check(find(out, name) == nullptr, "Module::state_dict", "two tensors are named ", name,
              " (hint: visit() must give every member a name of its own)");
        out.push_back({name, tensor});
    });
    visit_const(*this, walk);
    return out;
}

void Module::load_state_dict(const StateDict& state) {
    StateDict own = state_dict();
    std::vector<std::string> missing, unexpected, wrong;
    for (const NamedTensor& mine : own) {
        const NamedTensor* given = find(state, mine.name);
        if (given == nullptr)
            missing.push_back(mine.name);
        else if (kind(given->tensor) != kind(mine.tensor))
            wrong.push_back(mine.name + " (expected " + kind(mine.tensor) + ", got " + kind(given->tensor) + ")");
    }
    for (std::size_t i = 0; i < state.size(); ++i) {
        if (find(own, state[i].name) == nullptr) unexpected.push_back(state[i].name);
        if (find(state, state[i].name) != &state[i]) wrong.push_back(state[i].name + " (given twice)");
    }
    std::string problems;
    const auto report = [&](const char* what, const std::vector<std::string>& names) {
        if (!names.empty()) problems += (problems.empty() ? "" : "; ") + (what + join(names));
    };
    report("missing: ", missing);
    report("unexpected: ", unexpected);
    report("not fitting: ", wrong);
    check(problems.empty(), "load_state_dict", "expected the ", own.size(), " tensors of this model; ", problems);
    for (NamedTensor& mine : own) mine.tensor.copy_from(find(state, mine.name)->tensor);
}

void Module::train(bool on) {
    training_ = on;
    Modules modules([on](Module& module) { module.train(on); });
    visit(modules);
}

std::int64_t Module::parameter_count() const {
    std::int64_t count = 0;
    for (const Tensor& p : parameters()) count += p.numel();
    return count;
}

void Module::zero_grad() {
    for (Tensor& p : parameters()) p.clear_grad();
}

namespace {

/// Replaces every tensor of a module by f(tensor), the same tensor at two places by the same.
void replace_tensors(Module& module, const std::function<Tensor(const Tensor&)>& f) {
    std::vector<std::pair<Tensor, Tensor>> done;
    Walk walk([&](const std::string&, Tensor& tensor, bool) {
        const auto is_it = [&](const auto& pair) { return pair.first.is_same(tensor); };
        auto at = std::find_if(done.begin(), done.end(), is_it);
        if (at == done.end()) {
            Tensor copy = f(tensor);
            if (tensor.requires_grad()) copy.set_requires_grad();
            at = done.insert(done.end(), {tensor, copy});
        }
        tensor = at->second;
    });
    module.visit(walk);
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
