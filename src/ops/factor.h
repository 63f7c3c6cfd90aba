#pragma once
// Which precision a convolution or linear layer multiplies in, and the f32 copies of its factors.

#include <cyclone/ops/precision.h>
#include <cyclone/tensor/tensor.h>

#include "kernels/geometry.h"
#include "ops/bf16.h"

namespace cyclone::ops {

/// oneDNN's bf16 kernels take channels in groups of 16; layers with fewer are faster in f32.
inline constexpr std::int64_t kChannelsForBf16 = 16;

inline std::int64_t channels_in(const kernels::Conv2dGeometry& g) { return g.c / g.groups; }
inline std::int64_t channels_in(const kernels::LinearGeometry& g) { return g.i; }

/// What a layer multiplies in: precision() for f32 (or bf16) and enough channels, else f32.
template <class Geometry>
Precision precision_of(const Geometry& g, DType dtype) {
    return dtype != DType::f64 && channels_in(g) >= kChannelsForBf16 ? precision() : Precision::f32;
}

/// A factor of a layer's products for a kernel of f32 or f64: the tensor itself; a copy of one in bf16; or, under
/// bf16_emulated, a rounded one.
class Factor {
public:
    Factor(Precision precision, const Tensor& elements) : tensor_(to_compute(elements)) {
        if (precision != Precision::bf16_emulated || elements.dtype() != DType::f32) return;
        tensor_ = Tensor::empty(elements.shape());
        kernels::round_in_f32(elements.data<float>(), tensor_.mutable_data<float>(), elements.numel());
        is_rounded_ = true;
    }
    const Tensor& tensor() const { return tensor_; }
    bool is_rounded() const { return is_rounded_; }

private:
    Tensor tensor_;
    bool is_rounded_ = false;
};

}  // namespace cyclone::ops
