#pragma once
// Makers of layers in files of their own: each makes the node at the cursor a layer, moves behind it, or throws
// NoLayers.

#include "onnx/cursor.h"

namespace cyclone::onnx {

/// None where nothing is to be done.
using Made = std::optional<nn::AnyModule>;

/// NoLayers unless an image comes in.
inline void need_image(const Cursor& c) { need_layers(c.state.is_image(), c.node(), "its input is no image"); }

inline constexpr std::int64_t kMostElements = std::int64_t{1} << 28;  ///< of one image between layers, as in nn/parse.h

/// Images of this size from here on; Error naming the node when they are too large.
void set_image(Cursor& c, std::int64_t h, std::int64_t w, std::int64_t channels);

Made make_conv(Cursor& c);
Made make_conv_transpose(Cursor& c);
Made make_max_pool(Cursor& c);
Made make_avg_pool(Cursor& c);
Made make_batch_norm(Cursor& c);
Made make_instance_norm(Cursor& c);
Made make_group_norm(Cursor& c);
Made make_layer_norm(Cursor& c);
/// A GroupNorm that is spelt as Reshape, InstanceNormalization, Reshape, Mul, Add; none where it is something else.
Made make_spelt_group_norm(Cursor& c);

}  // namespace cyclone::onnx
