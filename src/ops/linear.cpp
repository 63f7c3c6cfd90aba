// Linear layers: checks and sizes.

#include <cyclone/ops/linear.h>

#include "ops/affine.h"

namespace cyclone {
namespace {

using kernels::LinearGeometry;

LinearGeometry geometry_of(const Tensor& x, const Tensor& weight, const Tensor& bias) {
    check(x.rank() == 2, "linear", "expected an input of shape (N, I), got ", x.shape(), " (hint: flatten() it)");
    check(weight.rank() == 2 && weight.numel() > 0, "linear", "expected a weight of shape (O, I), got ",
          weight.shape());
    check(weight.size(1) == x.size(1), "linear", "the input has ", x.size(1), " features, the weight ", weight.shape(),
          " expects ", weight.size(1));
    ops::check_operand("linear", "weight", x, weight, weight.shape());
    if (bias.defined()) ops::check_operand("linear", "bias", x, bias, {weight.size(0)});
    return {x.size(0), x.size(1), weight.size(0)};
}

}  // namespace

Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias, Activation activation) {
    const LinearGeometry g = geometry_of(x, weight, bias);
    return ops::affine("linear", g, {g.n, g.o}, x, weight, bias, activation);
}

}  // namespace cyclone
