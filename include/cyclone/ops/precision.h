#pragma once
// Precision: what convolution and linear layers multiply in.
//
// In memory everything is f32 whatever the precision: weights, activations, gradients, optimizer state, losses. Under
// bf16 these layers round both factors of each product to bfloat16 (8 significant bits, the range of f32) and add up in
// f32; outputs, logits and the gradients of weights and biases are f32. So no loss scaling is needed, and an update
// that is small beside its weight is not lost (Kalamkar et al. 2019, "A Study of BFLOAT16 for Deep Learning Training").
//
// Layers with fewer than 16 input channels per group, or features, stay in f32: the first convolution of images, and
// depthwise ones (of transposed convolutions output channels count, those of the convolution that they transpose).
// Operations on f64, and all other operations, are not concerned.

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
    /// The arithmetic of bf16 by f32 products of rounded copies, on any processor: slower than f32, for measuring what
    /// bf16 does to the accuracy of a training.
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

/// While it exists, the layers of the calling thread multiply in this precision: `const PrecisionScope scope(...);`. A
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

}  // namespace cyclone
