#pragma once
// The pieces of a safetensors file for those who put it into another file.

#include <cyclone/io/safetensors.h>

#include <string>
#include <string_view>

namespace cyclone::io {

/// Everything before the tensors' data: the length of the header and the header. Errors as save_weights(), naming
/// `file`.
std::string weights_prologue(const StateDict& tensors, const Metadata& metadata, const std::string& file);

/// load_weights() of bytes in memory.
WeightsFile parse_weights(std::string_view bytes, const std::string& file);

}  // namespace cyclone::io
