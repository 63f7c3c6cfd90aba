#pragma once
// Networks by text, for the command line of programs and for the metadata of weights.

#include <cyclone/nn/sequential.h>
#include <cyclone/tensor/shape.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cyclone::nn {

/// The network of a text: "study", the study_cnn() for such images, or layers with spaces between them, as
///
///     conv:32,5 relu pool:2 flatten dropout:0.5 linear:128 relu linear:classes
///
/// Arguments stand in the order of known_layers() or have names: "conv:32,kernel=5x3,stride=2". `input` is (H, W, C);
/// how many channels or features come in follows from the layers before. "linear:classes" gives `classes` logits. A
/// relu right after conv, linear or batch-norm becomes part of that layer; otherwise layer i of the result is the i-th
/// of the text. Weights are drawn as those of the layers are (default_generator()). UsageError naming the layer, what
/// it expected and what came in; also unless the result is (N, classes), and for a layer of more than 2^28 weights or
/// outputs an image.
Sequential parse_model(std::string_view text, const Shape& input, std::int64_t classes);

struct LayerName {
    std::string usage;        ///< "pool[:KERNEL[,STRIDE[,PADDING]]]"
    std::string description;  ///< one line
};

/// Every layer parse_model() knows, in the order for --help.
std::vector<LayerName> known_layers();

}  // namespace cyclone::nn
