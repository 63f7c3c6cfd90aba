#include <cyclone/nn/module.h>

#include <algorithm>
#include <cstdlib>
#include <iomanip>
#include <ostream>
#include <sstream>
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

std::string with_thousands(std::int64_t n) {
    std::string digits = std::to_string(n);
    for (auto at = static_cast<std::int64_t>(digits.size()) - 3; at > 0; at -= 3)
        digits.insert(static_cast<std::size_t>(at), ",");
    return digits;
}

struct Row {
    std::string name, description, parameters, count;
};

/// One row per module that has no modules below it.
class Rows : public Visitor {
public:
    void add(const std::string& name, Module& module) {
        const std::string before = prefix_;
        const std::size_t at = rows.size();
        rows.push_back({name, module.describe(), "", ""});
        const std::vector<std::string> outer = std::move(parameters_);
        parameters_.clear();
        const std::int64_t outer_count = count_;
        count_ = 0;
        prefix_ = name.empty() ? "" : name + ".";
        module.visit(*this);
        rows[at].parameters = join(parameters_);
        if (count_ > 0) rows[at].count = with_thousands(count_);
        prefix_ = before;
        parameters_ = outer;
        count_ = outer_count;
    }
    void parameter(const std::string& name, Tensor& tensor) override {
        if (!tensor.defined()) return;
        parameters_.push_back(name + " " + tensor.shape().str());
        count_ += tensor.numel();
    }
    void buffer(const std::string&, Tensor&) override {}
    void module(const std::string& name, Module& module) override { add(prefix_ + name, module); }

    std::vector<Row> rows;

private:
    std::string prefix_;
    std::vector<std::string> parameters_;
    std::int64_t count_ = 0;
};

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

void detach_copy(Module& module) {
    std::vector<std::pair<Tensor, Tensor>> copies;
    Walk walk([&](const std::string&, Tensor& tensor, bool) {
        const auto is_it = [&](const auto& pair) { return pair.first.is_same(tensor); };
        auto at = std::find_if(copies.begin(), copies.end(), is_it);
        if (at == copies.end()) {
            Tensor copy = tensor.clone();
            if (tensor.requires_grad()) copy.set_requires_grad();
            at = copies.insert(copies.end(), {tensor, copy});
        }
        tensor = at->second;
    });
    module.visit(walk);
}

std::ostream& operator<<(std::ostream& out, const Module& module) {
    Rows table;
    table.add("", const_cast<Module&>(module));
    if (table.rows.size() > 1 && table.rows[0].parameters.empty()) table.rows.erase(table.rows.begin());
    table.rows.insert(table.rows.begin(), {"name", "layer", "parameters", "count"});
    table.rows.push_back({"", "total", "", with_thousands(module.parameter_count())});
    std::size_t width[4] = {0, 0, 0, 0};
    for (const Row& row : table.rows) {
        const std::string* cells[4] = {&row.name, &row.description, &row.parameters, &row.count};
        for (int i = 0; i < 4; ++i) width[i] = std::max(width[i], cells[i]->size());
    }
    std::ostringstream text;  // so that flags of `out` neither matter nor change
    for (const Row& row : table.rows) {
        text << std::left << std::setw(static_cast<int>(width[0])) << row.name << "  "
             << std::setw(static_cast<int>(width[1])) << row.description << "  "
             << std::setw(static_cast<int>(width[2])) << row.parameters << "  " << std::right
             << std::setw(static_cast<int>(width[3])) << row.count << '\n';
    }
    return out << text.str();
}

}  // namespace cyclone::nn
