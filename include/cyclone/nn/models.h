#pragma once
// Models with a name.

#include <cyclone/nn/sequential.h>

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

}  // namespace cyclone::nn
