#pragma once
// Models with a name. By text: networks() in parse.h.

#include <cyclone/nn/sequential.h>
#include <cyclone/ops/batch_norm.h>

#include <cstdint>

namespace cyclone::nn {

/// Options of study_cnn().
struct StudyCnnOptions {
    std::int64_t size = 16;     ///< height and width of the patches, divisible by 4
    std::int64_t channels = 1;  ///< of the patches
    std::int64_t classes = 2;   ///< number of logits, >= 2
    double dropout = 0.5;       ///< rate in [0, 1) behind each hidden dense layer
    std::int64_t width = 1;     ///< factor on the channels and dense units, >= 1
};

/// The network of the 2018 study: two blocks of two 3x3 convolutions of 32 channels (same, relu) and a 2x2 max pool,
/// two dense layers of 256 (relu) with dropout, and the logits. 225,698 parameters with the defaults.
/// (N, size, size, channels) -> logits (N, classes).
Sequential study_cnn(const StudyCnnOptions& options = {});

/// Options of the deeper networks, which all end in a mean over the image and a dense layer, so that one network takes
/// images of any size. Their convolutions have batch norm and no bias; the weights are normal of variance 2 / inputs
/// (He et al. 2015, arXiv 1502.01852), the last ones uniform up to 1 / sqrt(inputs). Errors of all: a number out of its
/// range, more than about 2^28 weights.
struct NetworkOptions {
    std::int64_t channels = 3;   ///< of the images, >= 1
    std::int64_t classes = 10;   ///< number of logits, >= 2
    double width = 1;            ///< factor on the channels of every layer, > 0
    BatchNormOptions norm = {};  ///< of every batch norm; its activation is not used
};

/// What stands for the input of a residual block that changes size and channels.
enum class Shortcut {
    subsample,   ///< every second pixel and channels of zeros, no weights: option A
    projection,  ///< a 1x1 convolution with batch norm: option B
};

/// The residual network for small images of He et al. 2015 (arXiv 1512.03385, section 4.2): three stages of n blocks
/// with 16, 32 and 64 channels. `depth` = 6n + 2: 20, 32, 44, 56, 110. (N, H, W, channels) -> logits (N, classes).
/// 269,722 parameters and 40.6 M multiply-adds for depth 20 and 32x32 RGB images. Error: another depth.
Sequential resnet(std::int64_t depth = 20, const NetworkOptions& options = {}, Shortcut shortcut = Shortcut::subsample);

/// ResNet-18 of the same paper (table 1) for images of 28 to 64 pixels: four stages of two blocks with 64 to 512
/// channels, and a 3x3 convolution without max pooling in place of the 7x7 one. 11.2 M parameters.
Sequential resnet18(const NetworkOptions& options = {}, Shortcut shortcut = Shortcut::projection);

/// DenseNet (Huang et al. 2017, arXiv 1608.06993) without bottlenecks and compression: three blocks of n layers, each
/// of which adds `growth` channels to its input. `depth` = 3n + 4. 1.02 M parameters for 40 and 12. Images of at least
/// 4x4. Error: another depth, a growth < 1.
Sequential densenet(std::int64_t depth = 40, std::int64_t growth = 12, const NetworkOptions& options = {});

/// The convolutions of VGG-11, 13, 16 or 19 (Simonyan and Zisserman 2015, arXiv 1409.1556, table 1) with batch norm and
/// one dense layer. Pools round up, so that small images suffice. Error: another depth.
Sequential vgg_like(std::int64_t depth = 11, const NetworkOptions& options = {});

/// MobileNet (Howard et al. 2017, arXiv 1704.04861, table 1), convolutions per channel and 1x1 convolutions in turn,
/// whose first layers keep the size of small images. 3.2 M parameters; `width` is the paper's multiplier.
Sequential mobilenet_like(const NetworkOptions& options = {});

}  // namespace cyclone::nn
