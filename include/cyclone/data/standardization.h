#pragma once
// Standardisation of pixels the way Keras's ImageDataGenerator(featurewise_center, featurewise_std_normalization) does
// it: one mean and one standard deviation per channel over the whole training set.

#include <vector>

namespace cyclone::data {

class PixelStore;

/// x becomes (x - mean[c]) / scale[c] for channel c. The loader applies it; the stored pixels stay as they are.
struct Standardization {
    std::vector<double> mean = {};   ///< one per channel
    std::vector<double> scale = {};  ///< one per channel: standard deviation (divisor n, not n - 1) + 1e-7, so never 0

    /// Mean and scale of all `images`, in double by two passes. A constant channel gets scale 1e-7 and therefore values
    /// of 0. Errors: no images.
    static Standardization fit(const PixelStore& images);
};

}  // namespace cyclone::data
