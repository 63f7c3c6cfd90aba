#pragma once
// Words for options in the descriptions of layers.

#include <cyclone/nn/module.h>
#include <cyclone/ops/activation.h>
#include <cyclone/ops/window.h>

#include <string>

namespace cyclone::nn {

/// "3", "3x5".
inline std::string text(Pair pair) {
    return pair.h == pair.w ? std::to_string(pair.h) : std::to_string(pair.h) + "x" + std::to_string(pair.w);
}

/// "same", "padding 1", "padding (1 0 1 0)".
inline std::string text(const Padding& p) {
    if (p == Padding::same()) return "same";
    if (p.top == p.bottom && p.top == p.left && p.top == p.right) return "padding " + std::to_string(p.top);
    return "padding (" + std::to_string(p.top) + " " + std::to_string(p.bottom) + " " + std::to_string(p.left) + " " +
           std::to_string(p.right) + ")";
}

/// ", relu"; nothing for none.
inline std::string text(const Activation& activation) { return activation.none() ? "" : ", " + activation.name(); }

/// Its name where its values have a bound.
inline std::string bound_of(const Activation& activation) {
    const bool bounded =
        activation == Activation(relu) || activation == Activation(sigmoid) || activation == Activation(cyclone::tanh);
    return bounded ? activation.name() : "";
}

/// Of a layer that keeps the dtype and ends in `activation`.
inline Bf16Form form_with(const Activation& activation) {
    return activation.none() || activation.is_relu() ? Bf16Form::keeps : Bf16Form::none;
}

}  // namespace cyclone::nn
