#include <cyclone/io/checkpoint.h>
#include <cyclone/train/weights.h>

#include "train/training_state.h"

namespace cyclone::train {

void save(const nn::Module& model, const std::filesystem::path& path, const io::Metadata& metadata) {
    io::save_weights(path, model.state_dict(), metadata);
}

io::Metadata load(nn::Module& model, const std::filesystem::path& path) {
    const bool from_checkpoint = io::is_checkpoint(path);
    io::WeightsFile file = from_checkpoint ? io::load_checkpoint(path) : io::load_weights(path);
    try {
        model.load_state_dict(from_checkpoint ? model_tensors(file) : file.tensors);
    } catch (const Error& error) {
        fail(path.string(), "does not fit the model: ", error.what());
    }
    return std::move(file.metadata);
}

}  // namespace cyclone::train
