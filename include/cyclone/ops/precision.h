#pragma once
// Precision: what convolution and linear layers multiply in, and what lies in memory between them.
//
// Under bf16 these layers round both factors of each product to bfloat16 (8 significant bits, the range of f32) and add
// up in f32. Weights, their gradients, optimizer state, batch statistics, losses and logits are f32. So no loss scaling
// is needed, and an update that is small beside its weight is not lost (Kalamkar et al. 2019, "A Study of BFLOAT16 for
// Deep Learning Training").
//
// Between the layers of a Sequential, Residual or Concat, activations and their gradients are tensors of bf16, half as
// large: each value is computed in f32 and rounded once, when it is stored (the gradient of a tensor with several
// consumers once per consumer). What a model gives is f32. A layer without a form for bf16 (Module::bf16_form()) gets
// f32 and gives f32: cast() stands between. An operation without one, called with a tensor of bf16, is an Error. These
// have a form for it: conv2d, linear, max_pool2d, avg_pool2d and the global poolings, batch_norm, relu, dropout, add
// and add_relu of two tensors of one shape, flatten and reshape, concat, slice and pad, permute.
//
// Layers with fewer than 16 input channels per group, or features, multiply in f32: the first convolution of images,
// and depthwise ones (of transposed convolutions output channels count, those of the convolution that they transpose).
// Operations on f64, and all other operations, are not concerned.

#include <cyclone/tensor/tensor.h>

#include <string>
#include <string_view>

namespace cyclone {

/// See the top of this file.
enum class Precision {
    f32,   ///< f32 products
    bf16,  ///< products of bfloat16; needs oneDNN and a processor with AVX512_CORE_BF16 or AMX instructions
    /// bf16 where oneDNN uses AMX, else f32: a rule on the processor alone. AVX512_CORE_BF16 without AMX is not enough:
    /// some processors multiply bf16 at half the rate of f32.
    automatic,
    /// The arithmetic of bf16 by f32 products of rounded copies, and tensors of bf16 in the same places, on any
    /// processor: slower than f32, for measuring what bf16 does to the accuracy of a training.
    bf16_emulated,
};

/// "f32", "bf16", "automatic", "bf16-emulated"
std::string_view name_of(Precision precision);
/// The precision of a name; UsageError for another one.
Precision parse_precision(std::string_view name);

/// Why bf16 is not possible here: what is missing, and what is there. Empty where it is possible.
const std::string& why_not_bf16();

/// `asked`, or for automatic what it comes down to here. UsageError for bf16 where it is not possible.
Precision usable(Precision asked);

/// That of the calling thread: f32, bf16 or bf16_emulated; f32 at the start of every thread. Slices take it along.
Precision precision();

/// While it exists, the layers of the calling thread compute in this precision: `const PrecisionScope scope(...);`. A
/// backward pass has the precision that its forward pass had.
class PrecisionScope {
public:
    /// usable(precision); UsageError as there.
    explicit PrecisionScope(Precision precision);
    ~PrecisionScope();
    PrecisionScope(const PrecisionScope&) = delete;
    PrecisionScope& operator=(const PrecisionScope&) = delete;

private:
    Precision before_;
};

/// What conv2d() and linear() of the calling thread may store their result in: bf16 where a StorageScope says so and
/// precision() is not f32, else f32.
DType storage();

/// While it exists, storage() of the calling thread, under bf16, is `dtype`: f32 or bf16. Sequential has one around
/// each layer, by what follows.
class StorageScope {
public:
    explicit StorageScope(DType dtype);  ///< Error for other dtypes
    ~StorageScope();
    StorageScope(const StorageScope&) = delete;
    StorageScope& operator=(const StorageScope&) = delete;

private:
    DType before_;
};

/// The elements as `dtype`, f32, f64 or bf16; x itself if they are. From f32 to bf16 to the nearest value, of two the
/// even one. The gradient goes the other way. Error for other dtypes.
Tensor cast(const Tensor& x, DType dtype);

}  // namespace cyclone
