// Norms by the kernels of the optimizers.

#include <cyclone/optim/norms.h>

#include "kernels/optimizer.h"

namespace cyclone::optim {

double sum_of_squares(const Tensor& x) {
    return visit_floating(x.dtype(), "sum_of_squares",
                          [&](auto zero) { return kernels::sum_of_squares(x.data<decltype(zero)>(), x.numel()); });
}

double squared_distance(const Tensor& a, const Tensor& b) {
    check(a.shape() == b.shape() && a.dtype() == b.dtype(), "squared_distance",
          "expected two tensors of one shape and dtype, got ", a.shape(), " of ", name_of(a.dtype()), " and ",
          b.shape(), " of ", name_of(b.dtype()));
    return visit_floating(a.dtype(), "squared_distance", [&](auto zero) {
        using T = decltype(zero);
        return kernels::squared_distance(a.data<T>(), b.data<T>(), a.numel());
    });
}

}  // namespace cyclone::optim
