#pragma once

#include <cyclone/ops/window.h>
#include <cyclone/tensor/tensor.h>

#include <optional>

namespace cyclone {

struct Pool2dOptions {
    Pair kernel = 2;
    std::optional<Pair> stride = {};  ///< default: the kernel
    Padding padding = {};
    Pair dilation = 1;
    bool ceil_mode = false;  ///< round the output size up (a window that starts in the right padding is dropped)
    bool count_include_pad = false;  ///< average: divide by the window size instead of the elements inside the image
};

/// x (N, H, W, C) -> (N, OH, OW, C). Padding never wins; ties send the gradient to the first maximum. The padding must
/// be smaller than the window. A NaN wins over every number.
Tensor max_pool2d(const Tensor& x, const Pool2dOptions& options = {});
Tensor avg_pool2d(const Tensor& x, const Pool2dOptions& options = {});

/// Over height and width: (N, H, W, C) -> (N, C).
Tensor global_max_pool(const Tensor& x);
Tensor global_avg_pool(const Tensor& x);

}  // namespace cyclone
