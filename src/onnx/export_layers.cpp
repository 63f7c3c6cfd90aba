// How each layer stands in an ONNX graph. One row of kRows makes a layer known.

#include <cyclone/base/arguments.h>
#include <cyclone/base/error.h>
#include <cyclone/nn/branches.h>
#include <cyclone/nn/layers.h>
#include <cyclone/nn/sequential.h>
#include <cyclone/ops/shape.h>

#include <algorithm>
#include <limits>
#include <map>
#include <typeindex>

#include "onnx/exporter.h"
#include "onnx/window.h"

namespace cyclone::onnx {
namespace {

using Sizes = std::vector<std::int64_t>;

/// The layer that is being written.
template <class Layer>
struct Site {
    Exporter& out;
    const Layer& layer;
    const std::string& path;  ///< in the model: "3.body.0"

    std::string where() const { return "layer " + quoted(path) + ", " + layer.describe(); }
    std::string name(const char* tensor) const { return path.empty() ? tensor : path + "." + tensor; }
    void need_images(const Value& x) const { check(x.is_image(), where(), "expected images (H, W, C), got ", x.shape); }
};

Sizes sizes_of(Pair pair) { return {pair.h, pair.w}; }

struct Window {
    Sizes pads;  // top, left, bottom, right
    std::int64_t h, w;
};

Window window_of(const Shape& image, Pair kernel, Pair stride, Pair dilation, const Padding& p, bool round_up,
                 const std::string& where) {
    const bool same = p.mode == Padding::Mode::same;
    const Along y = along(image[0], kernel.h, stride.h, dilation.h, same, p.top, p.bottom, round_up);
    const Along x = along(image[1], kernel.w, stride.w, dilation.w, same, p.left, p.right, round_up);
    check(y.out >= 1 && x.out >= 1, where, "its window does not fit into images of ", image);
    return {{y.before, x.before, y.after, x.after}, y.out, x.out};
}

Value write(const Site<nn::Conv2d>& s, Value x) {
    s.need_images(x);
    const nn::Conv2dOptions& o = s.layer.options();
    check(x.shape[2] == s.layer.weight.size(3) * o.groups, s.where(), "expected ", s.layer.weight.size(3) * o.groups,
          " channels, got images of ", x.shape);
    const Window window = window_of(x.shape, o.kernel, o.stride, o.dilation, o.padding, false, s.where());
    std::vector<std::string> inputs{x.name,
                                    s.out.store(s.name("weight"), permute(s.layer.weight.detach(), {0, 3, 1, 2}))};
    if (s.layer.bias.defined()) inputs.push_back(s.out.store(s.name("bias"), s.layer.bias));
    x.name = s.out.node("Conv", std::move(inputs),
                        {attribute("dilations", sizes_of(o.dilation)), attribute("group", o.groups),
                         attribute("kernel_shape", sizes_of(o.kernel)), attribute("pads", window.pads),
                         attribute("strides", sizes_of(o.stride))});
    x.shape = {window.h, window.w, s.layer.weight.size(0)};
    return s.out.activation(o.activation, s.where(), x);
}

Value write(const Site<nn::ConvTranspose2d>& s, Value x) {
    s.need_images(x);
    const nn::ConvTranspose2dOptions& o = s.layer.options();
    const std::int64_t in = s.layer.weight.size(0), out = s.layer.weight.size(3) * o.groups;
    check(x.shape[2] == in, s.where(), "expected ", in, " channels, got images of ", x.shape);
    const bool same = o.padding.mode == Padding::Mode::same;
    const Along y = along_transposed(x.shape[0], o.kernel.h, o.stride.h, o.dilation.h, same, o.padding.top,
                                     o.padding.bottom, o.output_padding.h);
    const Along z = along_transposed(x.shape[1], o.kernel.w, o.stride.w, o.dilation.w, same, o.padding.left,
                                     o.padding.right, o.output_padding.w);
    check(y.out >= 1 && z.out >= 1, s.where(), "its padding leaves nothing of images of ", x.shape);
    const Pair added{y.added, z.added};
    std::vector<std::string> inputs{x.name,
                                    s.out.store(s.name("weight"), permute(s.layer.weight.detach(), {0, 3, 1, 2}))};
    if (s.layer.bias.defined()) inputs.push_back(s.out.store(s.name("bias"), s.layer.bias));
    x.name = s.out.node(
        "ConvTranspose", std::move(inputs),
        {attribute("dilations", sizes_of(o.dilation)), attribute("group", o.groups),
         attribute("kernel_shape", sizes_of(o.kernel)), attribute("output_padding", sizes_of(added)),
         attribute("pads", Sizes{y.before, z.before, y.after, z.after}), attribute("strides", sizes_of(o.stride))});
    x.shape = {y.out, z.out, out};
    return s.out.activation(o.activation, s.where(), x);
}

Value write(const Site<nn::Linear>& s, const Value& x) {
    const std::int64_t in = s.layer.weight.size(1), units = s.layer.weight.size(0);
    check(x.shape == Shape{in}, s.where(), "expected ", in, " features, got ", x.shape);
    Tensor weight = s.layer.weight.detach();
    if (x.is_flattened())
        weight = permute(weight.viewed({units, x.hwc[0] * x.hwc[1], x.hwc[2]}), {0, 2, 1}).viewed({units, in});
    std::vector<std::string> inputs{x.name, s.out.store(s.name("weight"), weight)};
    if (s.layer.bias.defined()) inputs.push_back(s.out.store(s.name("bias"), s.layer.bias));
    const Value y{s.out.node("Gemm", std::move(inputs), {attribute("transB", std::int64_t{1})}), {units}};
    return s.out.activation(s.layer.options().activation, s.where(), y);
}

Value write_pool(Exporter& out, const char* op, const Pool2dOptions& o, const std::string& where, const Value& x) {
    check(x.is_image(), where, "expected images (H, W, C), got ", x.shape);
    const bool average = std::string_view(op) == "AveragePool";
    check(!average || o.dilation == Pair(1), where, "an average with dilation has no form in ONNX's operator set 17");
    check(!average || !o.ceil_mode || !o.count_include_pad, where,
          "an average whose size is rounded up and whose padding counts has no form in ONNX's operator set 17");
    const Pair stride = o.stride.value_or(o.kernel);
    const Window window = window_of(x.shape, o.kernel, stride, o.dilation, o.padding, o.ceil_mode, where);
    std::vector<Attribute> attributes{attribute("kernel_shape", sizes_of(o.kernel)), attribute("pads", window.pads),
                                      attribute("strides", sizes_of(stride))};
    if (average)
        attributes.push_back(attribute("count_include_pad", std::int64_t{o.count_include_pad}));
    else
        attributes.push_back(attribute("dilations", sizes_of(o.dilation)));
    return {out.node(op, {x.name}, std::move(attributes)), {window.h, window.w, x.shape[2]}};
}

Value write(const Site<nn::MaxPool2d>& s, const Value& x) {
    return write_pool(s.out, "MaxPool", s.layer.options(), s.where(), x);
}
Value write(const Site<nn::AvgPool2d>& s, const Value& x) {
    return write_pool(s.out, "AveragePool", s.layer.options(), s.where(), x);
}

template <class Layer>
Value write_global(const Site<Layer>& s, const char* op, const Value& x) {
    s.need_images(x);
    return {s.out.node("Flatten", {s.out.node(op, {x.name})}), {x.shape[2]}};
}
Value write(const Site<nn::GlobalMaxPool>& s, const Value& x) { return write_global(s, "GlobalMaxPool", x); }
Value write(const Site<nn::GlobalAvgPool>& s, const Value& x) { return write_global(s, "GlobalAveragePool", x); }

/// The channels, or features, that a layer's vectors have.
template <class Layer>
void need_channels(const Site<Layer>& s, const Value& x) {
    check(x.shape[-1] == s.layer.scale.numel(), s.where(), "expected ", s.layer.scale.numel(), " channels, got ",
          x.shape);
}

Value write(const Site<nn::BatchNorm>& s, Value x) {
    need_channels(s, x);
    const auto stored = [&](const char* name, const Tensor& t) {
        return s.out.store(s.name(name), s.out.per_feature(t, x));
    };
    const BatchNormOptions& o = s.layer.options();
    x.name =
        s.out.node("BatchNormalization",
                   {x.name, stored("scale", s.layer.scale), stored("shift", s.layer.shift),
                    stored("running_mean", s.layer.running_mean), stored("running_variance", s.layer.running_variance)},
                   {attribute("epsilon", o.epsilon), attribute("momentum", 1 - o.momentum)});
    return s.out.activation(o.activation, s.where(), x);
}

/// InstanceNormalization over each group as one channel, then scale and shift per channel.
Value write(const Site<nn::GroupNorm>& s, const Value& given) {
    Value x = s.out.in_own_order(given);
    need_channels(s, x);
    const std::int64_t groups = s.layer.groups(), channels = s.layer.scale.numel();
    const std::string rows = s.out.node("Reshape", {x.name, s.out.numbers({0, groups, -1})});
    const std::string plain =
        s.out.node("InstanceNormalization",
                   {rows, s.out.store("ones", Tensor::ones({groups})), s.out.store("zeros", Tensor::zeros({groups}))},
                   {attribute("epsilon", s.layer.epsilon())});
    const bool image = x.is_image();
    const std::string back = s.out.node(
        "Reshape", {plain, s.out.numbers(image ? Sizes{0, channels, x.shape[0], x.shape[1]} : Sizes{0, channels})});
    const Shape wide = image ? Shape{channels, 1, 1} : Shape{channels};
    const auto stored = [&](const char* name, const Tensor& t) {
        return s.out.store(s.name(name), t.detach().viewed(wide));
    };
    x.name =
        s.out.node("Add", {s.out.node("Mul", {back, stored("scale", s.layer.scale)}), stored("shift", s.layer.shift)});
    return x;
}

Value write(const Site<nn::LayerNorm>& s, Value x) {
    need_channels(s, x);
    if (x.is_image()) x.name = s.out.node("Transpose", {x.name}, {attribute("perm", Sizes{0, 2, 3, 1})});
    const auto stored = [&](const char* name, const Tensor& t) {
        return s.out.store(s.name(name), s.out.per_feature(t, x));
    };
    x.name = s.out.node("LayerNormalization", {x.name, stored("scale", s.layer.scale), stored("shift", s.layer.shift)},
                        {attribute("axis", std::int64_t{-1}), attribute("epsilon", s.layer.epsilon())});
    if (x.is_image()) x.name = s.out.node("Transpose", {x.name}, {attribute("perm", Sizes{0, 3, 1, 2})});
    return x;
}

Value write(const Site<nn::Upsample>& s, Value x) {
    s.need_images(x);
    const Pair f = s.layer.factor();
    const std::vector<float> factors{1, 1, static_cast<float>(f.h), static_cast<float>(f.w)};
    x.name = s.out.node(
        "Resize", {x.name, "", s.out.store("factors", Tensor::from(factors, {4}))},
        s.layer.interpolation() == nn::Interpolation::bilinear
            ? std::vector{attribute("mode", "linear"), attribute("coordinate_transformation_mode", "half_pixel")}
            : std::vector{attribute("mode", "nearest"), attribute("nearest_mode", "floor"),
                          attribute("coordinate_transformation_mode", "asymmetric")});
    x.shape = {x.shape[0] * f.h, x.shape[1] * f.w, x.shape[2]};
    return x;
}

Value write(const Site<nn::Subsample>& s, Value x) {
    s.need_images(x);
    const Pair stride = s.layer.stride();
    const std::int64_t channels = s.layer.channels(), more = channels - x.shape[2];
    check(more >= 0, s.where(), "expected at most ", channels, " channels, got ", x.shape);
    if (!(stride == Pair(1))) {
        constexpr std::int64_t kEnd = std::numeric_limits<std::int64_t>::max();
        x.name = s.out.node("Slice", {x.name, s.out.numbers({0, 0}), s.out.numbers({kEnd, kEnd}), s.out.numbers({2, 3}),
                                      s.out.numbers({stride.h, stride.w})});
    }
    if (more > 0) x.name = s.out.node("Pad", {x.name, s.out.numbers({0, 0, 0, 0, 0, more, 0, 0})});
    x.shape = {(x.shape[0] - 1) / stride.h + 1, (x.shape[1] - 1) / stride.w + 1, channels};
    return x;
}

Value write(const Site<nn::Flatten>& s, const Value& x) {
    if (!x.is_image()) return x;
    const bool one_pixel = x.shape[0] * x.shape[1] == 1, one_channel = x.shape[2] == 1;
    return {s.out.node("Flatten", {x.name}), {x.shape.numel()}, one_pixel || one_channel ? Shape{} : x.shape};
}

template <class Layer>
Value write_simple(const Site<Layer>& s, const char* op, Value x, std::vector<Attribute> attributes = {}) {
    x.name = s.out.node(op, {x.name}, std::move(attributes));
    return x;
}
Value write(const Site<nn::Relu>& s, const Value& x) { return write_simple(s, "Relu", x); }
Value write(const Site<nn::Sigmoid>& s, const Value& x) { return write_simple(s, "Sigmoid", x); }
Value write(const Site<nn::Tanh>& s, const Value& x) { return write_simple(s, "Tanh", x); }
Value write(const Site<nn::Softmax>& s, const Value& x) {
    return write_simple(s, "Softmax", x, {attribute("axis", std::int64_t{1})});
}
Value write(const Site<nn::LeakyRelu>& s, const Value& x) {
    return write_simple(s, "LeakyRelu", x, {attribute("alpha", s.layer.slope())});
}
Value write(const Site<nn::Elu>& s, const Value& x) {
    return write_simple(s, "Elu", x, {attribute("alpha", s.layer.alpha())});
}
Value write(const Site<nn::Activate>& s, const Value& x) {
    return s.out.activation(s.layer.activation(), s.where(), x);
}
Value write(const Site<nn::Dropout>&, const Value& x) { return x; }

std::string below(const std::string& path, const std::string& name) { return path.empty() ? name : path + "." + name; }

Value write(const Site<nn::Sequential>& s, Value x) {
    for (const nn::Member& member : s.layer.members()) x = s.out.module(*member.module, below(s.path, member.name), x);
    return x;
}

/// What the branches give, in one order of features.
std::vector<Value> branches(Exporter& out, const nn::Module& module, const std::string& path, const Value& x) {
    std::vector<Value> values;
    for (const nn::Member& member : module.members())
        values.push_back(out.module(*member.module, below(path, member.name), x));
    return values;
}

Value write(const Site<nn::Residual>& s, const Value& x) {
    std::vector<Value> values = branches(s.out, s.layer, s.path, x);
    if (values.size() == 1) values.push_back(x);
    check(values[0].shape == values[1].shape, s.where(), "expected a body and a shortcut of one shape, got ",
          values[0].shape, " and ", values[1].shape);
    if (!(values[0].hwc == values[1].hwc))
        for (Value& value : values) value = s.out.in_own_order(value);
    Value sum = values[0];
    sum.name = s.out.node("Add", {values[0].name, values[1].name});
    return s.out.activation(s.layer.activation(), s.where(), sum);
}

Value write(const Site<nn::Concat>& s, const Value& x) {
    std::vector<std::string> names;
    Shape shape;
    for (const Value& branch : branches(s.out, s.layer, s.path, x)) {
        const Value value = s.out.in_own_order(branch);
        const bool first = names.empty();
        check(first || (value.shape.rank() == shape.rank() &&
                        value.shape.numel_between(0, shape.rank() - 1) == shape.numel_between(0, shape.rank() - 1)),
              s.where(), "expected branches of one size, got ", shape, " and ", value.shape);
        if (first)
            shape = value.shape;
        else
            shape.set(-1, shape[-1] + value.shape[-1]);
        names.push_back(value.name);
    }
    return {s.out.node("Concat", std::move(names), {attribute("axis", std::int64_t{1})}), shape};
}

using Writer = Value (*)(Exporter&, const nn::Module&, const std::string&, const Value&);

template <class Layer>
std::pair<const std::type_index, Writer> row() {
    return {typeid(Layer), [](Exporter& out, const nn::Module& module, const std::string& path, const Value& x) {
                return write(Site<Layer>{out, static_cast<const Layer&>(module), path}, x);
            }};
}

const std::map<std::type_index, Writer>& rows() {
    static const std::map<std::type_index, Writer> kRows{
        row<nn::Conv2d>(),     row<nn::Linear>(),        row<nn::MaxPool2d>(),     row<nn::AvgPool2d>(),
        row<nn::BatchNorm>(),  row<nn::GlobalMaxPool>(), row<nn::GlobalAvgPool>(), row<nn::GroupNorm>(),
        row<nn::LayerNorm>(),  row<nn::Upsample>(),      row<nn::Subsample>(),     row<nn::Flatten>(),
        row<nn::Relu>(),       row<nn::Sigmoid>(),       row<nn::Tanh>(),          row<nn::Softmax>(),
        row<nn::LeakyRelu>(),  row<nn::Elu>(),           row<nn::Activate>(),      row<nn::Dropout>(),
        row<nn::Sequential>(), row<nn::Residual>(),      row<nn::Concat>(),        row<nn::ConvTranspose2d>(),
    };
    return kRows;
}

}  // namespace

Value Exporter::module(const nn::Module& module, const std::string& path, const Value& x) {
    const auto found = rows().find(typeid(module));
    check(found != rows().end(), "layer " + quoted(path) + ", " + module.describe(),
          "has no form in ONNX (hint: the layers of nn/layers.h and nn/branches.h have one)");
    return found->second(*this, module, path, x);
}

}  // namespace cyclone::onnx
