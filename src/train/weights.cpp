#include <cyclone/train/weights.h>

namespace cyclone::train {

void save(const nn::Module& model, const std::filesystem::path& path, const io::Metadata& metadata) {
    io::save_weights(path, model.state_dict(), metadata);
}

io::Metadata load(nn::Module& model, const std::filesystem::path& path) {
    io::WeightsFile file = io::load_weights(path);
    try {
        model.load_state_dict(file.tensors);
    } catch (const Error& error) {
        fail(path.string(), "does not fit the model: ", error.what());
    }
    return std::move(file.metadata);
}

}  // namespace cyclone::train
