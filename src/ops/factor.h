#pragma once
// Which precision a convolution or linear layer multiplies in, and the rounded copies of emulated bf16.

#include <cyclone/base/half.h>
#include <cyclone/ops/precision.h>
#include <cyclone/tensor/tensor.h>

#include <type_traits>

#include "kernels/geometry.h"
#include "kernels/parallel.h"

namespace cyclone::ops {

/// oneDNN's bf16 kernels take channels in groups of 16; layers with fewer are faster in f32.
inline constexpr std::int64_t kChannelsForBf16 = 16;

inline std::int64_t channels_in(const kernels::Conv2dGeometry& g) { return g.c / g.groups; }
inline std::int64_t channels_in(const kernels::LinearGeometry& g) { return g.i; }

inline std::int64_t x_size(const kernels::Conv2dGeometry& g) { return g.n * g.h * g.w * g.c; }
inline std::int64_t x_size(const kernels::LinearGeometry& g) { return g.n * g.i; }
inline std::int64_t y_size(const kernels::Conv2dGeometry& g) { return g.n * g.oh * g.ow * g.o; }
inline std::int64_t y_size(const kernels::LinearGeometry& g) { return g.n * g.o; }
inline std::int64_t weight_size(const kernels::Conv2dGeometry& g) { return g.o * g.kh * g.kw * channels_in(g); }
inline std::int64_t weight_size(const kernels::LinearGeometry& g) { return g.o * g.i; }

/// What a layer multiplies in: precision() for f32 and enough channels, else f32.
template <class Geometry>
Precision precision_of(const Geometry& g, DType dtype) {
    return dtype == DType::f32 && channels_in(g) >= kChannelsForBf16 ? precision() : Precision::f32;
}

/// A factor of a layer's products: the elements themselves, or, under bf16_emulated, rounded ones.
template <class T>
class Factor {
public:
    Factor(Precision precision, const T* elements, std::int64_t count) : elements_(elements) {
        if constexpr (std::is_same_v<T, float>)
            if (precision == Precision::bf16_emulated) round(count);
    }
    const T* data() const { return elements_; }
    bool is_rounded() const { return copy_.defined(); }

private:
    void round(std::int64_t count) {
        copy_ = Tensor::empty({count});
        float* out = copy_.mutable_data<float>();
        kernels::parallel_for(count, [in = elements_, out](std::int64_t begin, std::int64_t end) {
            for (std::int64_t i = begin; i < end; ++i) out[i] = round_to_bfloat16(in[i]);
        });
        elements_ = out;
    }

    const T* elements_;
    Tensor copy_;
};

}  // namespace cyclone::ops
