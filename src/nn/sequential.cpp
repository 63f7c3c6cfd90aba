// Layers one after the other.

#include <cyclone/nn/sequential.h>

#include <cyclone/base/error.h>
#include <cyclone/nn/layers.h>
#include <cyclone/ops/precision.h>

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
    if (precision() == Precision::f32) {
        for (AnyModule& layer : layers_) y = layer.get()(y);
        return y;
    }
    // What a layer gives is stored in bf16 where the next one that does not keep its dtype takes that.
    const DType outside = storage();
    for (std::size_t i = 0; i < layers_.size(); ++i) {
        const Bf16Form next = form_of(i + 1);
        const StorageScope scope(next == Bf16Form::keeps   ? outside
                                 : next == Bf16Form::takes ? DType::bf16
                                                           : DType::f32);
        y = layers_[i].get()(y);
    }
    return y;
}

Bf16Form Sequential::form_of(std::size_t first) const {
    for (std::size_t i = first; i < layers_.size(); ++i)
        if (const Bf16Form form = layers_[i].get().bf16_form(); form != Bf16Form::keeps) return form;
    return Bf16Form::keeps;
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
