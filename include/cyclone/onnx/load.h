#pragma once
// Networks out of ONNX files of any origin: operator sets 7 to 22, read without protobuf.

#include <cyclone/io/safetensors.h>
#include <cyclone/nn/sequential.h>
#include <cyclone/onnx/save.h>
#include <cyclone/tensor/tensor.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace cyclone::onnx {

/// How a file is read.
struct LoadOptions {
    Shape image = {};  ///< (H, W, C) where the file leaves the size of its images open
    /// Whether tensors go in and come out with the axes that the file declares, such as (N, C, H, W); the network then
    /// is one Graph. By default images go in as (N, H, W, C), whatever the file declares.
    bool as_declared = false;
};

/// A network out of a file.
struct Loaded {
    /// In evaluation mode. Its layers are those of nn/layers.h and nn/branches.h where the graph is made of chains and
    /// of branches that join by Add or Concat; otherwise it is one Graph. Both can be trained on.
    nn::Sequential network = {};
    bool has_layers = false;           ///< whether it is made of layers, so that it can be saved by onnx::save() too
    Shape image = {};                  ///< (H, W, C) or (features); 0 where the file leaves it open
    DType pixels = DType::f32;         ///< of the images before standardisation
    std::vector<double> mean = {};     ///< per channel, of a standardisation inside the file; the network is without it
    std::vector<double> scale = {};    ///< see mean
    bool gives_probabilities = false;  ///< whether the file ends in a softmax; the network is without it
    io::Metadata metadata = {};        ///< of the file
    std::vector<std::string> report = {};  ///< what became of each node, one line each
};

/// The operators that are read, by name.
std::vector<std::string> operators();

/// Reads a file. Weights and biases are parameters, the running values of a batch norm buffers; kernels become (out,
/// kh, kw, in) and the matrix behind a Flatten gets the order (H, W, C). Errors name the file, and node and operator
/// where they are at fault: an operator or attribute that Cyclone does not have, tensors of three spatial axes, weights
/// in other files, a node whose input no node before it gives (a cycle), names that occur twice, sizes that do not
/// agree, several inputs or outputs. Nothing is allocated beyond a small multiple of the file's size.
Loaded load(const std::filesystem::path& path, const LoadOptions& options = {});
/// load() of bytes in memory; `name` is for the messages.
Loaded parse(std::string_view bytes, const std::string& name, const LoadOptions& options = {});

}  // namespace cyclone::onnx
