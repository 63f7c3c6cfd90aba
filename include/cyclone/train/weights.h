#pragma once
// A model's parameters and buffers in a safetensors file.

#include <cyclone/io/safetensors.h>
#include <cyclone/nn/module.h>

#include <filesystem>

namespace cyclone::train {

/// Writes everything in the model's state_dict(); the file appears whole or not at all.
void save(const nn::Module& model, const std::filesystem::path& path, const io::Metadata& metadata = {});

/// Copies the file's values, or those of a checkpoint that fit() wrote, into the model and returns the file's metadata.
/// Names, shapes and dtypes must agree exactly; otherwise an Error names the file and everything that differs, and the
/// model is as before.
io::Metadata load(nn::Module& model, const std::filesystem::path& path);

}  // namespace cyclone::train
