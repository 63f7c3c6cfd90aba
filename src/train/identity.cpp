// What must be the same in a training that is resumed, also for files of earlier versions.

#include "train/identity.h"

#include <cyclone/base/error.h>
#include <cyclone/base/first_few.h>

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <sstream>
#include <string_view>
#include <vector>

namespace cyclone::train {
namespace {

constexpr const char *kParameters = "parameters of the optimizer", *kOtherGroups = "other groups",
                     *kMonitor = "best epoch by", *kAccumulate = "accumulate", *kDropLast = "drop last",
                     *kLoss = "loss", *kSampler = "sampler", *kSlice = "images per slice", *kPrecision = "precision",
                     *kHooks = "weight hooks";  // not in early files of 0.2

// One entry per layer; layers without parameters (dropout, pooling) shape a training too.
std::string layers_of(const nn::Module& model) {
    std::string text;
    for (const auto& [name, module] : model.named_modules())
        if (!name.empty()) text += (text.empty() ? "" : "; ") + name + " " + module->describe();
    return text.empty() ? model.describe() : text;
}

// Texts such as long lists of layers: what is the same at both ends is left out.
std::string difference(std::string there, std::string here) {
    constexpr std::size_t kLong = 100;
    if (std::max(there.size(), here.size()) > kLong) {
        std::size_t same = 0;
        while (same < there.size() && same < here.size() && there[same] == here[same]) ++same;
        same = same == 0 ? 0 : there.rfind(';', same - 1) == std::string::npos ? 0 : there.rfind(';', same - 1) + 2;
        for (std::string* text : {&there, &here}) {
            text->erase(0, std::min(same, text->size()));
            if (text->size() > kLong) *text = text->substr(0, kLong) + "...";
        }
    }
    return "the checkpoint has " + (there.empty() ? "none" : there) + ", this training has " +
           (here.empty() ? "none" : here);
}

// What an earlier version called a schedule whose lengths in epochs were settled.
std::string in_present_words(std::string text) {
    constexpr std::string_view kSettled = "with_fixed_epochs(schedule=";
    const std::size_t begin = text.find(kSettled);
    if (begin == std::string::npos) return text;
    text.erase(begin, kSettled.size());
    int depth = 1;  // of the parentheses: the last one goes with the name
    std::size_t end = begin;
    while (end < text.size() && (depth += text[end] == '(' ? 1 : text[end] == ')' ? -1 : 0) > 0) ++end;
    return text.erase(std::min(end, text.size()), 1);
}

// Without the hyper-parameters that version 0.1 did not write.
std::string in_words_of_0_1(std::string text) {
    for (const std::string_view name : {", nesterov=", ", dampening=", ", epsilon="}) {
        const std::size_t begin = text.find(name);
        if (begin != std::string::npos) text.erase(begin, text.find_first_of(",)", begin + name.size()) - begin);
    }
    return text;
}

// Without what early files of version 0.2 did not say of a batch norm.
std::string layers_of_early_0_2(std::string text) {
    constexpr std::string_view kLayer = "BatchNorm(";
    for (std::size_t at = text.find(kLayer); at != std::string::npos; at = text.find(kLayer, at + 1))
        for (const std::string_view name : {", momentum ", ", epsilon "}) {
            const std::size_t begin = text.find(name, at);
            if (begin < text.find(')', at)) text.erase(begin, text.find_first_of(",)", begin + 1) - begin);
        }
    return text;
}

std::string text_at(const io::Metadata& metadata, std::string_view key) {
    const auto at =
        std::find_if(metadata.begin(), metadata.end(), [&](const auto& entry) { return entry.first == key; });
    return at == metadata.end() ? "" : at->second;
}

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
}

// One line per parameter of the optimizer in its order: its group and its name in the model.
std::string parameters_of(const optim::Optimizer& optimizer, const nn::Module& model) {
    const StateDict names = model.state_dict();
    const auto parameters = optimizer.parameters();
    const auto groups = optimizer.group_of_parameters();
    std::string text;
    for (std::size_t i = 0; i < parameters.size(); ++i) {
        const auto at = std::find_if(names.begin(), names.end(),
                                     [&](const NamedTensor& named) { return named.tensor.is_same(parameters[i]); });
        const std::string name = at == names.end() ? "parameter " + std::to_string(i) + " of no model" : at->name;
        text += (i > 0 ? "\n" : "") + ("group " + std::to_string(groups[i]) + ": ") + name;
    }
    return text;
}

std::string other_groups_of(const optim::Optimizer& optimizer) {
    std::string text;
    for (std::size_t g = 1; g < optimizer.groups(); ++g) text += (g > 1 ? "; " : "") + optimizer.describe_group(g);
    return text.empty() ? "none" : text;
}

// How the parameters of two optimizers differ; their order may.
std::string different_parameters(const std::string& there, const std::string& here) {
    auto old = lines_of(there), now = lines_of(here);
    std::sort(old.begin(), old.end());
    std::sort(now.begin(), now.end());
    std::vector<std::string> gone, come;
    std::set_difference(old.begin(), old.end(), now.begin(), now.end(), std::back_inserter(gone));
    std::set_difference(now.begin(), now.end(), old.begin(), old.end(), std::back_inserter(come));
    if (gone.empty() && come.empty()) return {};
    const auto first = [](const std::vector<std::string>& lines) {
        return lines.empty() ? "none" : first_few(lines, 1);
    };
    return std::string(kParameters) + ": only the checkpoint has " + first(gone) + ", only this training has " +
           first(come) + " (hint: make the groups that the optimizer had then, before resuming)";
}

std::string text_of(const DataView& data) {
    if (!data) return "none";
    if (const data::BatchSource* source = data.source())
        return joined(source->name, ", ", source->images, " of ", source->image_shape, " per epoch",
                      data.classes() > 0 ? joined(" in ", data.classes(), " classes") : "");
    const data::Dataset& d = *data.dataset();
    return joined(d.size(), " images of ", d.image_shape(), ' ', d.images.dtype(), " in ", d.classes(), " classes",
                  d.targets.defined() ? joined(" with targets of shape ", d.targets.shape()) : "");
}

std::string checksum_of(const DataView& data) { return data.dataset() ? data.dataset()->fingerprint() : "none"; }

std::string monitor_of(const FitOptions& options) {
    if (!options.checkpoint.score) return options.validation ? "validation loss" : "training loss";
    const auto* monitor = options.checkpoint.score.target<Monitor>();
    return monitor ? monitor->text() : "a score of the program";
}

std::string loss_of(const TrainingSet& train, const FitOptions& options) {
    if (options.loss || options.batch_loss) return options.loss_name;
    return train.is_regression() ? "mean squared error" : "cross entropy";
}

std::string hooks_of(const FitOptions& options) {
    std::string text;
    for (const WeightHook* hook : options.weight_hooks) text += (text.empty() ? "" : "; ") + hook->describe();
    return text.empty() ? "none" : text;
}

}  // namespace

