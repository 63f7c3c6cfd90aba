// The ops that are members of Tensor. tensor does not include ops: it declares them, and they are defined here.

#include <cyclone/ops/reduce.h>
#include <cyclone/ops/shape.h>

namespace cyclone {

Tensor Tensor::operator[](std::int64_t i) const { return select(*this, 0, i); }
Tensor Tensor::sum() const { return cyclone::sum(*this); }
Tensor Tensor::sum(int axis, bool keep_dims) const {
    return cyclone::sum(*this, {.axes = {axis}, .keep_dims = keep_dims});
}
Tensor Tensor::mean() const { return cyclone::mean(*this); }
Tensor Tensor::mean(int axis, bool keep_dims) const {
    return cyclone::mean(*this, {.axes = {axis}, .keep_dims = keep_dims});
}
Tensor Tensor::max(int axis, bool keep_dims) const { return cyclone::max(*this, axis, keep_dims); }
Tensor Tensor::min(int axis, bool keep_dims) const { return cyclone::min(*this, axis, keep_dims); }
Tensor Tensor::argmax(int axis, bool keep_dims) const { return cyclone::argmax(*this, axis, keep_dims); }
Tensor Tensor::reshape(std::initializer_list<std::int64_t> sizes) const { return cyclone::reshape(*this, sizes); }
Tensor Tensor::transpose(int a, int b) const { return cyclone::transpose(*this, a, b); }

}  // namespace cyclone
