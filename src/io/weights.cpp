// Saving and loading the weights of a model.

#include <cyclone/io/weights.h>

#include <cyclone/io/checkpoint_file.h>

#include <utility>

namespace cyclone::io {

void save(const nn::Module& model, const std::filesystem::path& path, const Metadata& metadata) {
    save_weights(path, model.state_dict(), metadata);
}

LoadedWeights load(nn::Module& model, const std::filesystem::path& path, nn::LoadOptions options) {
    const bool from_checkpoint = is_checkpoint(path);
    WeightsFile file = from_checkpoint ? load_checkpoint(path) : load_weights(path);
    try {
        StateDictReport left_out =
            model.load_state_dict(from_checkpoint ? file.tensors.with_prefix(kModelPrefix) : file.tensors, options);
        return {std::move(file.metadata), std::move(left_out)};
    } catch (const Error& error) {
        fail(path.string(), "does not fit the model: ", error.what());
    }
}

}  // namespace cyclone::io
