#pragma once
// The parameters and buffers of a model in a safetensors file.

#include <cyclone/io/safetensors.h>
#include <cyclone/nn/module.h>

#include <filesystem>
#include <string_view>

namespace cyclone::io {

/// What the names of a model's tensors begin with in a checkpoint of train::fit().
inline constexpr std::string_view kModelPrefix = "model.";

/// What load() found besides the values.
struct LoadedWeights {
    Metadata metadata;         ///< of the file
    StateDictReport left_out;  ///< what did not fit; empty unless LoadOptions::strict is false
};

/// Writes everything in the model's state_dict(); the file appears whole or not at all. The order of the axes is
/// Cyclone's: convolution weights are (out, height, width, in), not PyTorch's (out, in, height, width).
void save(const nn::Module& model, const std::filesystem::path& path, const Metadata& metadata = {});

/// Copies the values of a file, or of a checkpoint that train::fit() wrote, into the model. Names, shapes and dtypes
/// must agree exactly; otherwise an Error names the file and everything that differs, and the model is as before. With
/// `{.strict = false}` copies what fits, for example to train a new last layer; Error when nothing fits.
LoadedWeights load(nn::Module& model, const std::filesystem::path& path, nn::LoadOptions options = {});

}  // namespace cyclone::io
