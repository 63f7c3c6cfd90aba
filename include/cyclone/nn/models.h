#pragma once
// Networks with a name.

#include <cyclone/nn/sequential.h>

namespace cyclone::nn {

struct StudyCnnOptions {
    std::int64_t size = 16;  ///< height and width of the patches, divisible by 4
    std::int64_t channels = 1;
    std::int64_t classes = 2;
    double dropout = 0.5;
    std::int64_t width = 1;  ///< factor of the channels and of the dense units
};

/// The network of the 2018 study: two blocks of two 3x3 convolutions of 32 channels (same, relu) and a 2x2 max pool,
/// two dense layers of 256 (relu) with dropout, and the logits. 225,698 parameters with the defaults.
/// (N, size, size, channels) -> logits (N, classes).
Sequential study_cnn(const StudyCnnOptions& options = {});

}  // namespace cyclone::nn
