#pragma once
// Pooling of images.

#include <cyclone/ops/window.h>
#include <cyclone/tensor/tensor.h>

#include <optional>

namespace cyclone {

/// Options of the pooling ops and layers.
struct Pool2dOptions {
    Pair kernel = 2;                  ///< height and width of the window
    std::optional<Pair> stride = {};  ///< default: the kernel
    Padding padding = {};             ///< valid (none), same, or explicit amounts
    Pair dilation = 1;                ///< distance between the elements of a window; 1 = dense
    bool ceil_mode = false;  ///< round the output size up (a window that starts in the right padding is dropped)
    bool count_include_pad = false;  ///< average: divide by the window size instead of the elements inside the image
};

/// x (N, H, W, C) -> (N, OH, OW, C). The padding is never the maximum; of equal maxima the first gets the gradient; a
/// NaN wins over every number. Errors: an input that is not an image, padding that is not smaller than the window.
Tensor max_pool2d(const Tensor& x, const Pool2dOptions& options = {});
/// The mean of each window; shapes and errors as in max_pool2d().
Tensor avg_pool2d(const Tensor& x, const Pool2dOptions& options = {});

/// The maximum over height and width: (N, H, W, C) -> (N, C).
Tensor global_max_pool(const Tensor& x);
/// The mean over height and width: (N, H, W, C) -> (N, C).
Tensor global_avg_pool(const Tensor& x);

}  // namespace cyclone