io::Metadata identity_of(const nn::Module& model, const optim::Optimizer& optimizer, const TrainingSet& train,
                         const FitOptions& options) {
    io::Metadata identity{{"content", "a training in progress"},
                          {"model", layers_of(model)},
                          {"optimizer", optimizer.describe()},
                          {"batch size", std::to_string(options.batch_size)},
                          {"seed", std::to_string(options.seed)},
                          {kSampler, options.sampler.name()},
                          {"augmentation", options.augmentation.describe()},
                          {"data", text_of(train)},
                          {"checksum of the data", checksum_of(train)}};
    identity.emplace_back(kOtherGroups, "");
    identity.emplace_back(kParameters, "");
    refresh_groups(identity, model, optimizer);
    identity.emplace_back(kMonitor, monitor_of(options));
    identity.emplace_back(kAccumulate, std::to_string(options.accumulate));
    identity.emplace_back(kDropLast, options.drop_last ? "yes" : "no");
    identity.emplace_back(kSlice, options.slice ? std::to_string(*options.slice) : "as usual");
    identity.emplace_back(kPrecision, name_of(precision()));
    identity.emplace_back(kHooks, hooks_of(options));
    identity.emplace_back(kLoss, loss_of(train, options));
    identity.emplace_back("validation", text_of(options.validation));
    identity.emplace_back("checksum of the validation data", checksum_of(options.validation));
    return identity;
}

void refresh_groups(io::Metadata& identity, const nn::Module& model, const optim::Optimizer& optimizer) {
    for (auto& [key, value] : identity) {
        if (key == kOtherGroups) value = other_groups_of(optimizer);
        if (key == kParameters) value = parameters_of(optimizer, model);
    }
}

io::Metadata without_groups(io::Metadata identity) {
    std::erase_if(identity,
                  [](const auto& entry) { return entry.first == kOtherGroups || entry.first == kParameters; });
    return identity;
}

void check_identity(const io::Metadata& stored, const io::Metadata& identity, const std::string& file) {
    std::string problems;
    const auto differs = [&](const std::string& what) { problems += (problems.empty() ? "" : "; ") + what; };
    const bool is_of_0_1 = text_at(stored, kWrittenBy).empty(), is_of_early_0_2 = text_at(stored, kParameters).empty();
    for (const auto& [key, now] : identity) {
        std::string there = in_present_words(text_at(stored, key)), here = is_of_0_1 ? in_words_of_0_1(now) : now;
        if ((key == kLoss || key == kSlice) && there.empty()) continue;
        if (key == kHooks && there.empty()) there = "none";
        if (key == kSampler && there.find('(') == std::string::npos) here = here.substr(0, here.find('('));
        if (key == kPrecision && there.empty()) there = "f32";  // it was the only one
        if (is_of_early_0_2) {
            if (key == kParameters || key == kOtherGroups || key == kMonitor) continue;
            if (key == kAccumulate) there = "1";
            if (key == kDropLast) there = "no";
            if (key == "model") here = layers_of_early_0_2(here);
        }
        if (key == kParameters) {
            if (const std::string text = different_parameters(there, here); !text.empty()) differs(text);
        } else if (there != here) {
            differs(key + ": " + difference(there, here));
        }
    }
    check(problems.empty(), file, "is of another training: ", problems);
}

StateDict renumbered(const StateDict& state, const io::Metadata& stored, const io::Metadata& identity) {
    const auto old = lines_of(text_at(stored, kParameters)), now = lines_of(text_at(identity, kParameters));
    if (old == now || old.empty()) return state;
    StateDict out;
    for (const NamedTensor& t : state) {
        const std::size_t dot = t.name.find('.');
        const std::size_t number = dot == std::string::npos ? old.size() : std::strtoull(t.name.c_str(), nullptr, 10);
        const auto at = number < old.size() ? std::find(now.begin(), now.end(), old[number]) : now.end();
        out.add(at == now.end() ? t.name : std::to_string(at - now.begin()) + t.name.substr(dot), t.tensor);
    }
    return out;
}

}  // namespace cyclone::train
