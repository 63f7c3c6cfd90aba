#include <cyclone/nn/sequential.h>

namespace cyclone::nn {

Sequential::Sequential(const Sequential& other) : Module(other) {
    layers_.reserve(other.layers_.size());
    for (const auto& layer : other.layers_) layers_.push_back(layer->copy());
}

Sequential& Sequential::operator=(const Sequential& other) {
    if (this != &other) *this = Sequential(other);
    return *this;
}

Tensor Sequential::forward(const Tensor& x) {
    Tensor y = x;
    for (const auto& layer : layers_) y = layer->get().forward(y);
    return y;
}

void Sequential::visit(Visitor& v) {
    for (std::size_t i = 0; i < layers_.size(); ++i) v.module(std::to_string(i), layers_[i]->get());
}

Module& Sequential::operator[](std::size_t i) {
    check(i < layers_.size(), "Sequential", "layer ", i, " does not exist, there are ", layers_.size());
    return layers_[i]->get();
}

}  // namespace cyclone::nn
