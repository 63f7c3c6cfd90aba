#pragma once
// Models by text, for the command line and for the metadata of weights; and the layers with a name.

#include <cyclone/base/registry.h>
#include <cyclone/nn/sequential.h>
#include <cyclone/ops/activation.h>
#include <cyclone/tensor/shape.h>

#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <vector>

namespace cyclone::nn {

/// One of the branches in parentheses behind a layer's name.
struct Branch {
    Sequential layers;  ///< none: the branch gives its input
    Shape output;       ///< for one image
};

/// Where in a model a layer stands.
class LayerContext {
public:
    /// `input` is the shape of one image; `relu_follows`: whether "relu" is the next layer of the text; `branches`:
    /// those behind the layer's name, or nullptr without parentheses; `weights`: those of the layers before it.
    LayerContext(const Shape& input, std::int64_t classes, bool relu_follows, std::vector<Branch>* branches = nullptr,
                 std::int64_t weights = 0)
        : input_(input), classes_(classes), weights_(weights), relu_follows_(relu_follows), branches_(branches) {}

    /// Of one image: (1, H, W, C) or (1, features).
    const Shape& input() const { return input_; }
    /// (1, H, W, C); UsageError when the input has other axes.
    const Shape& images() const;
    /// (1, features); UsageError when the input has other axes.
    const Shape& features() const;
    std::int64_t classes() const { return classes_; }  ///< of the model

    /// UsageError when a layer of a * b * ... weights would make a model of more than 2^28.
    void need_weights(std::initializer_list<std::int64_t> factors) const;

    /// For a layer that applies an activation itself: relu when that is the next layer of the text, which then is left
    /// out of the model; else none.
    Activation take_activation();
    bool took_activation() const { return taken_; }  ///< whether the next layer of the text is left out

    /// The branches "( a b | c )" of a layer that has some. UsageError when there are no parentheses.
    std::vector<Branch> take_branches();
    bool left_branches() const { return branches_ != nullptr; }  ///< whether there are branches that no layer took

private:
    Shape input_;
    std::int64_t classes_, weights_;
    bool relu_follows_, taken_ = false;
    std::vector<Branch>* branches_;
};

/// The layers that parse_model() knows. A program makes a layer of its own known to everything that reads models with
///
///     nn::layers().add({"scale", "[:FACTOR]", "x times FACTOR (1)",
///                       [](Arguments& a, nn::LayerContext&) { return Scale(a.number_or("factor", 1)); }});
Registry<AnyModule(Arguments&, LayerContext&)>& layers();

/// The networks with a name, for images of a shape (H, W, C) and a number of classes: study, resnet, resnet18,
/// densenet, vgg-like, mobilenet-like, and what a program adds.
Registry<Sequential(Arguments&, const Shape&, std::int64_t)>& networks();

/// The model of a text: one of networks(), such as "resnet:20", or layers with spaces between them, as
///
///     conv:32,5 relu pool:2 flatten dropout:0.5 linear:128 relu linear:classes
///
/// Layers with branches have them in parentheses, with "|" between them, within each other as well:
///
///     conv:16 residual( conv:32,3,2 batch-norm relu conv:32 batch-norm | conv:32,1,2 ) relu concat( conv:12 ) ...
///
/// residual adds what its two branches give, concat joins the channels of its branches. Where one branch is given, the
/// other is the input itself, as an empty branch says too.
///
/// Arguments stand in the order of layers().help() or have names: "conv:32,kernel=5x3,stride=2". `input` is (H, W, C);
/// the number of channels or features that a layer gets follows from the layers before it. "linear:classes" gives
/// `classes` logits. A relu right after conv, linear, batch-norm or residual becomes part of that layer; otherwise
/// layer i of the result is the i-th of the text. Initial weights come from default_generator(). UsageError naming the
/// layer, what it expected and its input; also unless the result is (N, classes), for more than 2^28 weights in
/// all or outputs per image of a layer, and for branches more than 16 deep.
Sequential parse_model(std::string_view text, const Shape& input, std::int64_t classes);

}  // namespace cyclone::nn
