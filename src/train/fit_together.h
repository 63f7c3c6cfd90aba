#pragma once
// Whether two lists of tensors are of one form.

#include <cyclone/tensor/tensor.h>

#include <algorithm>
#include <vector>

namespace cyclone::train {

/// Whether there are as many, each of the other's shape and dtype.
inline bool fit_together(const std::vector<Tensor>& a, const std::vector<Tensor>& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const Tensor& x, const Tensor& y) {
        return x.shape() == y.shape() && x.dtype() == y.dtype();
    });
}

}  // namespace cyclone::train
