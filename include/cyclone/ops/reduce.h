#pragma once
// Sums and means over axes.

#include <cyclone/tensor/tensor.h>

#include <vector>

namespace cyclone {

/// What a reduction does with the axes it sums over.
struct ReduceOptions {
    std::vector<int> axes = {};  ///< empty: all axes; negative ones count from the end
    bool keep_dims = false;      ///< keep reduced axes with size 1
};

/// Sum over the axes. Errors: an axis that x does not have, or one that is named twice.
Tensor sum(const Tensor& x, const ReduceOptions& options = {});
/// Mean over the axes; errors as in sum().
Tensor mean(const Tensor& x, const ReduceOptions& options = {});

/// Largest element of each line along `axis` (negative: from the end); NaN where a line has one. The first of equal
/// ones gets the gradient. Errors: an axis that x does not have, or has without an element.
Tensor max(const Tensor& x, int axis, bool keep_dims = false);
Tensor min(const Tensor& x, int axis, bool keep_dims = false);  ///< smallest element, as max()
/// Index (i64) of the element that max() gives.
Tensor argmax(const Tensor& x, int axis = -1, bool keep_dims = false);

/// Whether no element is NaN or infinite; true for integers.
bool all_finite(const Tensor& x);

}  // namespace cyclone
