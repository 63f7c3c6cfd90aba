#pragma once
// Networks as ONNX files, which onnxruntime and many other programs run: operator set 17, IR version 8, written without
// protobuf. (github.com/onnx/onnx, docs/Operators.md)

#include <cyclone/io/safetensors.h>
#include <cyclone/nn/module.h>
#include <cyclone/tensor/tensor.h>

#include <filesystem>
#include <string>
#include <vector>

namespace cyclone::onnx {

/// The order of the axes of images.
enum class ImageAxes {
    nchw,  ///< (N, C, H, W), as ONNX has them
    nhwc,  ///< (N, H, W, C), as Cyclone and image files have them
};

/// What the file takes and gives.
struct SaveOptions {
    ImageAxes axes = ImageAxes::nchw;  ///< of the images that it takes
    DType pixels = DType::f32;         ///< of the images that it takes: f32, u8 or u16
    /// Standardisation inside the file: (x - mean[c]) / scale[c] for channel c; none where both are empty.
    std::vector<double> mean = {};
    std::vector<double> scale = {};  ///< see mean; > 0
    bool softmax = false;            ///< probabilities instead of logits
    io::Metadata metadata = {};      ///< keys with their texts, as Classifier::metadata() gives them
};

/// The network in evaluation mode as the bytes of an ONNX file. `image` is (H, W, C), or (features) for a network that
/// begins with rows of features; the batch size stays open. The input is called "images", the output "logits" or
/// "probabilities", the weights as in the state dict. Kernels are written as (out, in, kh, kw), and the matrix behind
/// Flatten in the order (C, H, W) of its inputs. Dropout is left out, ghost batches have no meaning here. Error naming
/// the layer that has no form in ONNX: a Lambda, a module or an activation of your own, an average pool with dilation,
/// or with a rounded-up size whose padding counts.
std::string to_bytes(const nn::Module& network, const Shape& image, const SaveOptions& options = {});

/// to_bytes() into a file that appears whole or not at all.
void save(const nn::Module& network, const std::filesystem::path& path, const Shape& image,
          const SaveOptions& options = {});

}  // namespace cyclone::onnx
