// Search, comparison and copying of named tensors.

#include <cyclone/nn/state_dict.h>

#include <algorithm>
#include <utility>

namespace cyclone {

std::string dtype_and_shape(const Tensor& tensor) {
    return tensor.defined() ? std::string(name_of(tensor.dtype())) + " " + tensor.shape().str() : "an undefined tensor";
}

std::string StateDictReport::str() const {
    std::string text;
    const auto append = [&](const char* what, const std::vector<std::string>& names) {
        for (std::size_t i = 0; i < names.size(); ++i)
            text += (i > 0 ? ", " : text.empty() ? what : std::string("; ") + what) + names[i];
    };
    append("missing: ", missing);
    append("unexpected: ", unexpected);
    append("not fitting: ", different);
    return text;
}

StateDict::StateDict(std::initializer_list<NamedTensor> tensors) {
    for (const NamedTensor& t : tensors) add(t.name, t.tensor);
}

const Tensor* StateDict::find(std::string_view name) const {
    const auto at = places_.find(name);
    return at == places_.end() ? nullptr : &tensors_[at->second].tensor;
}

void StateDict::add(std::string name, Tensor tensor) {
    check(places_.find(name) == places_.end(), "StateDict", "the name '", name, "' is given twice");
    tensors_.push_back({name, std::move(tensor)});
    places_.emplace(std::move(name), tensors_.size() - 1);
}

void StateDict::add_with_prefix(std::string_view prefix, const StateDict& others) {
    for (const NamedTensor& t : others) add(std::string(prefix) + t.name, t.tensor);
}

void StateDict::set(std::string name, Tensor tensor) {
    const auto at = places_.find(name);
    if (at == places_.end())
        add(std::move(name), std::move(tensor));
    else
        tensors_[at->second].tensor = std::move(tensor);
}

bool StateDict::erase(std::string_view name) {
    const auto at = places_.find(name);
    if (at == places_.end()) return false;
    const std::size_t place = at->second;
    places_.erase(at);
    tensors_.erase(tensors_.begin() + static_cast<std::ptrdiff_t>(place));
    for (auto& entry : places_)
        if (entry.second > place) --entry.second;
    return true;
}

StateDict StateDict::with_prefix(std::string_view prefix) const {
    StateDict some;
    for (const NamedTensor& t : tensors_)
        if (t.name.starts_with(prefix)) some.add(t.name.substr(prefix.size()), t.tensor);
    return some;
}

StateDict StateDict::clone() const {
    StateDict copy;
    for (const NamedTensor& t : tensors_) copy.add(t.name, t.tensor.defined() ? t.tensor.clone() : Tensor());
    return copy;
}

StateDictReport StateDict::compare(const StateDict& given) const {
    StateDictReport report;
    for (const NamedTensor& expected : tensors_) {
        const Tensor* const got = given.find(expected.name);
        if (got == nullptr) {
            report.missing.push_back(expected.name);
            continue;
        }
        const std::string here = dtype_and_shape(expected.tensor), there = dtype_and_shape(*got);
        if (here != there) report.different.push_back(expected.name + " (expected " + here + ", got " + there + ")");
    }
    for (const NamedTensor& t : given)
        if (find(t.name) == nullptr) report.unexpected.push_back(t.name);
    return report;
}

StateDictReport StateDict::copy_into(const StateDict& target) const {
    for (NamedTensor into : target) {
        const Tensor* const from = find(into.name);
        if (from != nullptr && from->defined() && dtype_and_shape(*from) == dtype_and_shape(into.tensor))
            into.tensor.copy_from(*from);
    }
    return target.compare(*this);
}

}  // namespace cyclone
