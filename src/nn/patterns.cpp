// Parts of a model by the names of their tensors.

#include <cyclone/base/error.h>
#include <cyclone/base/first_few.h>
#include <cyclone/nn/patterns.h>

#include <algorithm>
#include <string>
#include <vector>

namespace cyclone::nn {
namespace {

constexpr std::string_view kHead = "head";

std::string below(const std::string& prefix, const std::string& name) {
    return prefix.empty() ? name : prefix + "." + name;
}

// The layer that "head" stands for; "head" where the model has names of that kind.
std::string head_of(const Module& model) {
    std::string last(kHead);
    for (const auto& [name, module] : model.named_modules()) {
        if (matches(kHead, name)) return std::string(kHead);
        const auto members = module->members();
        const auto is_parameter = [](const Member& member) { return member.kind == Member::Kind::parameter; };
        if (std::any_of(members.begin(), members.end(), is_parameter)) last = name;
    }
    return last;
}

std::string resolved(const Module& model, std::string_view pattern) {
    const bool names_head = pattern == kHead || pattern.starts_with("head.");
    if (!names_head) return std::string(pattern);
    const std::string head = head_of(model), rest(pattern.substr(kHead.size()));
    return !head.empty() ? head + rest : rest.empty() ? "*" : rest.substr(1);  // else the model is the layer
}

[[noreturn]] void fail_no_match(std::string_view pattern, const StateDict& known) {
    std::vector<std::string> names;
    for (const NamedTensor& t : known) names.push_back(t.name);
    constexpr std::size_t kShown = 40;
    fail<UsageError>(pattern, "expected a pattern of names, none of the ", names.size(), " tensors matches (",
                     first_few(names, kShown), ")");
}

// Goes back to the last '*' where the rest does not fit, so takes at most pattern times name steps.
bool is_like(std::string_view pattern, std::string_view name) {
    std::size_t p = 0, n = 0, star = std::string_view::npos, from = 0;
    while (n < name.size()) {
        if (p < pattern.size() && pattern[p] == '*') {
            star = p++;
            from = n;
        } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == name[n])) {
            ++p, ++n;
        } else if (star != std::string_view::npos) {
            p = star + 1;
            n = ++from;
        } else {
            return false;
        }
    }
    return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

}  // namespace

bool matches(std::string_view pattern, std::string_view name) {
    for (std::size_t end = name.find('.');; end = name.find('.', end + 1)) {
        if (is_like(pattern, name.substr(0, end))) return true;
        if (end == std::string_view::npos) return false;
    }
}

StateDict parameters_like(const Module& model, std::string_view pattern) {
    const std::string names = resolved(model, pattern);
    StateDict out;
    for (const NamedTensor& t : model.named_parameters())
        if (matches(names, t.name)) out.add(t.name, t.tensor);
    if (out.empty()) fail_no_match(pattern, model.named_parameters());
    return out;
}

std::vector<Module*> layers_like(Module& model, std::string_view given) {
    const std::string pattern = resolved(model, given);
    std::vector<Module*> layers;
    for (const auto& [prefix, module] : model.named_modules()) {
        std::vector<std::string> own;
        for (const Member& member : module->members())
            if (member.kind != Member::Kind::module) own.push_back(below(prefix, member.name));
        const auto fits = [&](const std::string& name) { return matches(pattern, name); };
        if (std::none_of(own.begin(), own.end(), fits)) continue;
        std::vector<std::string> others;
        for (const NamedTensor& t : module->state_dict())
            if (const std::string name = below(prefix, t.name); !fits(name)) others.push_back(name);
        check<UsageError>(others.empty(), given, "matches ", *std::find_if(own.begin(), own.end(), fits), " and not ",
                          first_few(others), ": expected all tensors of a layer, which is frozen as a whole");
        layers.push_back(module);
    }
    if (layers.empty()) fail_no_match(given, model.state_dict());
    return layers;
}

void freeze(Module& model, std::string_view pattern) {
    for (Module* layer : layers_like(model, pattern)) layer->freeze();
}

void unfreeze(Module& model, std::string_view pattern) {
    for (Module* layer : layers_like(model, pattern)) layer->unfreeze();
}

}  // namespace cyclone::nn
