#pragma once
// A linear layer is the 1x1 convolution of n images of one pixel.

#include "kernels/reference/conv2d.h"

namespace cyclone::kernels::reference {

inline Conv2dGeometry as_conv2d(const LinearGeometry& g) {
    Conv2dGeometry conv{};
    conv.n = g.n;
    conv.c = g.i;
    conv.o = g.o;
    conv.h = conv.w = conv.oh = conv.ow = conv.kh = conv.kw = 1;
    conv.stride_h = conv.stride_w = conv.dilation_h = conv.dilation_w = conv.groups = 1;
    return conv;
}

template <class T>
void linear_forward(const LinearGeometry& g, bool relu, const T* x, const T* weight, const T* bias, T* y) {
    conv2d_forward(as_conv2d(g), relu, x, weight, bias, y);
}

template <class T>
void linear_backward_data(const LinearGeometry& g, const T* y_grad, const T* weight, T* x_grad) {
    conv2d_backward_data(as_conv2d(g), y_grad, weight, x_grad);
}

template <class T>
void linear_backward_weights(const LinearGeometry& g, const T* x, const T* y_grad, T* weight_grad, T* bias_grad) {
    conv2d_backward_weights(as_conv2d(g), x, y_grad, weight_grad, bias_grad);
}

}  // namespace cyclone::kernels::reference
