#pragma once
// The parameters and buffers of a model in a safetensors file.

#include <cyclone/io/safetensors.h>
#include <cyclone/nn/module.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace cyclone::io {

/// What the names of a model's tensors begin with in a checkpoint of train::fit().
inline constexpr std::string_view kModelPrefix = "model.";

/// What load() found besides the values.
struct LoadedWeights {
    Metadata metadata;                    ///< of the file
    StateDictReport left_out;             ///< what was not used: see load(); empty where all fits
    std::vector<std::string> notes = {};  ///< sentences about what was converted and what was not used
};

/// The entry of the metadata that says in which layout a file holds its weights, and what it says in Cyclone's.
inline constexpr std::string_view kLayoutKey = "cyclone.layout", kLayout = "out,height,width,in";

/// Writes everything in the model's state_dict(), in the layout WeightLayout::cyclone, and the metadata with that mark;
/// the file appears whole or not at all.
void save(const nn::Module& model, const std::filesystem::path& path, const Metadata& metadata = {});

/// Copies the values of a file, or of a checkpoint that train::fit() wrote, into the model. Names, shapes and dtypes
/// must agree exactly (F16 and BF16 are read as f32); otherwise an Error names the file and everything that differs,
/// and the model is as before. Tensors that the model does not have and whose type none of its own has (a counter, a
/// mask) are left out. With `{.strict = false}` copies what fits, for example to train a new last layer; Error when
/// nothing fits.
///
/// Files that Cyclone wrote are in its own layout. Of another file the shapes of the kernels tell the layout; Error
/// where they do not, or tell that it is PyTorch's: LoadOptions::layout says then which one it is.
LoadedWeights load(nn::Module& model, const std::filesystem::path& path, nn::LoadOptions options = {});

/// load() of what was read from the file `name`, which messages name.
LoadedWeights load(nn::Module& model, WeightsFile file, const std::string& name, nn::LoadOptions options = {});

}  // namespace cyclone::io
