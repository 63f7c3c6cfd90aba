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

}  // namespace cyclone::onnx
