// Which tensor of another framework's file belongs to which tensor of a model.

#include <cyclone/nn/weight_map.h>

#include <cyclone/base/arguments.h>
#include <cyclone/base/error.h>
#include <cyclone/base/first_few.h>
#include <cyclone/base/registry.h>
#include <cyclone/nn/layers.h>
#include <cyclone/nn/weight_layout.h>
#include <cyclone/ops/shape.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <map>
#include <set>

namespace cyclone::nn {
namespace {

enum class Kind { convolution, dense, batch_norm, norm };
enum class Role { weight, bias, mean, variance };

constexpr std::array kKindNames{"convolution", "dense layer", "batch norm", "norm"};

struct Part {
    Role role;
    std::string name;
    Tensor tensor;
};

/// Tensors of one layer, of a model or of a file.
struct Group {
    Kind kind = Kind::norm;
    std::string name;
    std::vector<Part> parts;

    const Part* find(Role role) const {
        const auto found = std::find_if(parts.begin(), parts.end(), [&](const Part& p) { return p.role == role; });
        return found == parts.end() ? nullptr : &*found;
    }
};

Kind kind_of(const Group& group) {
    const Part* weight = group.find(Role::weight);
    const int rank = weight ? weight->tensor.rank() : 0;
    return rank == 4                ? Kind::convolution
           : rank == 2              ? Kind::dense
           : group.find(Role::mean) ? Kind::batch_norm
                                    : Kind::norm;
}

std::optional<Role> role_named(std::string_view word) {
    static const std::map<std::string_view, Role> kRoles = {{"weight", Role::weight},
                                                            {"kernel", Role::weight},
                                                            {"gamma", Role::weight},
                                                            {"scale", Role::weight},
                                                            {"depthwise_kernel", Role::weight},
                                                            {"bias", Role::bias},
                                                            {"beta", Role::bias},
                                                            {"shift", Role::bias},
                                                            {"running_mean", Role::mean},
                                                            {"moving_mean", Role::mean},
                                                            {"running_var", Role::variance},
                                                            {"running_variance", Role::variance},
                                                            {"moving_variance", Role::variance}};
    const auto found = kRoles.find(word);
    return found == kRoles.end() ? std::nullopt : std::optional(found->second);
}

/// The word of PyTorch for a tensor of ours.
std::string pytorch_word(const std::string& name) {
    const std::size_t dot = name.rfind('.');
    const std::string path = dot == std::string::npos ? "" : name.substr(0, dot + 1), word = name.substr(path.size());
    const auto role = role_named(word);
    constexpr std::array kWords{"weight", "bias", "running_mean", "running_var"};
    return path + (role ? kWords[static_cast<std::size_t>(*role)] : word);
}

/// Numbers in names compare as numbers.
bool natural_less(const std::string& a, const std::string& b) {
    const auto is_digit = [](char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; };
    std::size_t i = 0, j = 0;
    while (i < a.size() && j < b.size()) {
        if (is_digit(a[i]) && is_digit(b[j])) {
            const auto number = [&](const std::string& s, std::size_t& at) {
                const std::size_t begin = s.find_first_not_of('0', at);
                std::size_t end = at;
                while (end < s.size() && is_digit(s[end])) ++end;
                std::string digits = begin < end ? s.substr(begin, end - begin) : "";
                at = end;
                return digits;
            };
            const std::string x = number(a, i), y = number(b, j);
            if (x.size() != y.size()) return x.size() < y.size();
            if (x != y) return x < y;
        } else if (a[i] != b[j]) {
            return a[i] < b[j];
        } else {
            ++i, ++j;
        }
    }
    return a.size() - i < b.size() - j;
}

/// The layers of a model that have tensors, in their order.
std::vector<Group> groups_of(const Module& model) {
    std::vector<Group> groups;
    for (const auto& [path, module] : model.named_modules()) {
        Group group{Kind::norm, path, {}};
        for (const Member& member : module->members()) {
            if (member.kind == Member::Kind::module) continue;
            const std::string name = path.empty() ? member.name : path + "." + member.name;
            const auto role = role_named(member.name);
            check(role.has_value(), "layer " + quoted(path) + ", " + module->describe(), "its tensor ",
                  quoted(member.name), " has no meaning in other frameworks");
            group.parts.push_back({*role, name, member.tensor});
        }
        if (group.parts.empty()) continue;
        group.kind = kind_of(group);
        groups.push_back(std::move(group));
    }
    return groups;
}

bool is_number(const std::string& word) {
    return !word.empty() && std::all_of(word.begin(), word.end(), [](unsigned char c) { return std::isdigit(c) != 0; });
}

bool is_never_a_weight(const std::string& name) {
    const auto has = [&](const char* text) { return name.find(text) != std::string::npos; };
    return has("num_batches_tracked") || has("seed_generator") || has("seed_state") || name.starts_with("optimizer/") ||
           name.starts_with("_optimizer") || name.starts_with("optimizer_weights");
}

/// The layers of a file in the natural order of their names; `rest` gets what belongs to none.
std::vector<Group> groups_of(const StateDict& tensors, std::vector<std::string>& rest) {
    struct Less {
        bool operator()(const std::string& a, const std::string& b) const { return natural_less(a, b); }
    };
    std::map<std::string, std::vector<std::pair<std::string, NamedTensor>>, Less> layers;
    for (const NamedTensor& t : tensors) {
        const bool is_float = t.tensor.dtype() == DType::f32 || t.tensor.dtype() == DType::f64;
        std::string name = t.name;
        if (name.ends_with(":0")) name.resize(name.size() - 2);
        const std::size_t cut = name.find_last_of("./");
        if (is_never_a_weight(t.name) || !is_float || cut == std::string::npos)
            rest.push_back(t.name);
        else
            layers[name.substr(0, cut)].emplace_back(name.substr(cut + 1), t);
    }
    std::vector<Group> groups;
    for (auto& [name, members] : layers) {
        Group group{Kind::norm, name, {}};
        std::sort(members.begin(), members.end(),
                  [](const auto& a, const auto& b) { return natural_less(a.first, b.first); });
        const bool numbered =
            std::all_of(members.begin(), members.end(), [](const auto& m) { return is_number(m.first); });
        for (std::size_t i = 0; i < members.size(); ++i) {
            const auto& [word, t] = members[i];
            const auto role = numbered && i < 4 ? std::optional(static_cast<Role>(i)) : role_named(word);
            if (role && !group.find(*role))
                group.parts.push_back({*role, t.name, t.tensor});
            else
                rest.push_back(t.name);
        }
        if (!group.find(Role::weight)) {
            for (const Part& part : group.parts) rest.push_back(part.name);
            continue;
        }
        group.kind = kind_of(group);
        groups.push_back(std::move(group));
    }
    return groups;
}

/// The values of a kernel or matrix from the order of a file; undefined where its shape is another. PyTorch's kernels
/// stay as they are, as from_pytorch() turns them when all names are known.
Tensor in_own_order(const Tensor& given, const Shape& own, WeightOrder order) {
    const bool kernel = own.rank() == 4;
    if (order == WeightOrder::pytorch && kernel) return given.shape() == pytorch_shape(own) ? given : Tensor();
    if (order != WeightOrder::keras || own.rank() < 2) return given.shape() == own ? given : Tensor();
    if (given.rank() != own.rank()) return {};
    if (!kernel) return given.shape() == Shape{own[1], own[0]} ? transpose(given.detach()) : Tensor();
    if (given.shape() == Shape{own[1], own[2], own[3], own[0]}) return permute(given.detach(), {3, 0, 1, 2});
    const bool depthwise = own[3] == 1 && given.size(0) == own[1] && given.size(1) == own[2] &&
                           given.size(2) * given.size(3) == own[0];  // (height, width, in, out / in)
    return depthwise ? permute(given.detach(), {2, 3, 0, 1}).viewed(own) : Tensor();
}

Tensor in_order(const Tensor& own, WeightOrder order) {
    if (order != WeightOrder::keras || own.rank() < 2) return own;  // PyTorch's: to_pytorch()
    return own.rank() == 2 ? transpose(own.detach()) : permute(own.detach(), {1, 2, 3, 0});
}

/// Why a layer of a file is not that of the model; empty where it is.
std::string misfit(const Group& own, const Group& given, WeightOrder order) {
    for (const Part& part : own.parts) {
        const Part* other = given.find(part.role);
        const Shape& shape = part.tensor.shape();
        const Shape turned = order == WeightOrder::pytorch && shape.rank() == 4 ? pytorch_shape(shape)
                             : order == WeightOrder::keras && shape.rank() == 4
                                 ? Shape{shape[1], shape[2], shape[3], shape[0]}
                             : order == WeightOrder::keras && shape.rank() == 2 ? Shape{shape[1], shape[0]}
                                                                                : shape;
        const std::string wanted =
            part.name + " " + shape.str() +
            (turned == shape ? "" : ", " + turned.str() + " in the order of " + std::string(name_of(order)));
        if (!other) return wanted + ": " + given.name + " has no such tensor";
        if (!in_own_order(other->tensor, shape, order).defined())
            return wanted + ": expected this shape, " + other->name + " has " + other->tensor.shape().str();
    }
    for (const Part& part : given.parts)
        if (!own.find(part.role)) return own.name + ": has no place for " + part.name + " " + part.tensor.shape().str();
    return "";
}

/// A tensor of the model and the one of the file.
struct Pairing {
    const Part* own;
    const Part* given;
};

struct Match {
    std::vector<Group> given = {};    // of the file
    std::vector<Pairing> pairs = {};  // of the model's groups and of `given`
    std::vector<std::string> not_used = {};
    bool by_name = false;
};

Match match_by_order(const std::vector<Group>& own, std::vector<Group> groups, WeightOrder order,
                     std::vector<std::string> rest, bool partly) {
    Match match{std::move(groups), {}, std::move(rest)};
    const std::vector<Group>& given = match.given;
    std::vector<bool> used(given.size());
    for (const Group& layer : own) {
        std::string nearest;
        std::size_t found = given.size();
        for (std::size_t i = 0; i < given.size() && found == given.size(); ++i) {
            if (used[i] || given[i].kind != layer.kind) continue;
            const std::string why = misfit(layer, given[i], order);
            if (why.empty())
                found = i;
            else if (nearest.empty())
                nearest = why;
        }
        if (partly && found == given.size()) continue;
        const char* kind = kKindNames[static_cast<std::size_t>(layer.kind)];
        check(found < given.size(), layer.parts[0].name,
              nearest.empty() ? "the file has no further " + std::string(kind) + ", expected one for " +
                                    layer.parts[0].tensor.shape().str()
                              : nearest);
        used[found] = true;
        for (const Part& part : layer.parts) match.pairs.push_back({&part, given[found].find(part.role)});
    }
    std::vector<std::string> left;
    for (std::size_t i = 0; i < given.size(); ++i)
        for (const Part& part : given[i].parts)
            if (!used[i]) left.push_back(part.name + " " + part.tensor.shape().str());
    if (partly) {
        check(!match.pairs.empty(), "model", "nothing fits: it has none of the file's layers ", first_few(left));
        match.not_used.insert(match.not_used.end(), left.begin(), left.end());
        return match;
    }
    check(left.empty(), "model", "has no layer for ", left.size(), " tensors of the file: ", first_few(left));
    return match;
}

/// Arrays without names, one for each tensor of the model.
std::vector<Group> positional(const StateDict& tensors, const std::vector<Group>& own) {
    std::vector<const NamedTensor*> arrays;
    for (const NamedTensor& t : tensors) arrays.push_back(&t);
    std::sort(arrays.begin(), arrays.end(),
              [](const auto* a, const auto* b) { return natural_less(a->name, b->name); });
    std::vector<Group> groups;
    std::size_t next = 0;
    for (const Group& layer : own) {
        Group group{layer.kind, layer.name, {}};
        for (const Part& part : layer.parts) {
            check(next < arrays.size(), part.name, "expected an array of ", part.tensor.shape(), ", the file has only ",
                  arrays.size(), " arrays");
            group.parts.push_back({part.role, arrays[next]->name, arrays[next]->tensor});
            ++next;
        }
        groups.push_back(std::move(group));
    }
    check(next == arrays.size(), "model", "has ", next, " tensors, the file has ", arrays.size(), " arrays");
    return groups;
}

/// The tensors under the model's own names, in our words or PyTorch's; `partly`: only if they fit.
std::optional<Match> match_by_name(const std::vector<Group>& own, const StateDict& tensors, WeightOrder order,
                                   bool partly) {
    Match match{.by_name = true};
    std::set<std::string> used;
    for (const Group& layer : own) {
        Group& group = match.given.emplace_back(Group{layer.kind, layer.name, {}});
        for (const Part& part : layer.parts) {
            const bool ours = tensors.find(part.name) != nullptr;
            const std::string name = ours ? part.name : pytorch_word(part.name);
            const Tensor* tensor = tensors.find(name);
            if (!tensor) return std::nullopt;
            if (partly && !in_own_order(*tensor, part.tensor.shape(), order).defined()) return std::nullopt;
            group.parts.push_back({part.role, name, *tensor});
            used.insert(name);
        }
    }
    for (std::size_t i = 0; i < own.size(); ++i)
        for (std::size_t k = 0; k < own[i].parts.size(); ++k)
            match.pairs.push_back({&own[i].parts[k], &match.given[i].parts[k]});
    for (const NamedTensor& t : tensors)
        if (used.count(t.name) == 0) match.not_used.push_back(t.name);
    return match;
}

Match find_match(const std::vector<Group>& own, const StateDict& tensors, WeightOrder order, bool partly) {
    if (std::optional<Match> named = match_by_name(own, tensors, order, partly)) return std::move(*named);
    const bool without_names =
        std::all_of(tensors.begin(), tensors.end(), [](const NamedTensor& t) { return t.name.starts_with("arr_"); });
    std::vector<std::string> rest;
    std::vector<Group> groups = without_names ? positional(tensors, own) : groups_of(tensors, rest);
    return match_by_order(own, std::move(groups), order, std::move(rest), partly);
}

}  // namespace

std::string_view name_of(WeightOrder order) {
    return order == WeightOrder::cyclone ? "cyclone" : order == WeightOrder::pytorch ? "pytorch" : "keras";
}

WeightOrder parse_weight_order(std::string_view name) {
    std::vector<NamedItem> names;
    for (const WeightOrder order : {WeightOrder::cyclone, WeightOrder::pytorch, WeightOrder::keras}) {
        if (name_of(order) == name) return order;
        names.push_back({std::string(name_of(order)), std::string(name_of(order)), ""});
    }
    fail_unknown_name("order", name, names);
}

MappedWeights map_weights(const Module& model, const StateDict& tensors, WeightOrder order, bool partly) {
    const std::vector<Group> own = groups_of(model);
    const Match match = find_match(own, tensors, order, partly);
    MappedWeights out;
    out.by_name = match.by_name;
    for (const auto& [mine, given] : match.pairs) {
        const Shape& shape = mine->tensor.shape();
        const Tensor values = in_own_order(given->tensor, shape, order);
        check(values.defined(), mine->name, "expected ", shape, " in the order of ", name_of(order), ", ", given->name,
              " has ", given->tensor.shape());
        out.state.add(mine->name, values.to(mine->tensor.dtype()));
        out.tensors.push_back({given->name, given->tensor.shape(), mine->name, shape});
    }
    if (order == WeightOrder::pytorch) out.state = from_pytorch(model, out.state);
    out.not_used = match.not_used;
    return out;
}

StateDict export_weights(const Module& model, WeightOrder order, const StateDict* like) {
    const StateDict state = order == WeightOrder::pytorch ? to_pytorch(model, model.state_dict()) : model.state_dict();
    if (!like) {
        StateDict out;
        for (const NamedTensor& t : state)
            out.add(order == WeightOrder::cyclone ? t.name : pytorch_word(t.name), in_order(t.tensor, order));
        return out;
    }
    const MappedWeights mapped = map_weights(model, *like, order);
    std::map<std::string, std::string> place;  // in the file -> in the model
    for (const MappedTensor& t : mapped.tensors) place[t.from] = t.to;
    StateDict out;
    for (const NamedTensor& t : *like) {
        const auto own = place.find(t.name);
        out.add(t.name,
                own == place.end() ? t.tensor : in_order(*state.find(own->second), order).viewed(t.tensor.shape()));
    }
    return out;
}

std::vector<WeightOrder> possible_orders(const Module& model, const StateDict& tensors) {
    std::vector<WeightOrder> out;
    for (const WeightOrder order : {WeightOrder::cyclone, WeightOrder::pytorch, WeightOrder::keras}) {
        try {
            map_weights(model, tensors, order);
            out.push_back(order);
        } catch (const Error&) {
        }
    }
    return out;
}

}  // namespace cyclone::nn
