// Saving and loading the weights of a model, and the layout of those that others wrote.

#include <cyclone/io/weights.h>

#include <cyclone/base/first_few.h>
#include <cyclone/io/checkpoint_file.h>
#include <cyclone/nn/weight_layout.h>

#include <algorithm>
#include <utility>

namespace cyclone::io {
namespace {

using nn::WeightLayout;

constexpr const char* kAsk = "(hint: LoadOptions::layout, cyclone train --init-layout, cyclone or pytorch)";

// What the metadata say; `marked` where they say nothing.
WeightLayout marked_layout(const Metadata& metadata) {
    WeightLayout found = WeightLayout::marked;
    for (const auto& [key, value] : metadata) {
        check(key != kLayoutKey || value == kLayout, "layout", "expected '", kLayout, "', the file says '", value,
              "' (hint: it was written by a later release)");
        if (key.starts_with("cyclone.")) found = WeightLayout::cyclone;  // of releases without the mark too
    }
    return found;
}

// What the shapes of the kernels say. Error where that is PyTorch's, or nothing although it matters.
WeightLayout layout_by_shapes(const nn::Module& model, const StateDict& tensors) {
    std::string ours, theirs, either;  // the first weight of each kind
    for (const nn::LayoutWeight& weight : nn::layout_weights(model)) {
        const Tensor* given = tensors.find(weight.name);
        if (!given || !given->defined()) continue;
        if (!weight.kernel) {
            const bool turns = weight.channels < 0 || (weight.channels > 1 && weight.shape[-1] > weight.channels);
            if (given->shape() == weight.shape && turns) either = either.empty() ? weight.name : either;
            continue;
        }
        const Shape other = nn::pytorch_shape(weight.shape);
        const bool as_ours = given->shape() == weight.shape, as_theirs = given->shape() == other;
        if (as_ours != as_theirs)
            (as_ours ? ours : theirs) = weight.name;
        else if (as_ours && weight.shape[3] > 1)
            either = either.empty() ? weight.name : either;
    }
    check(theirs.empty() || !ours.empty(), theirs,
          "has the shape of a kernel (out, in, height, width), expected (out, "
          "height, width, in) ",
          kAsk);
    check(!ours.empty() || either.empty(), either,
          "its shape fits Cyclone's layout and PyTorch's, and the file does not say which one it is ", kAsk);
    return WeightLayout::cyclone;
}

// Takes out what cannot be a weight of the model: tensors it does not have, of types that none of its own has.
std::vector<StoredTensor> take_foreign(StateDict& tensors, const StateDict& own) {
    std::vector<StoredTensor> foreign;
    for (const NamedTensor& t : StateDict(tensors)) {
        const auto same_type = [&](const NamedTensor& mine) { return mine.tensor.dtype() == t.tensor.dtype(); };
        if (own.find(t.name) || std::any_of(own.begin(), own.end(), same_type)) continue;
        foreign.push_back({t.name, dtype_and_shape(t.tensor)});
        tensors.erase(t.name);
    }
    return foreign;
}

std::vector<std::string> named(const std::vector<StoredTensor>& tensors) {
    std::vector<std::string> names;
    names.reserve(tensors.size());
    for (const StoredTensor& t : tensors) names.push_back(t.name + " (" + t.type + ")");
    return names;
}

}  // namespace

void save(const nn::Module& model, const std::filesystem::path& path, const Metadata& metadata) {
    Metadata marked = metadata;
    const auto is_mark = [](const auto& entry) { return entry.first == kLayoutKey; };
    if (std::none_of(marked.begin(), marked.end(), is_mark)) marked.emplace_back(kLayoutKey, kLayout);
    save_weights(path, model.state_dict(), marked);
}

LoadedWeights load(nn::Module& model, WeightsFile file, const std::string& name, nn::LoadOptions options) {
    try {
        const StateDict own = model.state_dict();
        std::vector<StoredTensor> foreign = take_foreign(file.tensors, own);
        foreign.insert(foreign.begin(), file.left_out.begin(), file.left_out.end());
        for (const StoredTensor& t : file.left_out)
            if (const Tensor* mine = own.find(t.name); mine && options.strict)
                fail(t.name, "expected ", dtype_and_shape(*mine), ", the file holds ", t.type);
        const WeightLayout marked = marked_layout(file.metadata);
        check(marked == WeightLayout::marked || options.layout != WeightLayout::pytorch, "layout",
              "pytorch was asked for, the file was written by Cyclone");
        if (options.layout == WeightLayout::marked)
            options.layout = marked == WeightLayout::marked ? layout_by_shapes(model, file.tensors) : marked;
        if (options.layout == WeightLayout::pytorch) file.tensors = nn::from_pytorch(model, file.tensors);
        LoadedWeights loaded{
            std::move(file.metadata), model.load_state_dict(file.tensors, {.strict = options.strict}), {}};
        const std::vector<std::string> unused = named(foreign);
        std::vector<std::string>& unexpected = loaded.left_out.unexpected;
        unexpected.insert(unexpected.end(), unused.begin(), unused.end());
        if (!file.converted.empty()) loaded.notes.push_back("read as f32: " + first_few(named(file.converted)));
        if (!unused.empty()) loaded.notes.push_back("not used: " + first_few(unused));
        return loaded;
    } catch (const Error& error) {
        fail(name, "does not fit the model: ", error.what());
    }
}

LoadedWeights load(nn::Module& model, const std::filesystem::path& path, nn::LoadOptions options) {
    if (!is_checkpoint(path)) return load(model, load_weights(path), path.string(), options);
    WeightsFile file = load_checkpoint(path);
    file.tensors = file.tensors.with_prefix(kModelPrefix);
    file.metadata.emplace_back(kLayoutKey, kLayout);
    LoadedWeights loaded = load(model, std::move(file), path.string(), options);
    loaded.metadata.pop_back();
    return loaded;
}

}  // namespace cyclone::io
