#pragma once
// The weights that a training starts from, also out of an ONNX file.

#include <cyclone/io/weights.h>
#include <cyclone/nn/module.h>

#include <filesystem>

namespace cyclone::train {

/// io::load() for what it reads, or NAME.onnx: its layers go to those of `model` by nn::map_weights(), with
/// `{.strict = false}` as far as they fit (a network with another last layer, say). `image` is (H, W, C), for files
/// that leave it open. The metadata are the file's; the notes say what the model does not take over: a standardisation,
/// which a training has of its own data. Errors: those of io::load() and of onnx::load(); a network that is no nest of
/// layers, or of which nothing fits; options.layout for a file whose order is known.
io::LoadedWeights load_initial_weights(nn::Module& model, const std::filesystem::path& path, const Shape& image,
                                       const nn::LoadOptions& options = {});

/// The entry `key` of a file's metadata, such as "cyclone.model"; empty where there is none. Errors: those of reading.
std::string metadata_entry(const std::filesystem::path& path, std::string_view key);

}  // namespace cyclone::train
