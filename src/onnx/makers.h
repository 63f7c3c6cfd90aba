#pragma once
// Makers of layers in files of their own: each makes the node at the cursor a layer, moves behind it, or throws
// NoLayers.

#include "onnx/cursor.h"

namespace cyclone::onnx {

/// None where nothing is to be done.
using Made = std::optional<nn::AnyModule>;

/// NoLayers unless an image comes in.
inline void need_image(const Cursor& c) { need_layers(c.state.is_image(), c.node(), "its input is no image"); }

Made make_batch_norm(Cursor& c);
Made make_instance_norm(Cursor& c);
Made make_group_norm(Cursor& c);
Made make_layer_norm(Cursor& c);
/// A GroupNorm that is spelt as Reshape, InstanceNormalization, Reshape, Mul, Add; none where it is something else.
Made make_spelt_group_norm(Cursor& c);

}  // namespace cyclone::onnx
