// Layers one after the other.

#include <cyclone/nn/sequential.h>

#include <cyclone/base/error.h>
#include <cyclone/nn/layers.h>

#include <algorithm>

namespace cyclone::nn {
namespace {

template <class... Layers>
bool is_one_of(const Module& layer) {
    return ((dynamic_cast<const Layers*>(&layer) != nullptr) || ...);
}

bool keeps_bounds(const Module& layer) {
    return is_one_of<Flatten, Dropout, MaxPool2d, AvgPool2d, GlobalMaxPool, GlobalAvgPool>(layer);
}

}  // namespace

Sequential& Sequential::add(AnyModule layer) {
    layers_.push_back(std::move(layer));
    return *this;
}

Sequential& Sequential::add(std::unique_ptr<Module> layer) { return add(AnyModule(std::move(layer))); }

Tensor Sequential::forward(const Tensor& x) {
    Tensor y = x;
    for (AnyModule& layer : layers_) y = layer.get()(y);
    return y;
}

void Sequential::visit(Visitor& v) {
    for (std::size_t i = 0; i < layers_.size(); ++i) v.module(std::to_string(i), layers_[i].get());
}

std::string Sequential::bounded_by() const {
    for (std::size_t i = layers_.size(); i-- > 0;) {
        const Module& layer = layers_[i].get();
        std::string bound = layer.bounded_by();
        if (!bound.empty() || !keeps_bounds(layer)) return bound;
    }
    return {};
}

bool Sequential::separates_rows() const {
    return std::all_of(layers_.begin(), layers_.end(), [](const AnyModule& l) { return l.get().separates_rows(); });
}

const Module& Sequential::operator[](std::size_t i) const {
    check(i < layers_.size(), "Sequential", "layer ", i, " does not exist, there are ", layers_.size());
    return layers_[i].get();
}

Module& Sequential::operator[](std::size_t i) {
    check(i < layers_.size(), "Sequential", "layer ", i, " does not exist, there are ", layers_.size());
    return layers_[i].get();
}

}  // namespace cyclone::nn
