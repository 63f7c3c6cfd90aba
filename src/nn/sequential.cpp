// Layers one after the other.

#include <cyclone/nn/sequential.h>

#include <cyclone/base/error.h>

namespace cyclone::nn {

Sequential& Sequential::add(AnyModule layer) {
    layers_.push_back(std::move(layer));
    return *this;
}

Sequential& Sequential::add(std::unique_ptr<Module> layer) { return add(AnyModule(std::move(layer))); }

Tensor Sequential::forward(const Tensor& x) {
    Tensor y = x;
    for (AnyModule& layer : layers_) y = layer.get().forward(y);
    return y;
}

void Sequential::visit(Visitor& v) {
    for (std::size_t i = 0; i < layers_.size(); ++i) v.module(std::to_string(i), layers_[i].get());
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
