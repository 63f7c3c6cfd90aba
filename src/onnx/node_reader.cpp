// Attributes and known inputs of a node.

#include <cyclone/base/arguments.h>

#include <algorithm>

#include "onnx/operators.h"
#include "onnx/window.h"

namespace cyclone::onnx {

bool NodeReader::has(const char* name) const {
    return std::any_of(node.attributes.begin(), node.attributes.end(),
                       [&](const Attribute& a) { return a.name == name; });
}

const Attribute* NodeReader::find(const char* name, Attribute::Type type) {
    asked_.insert(name);
    for (const Attribute& a : node.attributes) {
        if (a.name != name) continue;
        need(a.type == type, "its attribute ", quoted(name), " is of another type than the standard says");
        return &a;
    }
    return nullptr;
}

std::int64_t NodeReader::number(const char* name, std::int64_t otherwise) {
    const Attribute* a = find(name, Attribute::Type::number);
    return a ? a->number : otherwise;
}
double NodeReader::real(const char* name, double otherwise) {
    const Attribute* a = find(name, Attribute::Type::real);
    return a ? static_cast<double>(a->real) : otherwise;
}
std::string NodeReader::text(const char* name, const char* otherwise) {
    const Attribute* a = find(name, Attribute::Type::text);
    return a ? a->text : otherwise;
}
Sizes NodeReader::numbers(const char* name, const Sizes& otherwise) {
    const Attribute* a = find(name, Attribute::Type::numbers);
    return a ? a->numbers : otherwise;
}

std::vector<float> NodeReader::reals(const char* name) {
    const Attribute* a = find(name, Attribute::Type::reals);
    return a ? a->reals : std::vector<float>();
}

const Tensor* NodeReader::constant(std::size_t i) const {
    if (!has_input(i)) return nullptr;
    const auto found = constants_.find(node.inputs[i]);
    return found == constants_.end() || !found->second.defined() ? nullptr : &found->second;
}

Sizes NodeReader::known_numbers(const char* name, std::size_t i, Sizes otherwise) {
    if (has(name)) return numbers(name);
    if (!has_input(i)) return otherwise;
    const Tensor* given = constant(i);
    need(given && given->dtype() == DType::i64, "expected input ", i, ", ", name,
         ", as whole numbers that stand in the file");
    return given->to_vector<std::int64_t>();
}

void NodeReader::check_all_asked() const {
    for (const Attribute& a : node.attributes)
        need(asked_.count(a.name) > 0, "its attribute ", quoted(a.name), " is not known");
}

WindowSizes window_sizes(NodeReader& n, const Sizes& kernel) {
    WindowSizes w;
    w.kernel = n.numbers("kernel_shape", kernel);
    const std::size_t axes = w.kernel.size();
    n.need(axes == 1 || axes == 2, "expected one or two spatial axes, got a window of ", axes);
    w.strides = n.numbers("strides", Sizes(axes, 1));
    w.dilations = n.numbers("dilations", Sizes(axes, 1));
    w.pads = n.numbers("pads", Sizes(2 * axes, 0));
    w.auto_pad = n.text("auto_pad", "NOTSET");
    n.need(w.strides.size() == axes && w.dilations.size() == axes && w.pads.size() == 2 * axes, "expected ", axes,
           " strides and dilations and ", 2 * axes, " pads");
    constexpr std::int64_t kMost = 1 << 20;
    const auto positive = [](std::int64_t v) { return v >= 1 && v <= kMost; };
    n.need(std::all_of(w.kernel.begin(), w.kernel.end(), positive) &&
               std::all_of(w.strides.begin(), w.strides.end(), positive) &&
               std::all_of(w.dilations.begin(), w.dilations.end(), positive),
           "expected a window, strides and dilations of 1 to ", kMost);
    n.need(std::all_of(w.pads.begin(), w.pads.end(), [](std::int64_t v) { return v >= 0 && v <= kMost; }),
           "expected pads of 0 to ", kMost);
    n.need(w.auto_pad == "NOTSET" || w.auto_pad == "VALID" || w.auto_pad == "SAME_UPPER" || w.auto_pad == "SAME_LOWER",
           "its auto_pad is ", quoted(w.auto_pad), ", expected NOTSET, VALID, SAME_UPPER or SAME_LOWER");
    if (w.auto_pad != "NOTSET") w.pads.assign(2 * axes, 0);
    if (axes == 1) {  // an image of height 1
        for (Sizes* sizes : {&w.kernel, &w.strides, &w.dilations}) sizes->insert(sizes->begin(), 1);
        w.pads = {0, w.pads[0], 0, w.pads[1]};
    }
    return w;
}

Padding padding_of(const WindowSizes& window, std::int64_t h, std::int64_t w, const std::string& where) {
    if (window.auto_pad == "SAME_UPPER") return Padding::same();
    if (window.auto_pad != "SAME_LOWER") return {window.pads[0], window.pads[2], window.pads[1], window.pads[3]};
    check(h >= 1 && w >= 1, where, "its padding needs the size of the images, which the file leaves open");
    const auto along_axis = [&](std::int64_t size, std::size_t axis) {
        return along(size, window.kernel[axis], window.strides[axis], window.dilations[axis], true, 0, 0, false);
    };
    const Along y = along_axis(h, 0), x = along_axis(w, 1);  // with the odd pixel in front
    return {y.after, y.before, x.after, x.before};
}

TransposedWindow transposed_window(NodeReader& n, const Sizes& kernel) {
    n.need(!kernel.empty() || n.has("kernel_shape"), "expected weights of images");
    TransposedWindow w{.sizes = window_sizes(n, kernel), .output_padding = {}, .output_shape = {}};
    const std::size_t axes = n.has("kernel_shape") ? n.numbers("kernel_shape").size() : kernel.size();
    w.output_padding = n.numbers("output_padding", Sizes(axes, 0));
    w.output_shape = n.numbers("output_shape");
    w.groups = n.number("group", 1);
    constexpr std::int64_t kMost = 1 << 20;
    const auto fits = [](const Sizes& sizes) {
        return std::all_of(sizes.begin(), sizes.end(), [](std::int64_t v) { return v >= 0 && v <= kMost; });
    };
    n.need(w.groups >= 1 && w.groups <= kMost, "expected 1 to ", kMost, " groups, got ", w.groups);
    n.need(fits(w.output_padding) && fits(w.output_shape), "expected an output_padding and output_shape of 0 to ",
           kMost);
    n.need(w.output_padding.size() == axes && (w.output_shape.empty() || w.output_shape.size() >= axes), "expected ",
           axes, " numbers in output_padding and output_shape");
    // Some files name the batch and the channels too.
    w.output_shape.erase(w.output_shape.begin(),
                         w.output_shape.end() - static_cast<std::ptrdiff_t>(w.output_shape.empty() ? 0 : axes));
    if (axes == 1) {  // an image of height 1
        w.output_padding.insert(w.output_padding.begin(), 0);
        if (!w.output_shape.empty()) w.output_shape.insert(w.output_shape.begin(), 1);
    }
    return w;
}

ConvTranspose2dWindow TransposedWindow::for_images(std::int64_t h, std::int64_t w, const std::string& where) const {
    const auto pair_of = [](const Sizes& s) { return Pair{s[0], s[1]}; };
    ConvTranspose2dWindow result{.stride = pair_of(sizes.strides),
                                 .padding = {sizes.pads[0], sizes.pads[2], sizes.pads[1], sizes.pads[3]},
                                 .output_padding = pair_of(output_padding),
                                 .dilation = pair_of(sizes.dilations),
                                 .groups = groups};
    const bool upper = sizes.auto_pad == "SAME_UPPER", same = upper || sizes.auto_pad == "SAME_LOWER";
    if (!same && output_shape.empty()) return result;
    check(h >= 1 && w >= 1, where, "its padding needs the size of the images, which the file leaves open");
    const auto cut = [&](std::int64_t size, std::size_t axis) {
        const std::int64_t wanted = output_shape.empty() ? size * sizes.strides[axis] : output_shape[axis];
        std::int64_t over = (size - 1) * sizes.strides[axis] + sizes.dilations[axis] * (sizes.kernel[axis] - 1) + 1 +
                            output_padding[axis] - wanted;
        const std::int64_t added = std::max<std::int64_t>(0, -over);
        check(wanted >= 1 && (added == 0 || output_padding[axis] + added < sizes.strides[axis]), where,
              "no padding gives a result of ", wanted, " along an axis of ", size);
        over = std::max<std::int64_t>(0, over);
        const std::int64_t before = upper ? over / 2 : over - over / 2;
        return std::array{before, over - before, output_padding[axis] + added};
    };
    const auto y = cut(h, 0), x = cut(w, 1);
    result.padding = {y[0], y[1], x[0], x[1]};
    result.output_padding = {y[2], x[2]};
    return result;
}

}  // namespace cyclone::onnx
