// Initial weights out of safetensors, checkpoints and ONNX files.

#include <cyclone/train/initial_weights.h>

#include <cyclone/base/error.h>
#include <cyclone/io/checkpoint_file.h>
#include <cyclone/nn/weight_map.h>
#include <cyclone/onnx/load.h>

#include <utility>

namespace cyclone::train {
namespace {

bool is_onnx(const std::filesystem::path& path) { return path.extension() == ".onnx"; }

io::LoadedWeights load_onnx_weights(nn::Module& model, const std::filesystem::path& path, const Shape& image,
                                    const nn::LoadOptions& options) {
    check<UsageError>(options.layout == nn::WeightLayout::marked, path.string(),
                      "expected no layout: ONNX says in which order weights are");
    onnx::Loaded file = onnx::load(path, {.image = image});
    check(file.has_layers, path.string(), "its network is no chain or nest of layers: ", file.report.back());
    io::LoadedWeights loaded{std::move(file.metadata), {}, {}};
    try {
        nn::MappedWeights mapped =
            nn::map_weights(model, file.network.state_dict(), nn::WeightOrder::cyclone, !options.strict);
        loaded.left_out = model.load_state_dict(mapped.state, {.strict = options.strict});
        loaded.left_out.unexpected = std::move(mapped.not_used);
    } catch (const Error& error) {
        fail(path.string(), "does not fit the model: ", error.what(), " (hint: a model with the layers of the file)");
    }
    if (!file.mean.empty())
        loaded.notes.push_back("the file standardises its images by numbers of its own, this training by its images");
    return loaded;
}

}  // namespace

io::LoadedWeights load_initial_weights(nn::Module& model, const std::filesystem::path& path, const Shape& image,
                                       const nn::LoadOptions& options) {
    return is_onnx(path) ? load_onnx_weights(model, path, image, options) : io::load(model, path, options);
}

std::string metadata_entry(const std::filesystem::path& path, std::string_view key) {
    const io::Metadata metadata = is_onnx(path)             ? onnx::load(path).metadata
                                  : io::is_checkpoint(path) ? io::load_checkpoint(path).metadata
                                                            : io::load_weights(path).metadata;
    for (const auto& [name, value] : metadata)
        if (name == key) return value;
    return {};
}

}  // namespace cyclone::train
