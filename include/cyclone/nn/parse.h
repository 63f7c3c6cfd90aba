#pragma once
// Models by text, for the command line and for the metadata of weights; and the layers with a name.

#include <cyclone/base/registry.h>
#include <cyclone/nn/sequential.h>
#include <cyclone/ops/activation.h>
#include <cyclone/tensor/shape.h>

#include <cstdint>
#include <string_view>

namespace cyclone::nn {

/// Where in a model a layer stands.
class LayerContext {
public:
    /// `input` is the shape of one image; `relu_follows`: whether "relu" is the next layer of the text.
    LayerContext(const Shape& input, std::int64_t classes, bool relu_follows)
        : input_(input), classes_(classes), relu_follows_(relu_follows) {}

    /// Of one image: (1, H, W, C) or (1, features).
    const Shape& input() const { return input_; }
    /// (1, H, W, C); UsageError when the input has other axes.
    const Shape& images() const;
    /// (1, features); UsageError when the input has other axes.
    const Shape& features() const;
    std::int64_t classes() const { return classes_; }  ///< of the model

    /// For a layer that applies an activation itself: relu when that is the next layer of the text, which then is left
    /// out of the model; else none.
    Activation take_activation();
    bool took_activation() const { return taken_; }  ///< whether the next layer of the text is left out

private:
    Shape input_;
    std::int64_t classes_;
    bool relu_follows_, taken_ = false;
};

/// The layers that parse_model() knows. A program makes a layer of its own known to everything that reads models with
///
///     nn::layers().add({"scale", "[:FACTOR]", "x times FACTOR (1)",
///                       [](Arguments& a, nn::LayerContext&) { return Scale(a.number_or("factor", 1)); }});
Registry<AnyModule(Arguments&, LayerContext&)>& layers();

/// The model of a text: "study", the study_cnn() for such images, or layers with spaces between them, as
///
///     conv:32,5 relu pool:2 flatten dropout:0.5 linear:128 relu linear:classes
///
/// Arguments stand in the order of layers().help() or have names: "conv:32,kernel=5x3,stride=2". `input` is (H, W, C);
/// the number of channels or features that a layer gets follows from the layers before it. "linear:classes" gives
/// `classes` logits. A relu right after conv, linear or batch-norm becomes part of that layer; otherwise layer i of the
/// result is the i-th of the text. Initial weights come from default_generator(). UsageError naming the layer, what it
/// expected and its input; also unless the result is (N, classes), and for a layer of more than 2^28 weights or outputs
/// per image.
Sequential parse_model(std::string_view text, const Shape& input, std::int64_t classes);

}  // namespace cyclone::nn
