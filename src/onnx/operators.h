#pragma once
// What the operators of an ONNX graph compute.

#include <cyclone/base/error.h>
#include <cyclone/ops/conv2d.h>

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "onnx/model.h"

namespace cyclone::onnx {

using Sizes = std::vector<std::int64_t>;

/// A tensor of the graph. The axes (N, C, ...) of the file may be stored as (N, ..., C), so that a chain of layers for
/// images turns them once.
struct Array {
    Tensor tensor = {};
    bool channels_last = false;
};

/// With the axes of the file.
Tensor plain(const Array& x);
/// With the channels last; of rank 2 and below as it is.
Tensor last(const Array& x);
/// Axis `axis` of the file among those that are stored.
int stored_axis(const Array& x, std::int64_t axis);

using Arrays = std::vector<Array>;
/// The outputs of a node for its inputs, of which those that are left out are undefined.
using Operator = std::function<Arrays(const Arrays& inputs, bool is_training)>;

/// A node with the attributes that have been asked for.
class NodeReader {
public:
    /// `constants`: the tensors whose values are known.
    NodeReader(const Node& of, std::int64_t operator_set, const std::map<std::string, Tensor>& constants)
        : node(of), opset(operator_set), constants_(constants) {}

    std::int64_t number(const char* name, std::int64_t otherwise);
    double real(const char* name, double otherwise);
    std::string text(const char* name, const char* otherwise);
    Sizes numbers(const char* name, const Sizes& otherwise = {});
    std::vector<float> reals(const char* name);
    bool has(const char* name) const;

    std::string where() const { return node.where(); }
    bool has_input(std::size_t i) const { return i < node.inputs.size() && !node.inputs[i].empty(); }
    /// Input i where its value is known and held; else nullptr.
    const Tensor* constant(std::size_t i) const;
    /// Whole numbers from the attribute, or from input i, which must be known; `otherwise` where there is neither.
    Sizes known_numbers(const char* name, std::size_t i, Sizes otherwise = {});

    /// An attribute that is accepted and makes no difference here.
    void ignore(const char* name) { asked_.insert(name); }
    /// Error unless `ok`, naming the node.
    template <class... Parts>
    void need(bool ok, const Parts&... parts) const {
        check(ok, where(), parts...);
    }
    /// Error naming an attribute that nobody has asked for.
    void check_all_asked() const;

    const Node& node;
    const std::int64_t opset;

private:
    const Attribute* find(const char* name, Attribute::Type type);
    const std::map<std::string, Tensor>& constants_;
    std::set<std::string> asked_;
};

/// The sizes of a convolution's or pooling's window along its spatial axes.
struct WindowSizes {
    Sizes kernel, strides, dilations, pads;  ///< pads: at the start of each axis, then at the end
    std::string auto_pad = "NOTSET";
};
/// `kernel`: from the weights, where the attribute may be missing.
WindowSizes window_sizes(NodeReader& n, const Sizes& kernel);

/// The padding of such a window for images whose height and width are `h` and `w`; -1: not known, which SAME_LOWER is
/// an Error for, naming `where`.
Padding padding_of(const WindowSizes& window, std::int64_t h, std::int64_t w, const std::string& where);

/// A transposed convolution's window.
struct TransposedWindow {
    WindowSizes sizes;
    Sizes output_padding, output_shape;  ///< height and width; output_shape: empty where the pads say it
    std::int64_t groups = 1;

    /// For images whose height and width are `h` and `w`; Error naming `where` when no padding gives the output_shape.
    ConvTranspose2dWindow for_images(std::int64_t h, std::int64_t w, const std::string& where) const;
};
/// `kernel`: as of window_sizes().
TransposedWindow transposed_window(NodeReader& n, const Sizes& kernel);

/// A row of the table of operators.
struct OperatorRow {
    const char* name;
    Operator (*make)(NodeReader&);
};
std::span<const OperatorRow> layer_operators();    ///< convolutions, pooling, normalisation, dense layers, losses
std::span<const OperatorRow> element_operators();  ///< element by element
std::span<const OperatorRow> axes_operators();     ///< shapes, cuts and sums

/// Error naming the node when there is no such operator, or when it has an attribute that is not known.
Operator make_operator(const Node& node, std::int64_t opset, const std::map<std::string, Tensor>& constants);
bool has_operator(const std::string& name);
std::vector<std::string> operator_names();

/// 2 / sqrt(pi) times the integral of exp(-t^2) from 0 to x.
Tensor erf(const Tensor& x);

}  // namespace cyclone::onnx
