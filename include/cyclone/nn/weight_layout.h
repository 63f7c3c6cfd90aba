#pragma once
// Which weights of a model are stored differently by other frameworks, and their conversion.

#include <cyclone/nn/module.h>

#include <cstdint>
#include <string>
#include <vector>

namespace cyclone::nn {

/// A weight whose order of elements depends on the layout.
struct LayoutWeight {
    std::string name;  ///< in the state dict
    /// Of a Conv2d: (out, height, width, in), or a ConvTranspose2d: (in, height, width, out); else of the Linear behind
    /// a Flatten: (out, in), or of a BatchNorm, LayerNorm or GroupNorm there: (features).
    bool kernel = false;
    /// Of the images that Flatten gets; 0 for a kernel; -1 where the order cannot be converted: features come from
    /// several branches, some of them behind a Flatten, or a GroupNorm there has several groups of them.
    std::int64_t channels = 0;
    Shape shape;  ///< in Cyclone's layout
};

/// The kernels, and the Linear layers and norms behind a Flatten behind a convolution, in the order of named_modules().
/// (The channels of a network that begins with Flatten are not known: its first weights count as they are.)
std::vector<LayoutWeight> layout_weights(const Module& model);

/// The shape that a kernel (out, height, width, in) has in PyTorch's layout: (out, in, height, width).
Shape pytorch_shape(const Shape& kernel);

/// `state` with the elements of the layout_weights() of `model` in Cyclone's order. A weight that does not have the
/// shape of the other layout stays as it is. UsageError where the order cannot be converted.
StateDict from_pytorch(const Module& model, const StateDict& state);

/// The other way: what from_pytorch() makes `state` of. `state` has the tensors of `model`.
StateDict to_pytorch(const Module& model, const StateDict& state);

}  // namespace cyclone::nn
