#pragma once
// Tensors of bf16 in ops: conversion, and the plain form of an op for them, which is that of f32 between two
// conversions.

#include <cyclone/tensor/tensor.h>

#include "kernels/bf16.h"

namespace cyclone::ops {

inline bool is_bf16(const Tensor& x) { return x.dtype() == DType::bf16; }

/// x itself, or its elements as `dtype`; not recorded.
inline Tensor as_dtype(const Tensor& x, DType dtype) {
    if (x.dtype() == dtype) return x;
    if (is_bf16(x) && dtype == DType::f32) {
        Tensor y = Tensor::empty(x.shape());
        kernels::widen(x.data<Bfloat16>(), y.mutable_data<float>(), x.numel());
        return y;
    }
    if (x.dtype() == DType::f32 && dtype == DType::bf16) {
        Tensor y = Tensor::empty(x.shape(), DType::bf16);
        kernels::round_to(x.data<float>(), y.mutable_data<Bfloat16>(), x.numel());
        return y;
    }
    return x.to(dtype);
}

/// A tensor of bf16 as one of f32, every other as it is.
inline Tensor to_compute(const Tensor& x) { return is_bf16(x) ? as_dtype(x, DType::f32) : x; }

/// What a kernel writes into: the tensor itself, or a tensor of f32 that is rounded into one of bf16 by finish().
class Computed {
public:
    explicit Computed(Tensor& stored) : stored_(stored) {
        if (is_bf16(stored)) wide_ = Tensor::empty(stored.shape());
    }
    Tensor& tensor() { return wide_.defined() ? wide_ : stored_; }
    void finish() {
        if (wide_.defined()) kernels::round_to(wide_.data<float>(), stored_.mutable_data<Bfloat16>(), stored_.numel());
    }

private:
    Tensor& stored_;
    Tensor wide_;
};

}  // namespace cyclone::ops
