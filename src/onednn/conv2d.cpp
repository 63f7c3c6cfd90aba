#include "onednn/conv2d.h"

#include "onednn/affine.h"

namespace cyclone::onednn {
namespace {

using dnnl::memory;
using kernels::Conv2dGeometry;
using Tag = memory::format_tag;

constexpr auto kAlgorithm = dnnl::algorithm::convolution_direct;

// Logical sizes are oneDNN's (n, c, h, w), memory is NHWC. One channel too must be called nhwc: the same bytes under
// another name fall to oneDNN's reference kernel.
struct Descs {
    memory::desc x, weight, any_weight, bias, y;
    memory::dims strides, dilates, before, after;

    Descs(const Conv2dGeometry& g, bool with_bias)
        : x({g.n, g.c, g.h, g.w}, memory::data_type::f32, Tag::nhwc),
          weight(weight_sizes(g), memory::data_type::f32, g.groups == 1 ? Tag::ohwi : Tag::gohwi),
          any_weight(weight_sizes(g), memory::data_type::f32, Tag::any),
          bias(with_bias ? memory::desc({g.o}, memory::data_type::f32, Tag::a) : memory::desc()),
          y({g.n, g.o, g.oh, g.ow}, memory::data_type::f32, Tag::nhwc),
          strides{g.stride_h, g.stride_w},
          dilates{g.dilation_h - 1, g.dilation_w - 1},  // oneDNN counts from 0
          before{g.top, g.left},
          after{g.bottom, g.right} {}

    static memory::dims weight_sizes(const Conv2dGeometry& g) {
        if (g.groups == 1) return {g.o, g.c, g.kh, g.kw};
        return {g.groups, g.o / g.groups, g.c / g.groups, g.kh, g.kw};
    }
    auto forward(const dnnl::primitive_attr& attr) const {
        return forward_desc<dnnl::convolution_forward>(engine(), attr, dnnl::prop_kind::forward_training, kAlgorithm, x,
                                                       any_weight, bias, y, strides, dilates, before, after);
    }
    auto backward_data() const {
        const dnnl::primitive_attr attr = base_attributes();
        return backward_desc<dnnl::convolution_backward_data>(engine(), attr, forward(attr), kAlgorithm, x, any_weight,
                                                              y, strides, dilates, before, after);
    }
    auto backward_weights() const {
        const dnnl::primitive_attr attr = base_attributes();
        return backward_desc<dnnl::convolution_backward_weights>(engine(), attr, forward(attr), kAlgorithm, x,
                                                                 any_weight, bias, y, strides, dilates, before, after);
    }
};

Plan make_forward(const Conv2dGeometry& g, bool relu, bool with_bias) {
    const Descs d(g, with_bias);
    return forward_plan<dnnl::convolution_forward>(d.forward(forward_attributes(relu)), d);
}

Plan make_backward_data(const Conv2dGeometry& g) {
    const Descs d(g, false);
    return backward_data_plan<dnnl::convolution_backward_data>(d.backward_data(), d);
}

Plan make_backward_weights(const Conv2dGeometry& g, bool with_bias) {
    const Descs d(g, with_bias);
    return backward_weights_plan<dnnl::convolution_backward_weights>(d.backward_weights(), d);
}

}  // namespace

bool conv2d_forward(const Conv2dGeometry& g, bool relu, const float* x, const float* weight, const float* bias,
                    float* y, const Tensor* kept) {
    const bool with_bias = bias != nullptr;
    return run_cached(
        Key(Op::conv2d_forward, g, 2 * relu + with_bias), [&] { return make_forward(g, relu, with_bias); },
        {x, weight, bias, y}, kept);
}

bool conv2d_backward_data(const Conv2dGeometry& g, const float* y_grad, const float* weight, float* x_grad) {
    return run_cached(Key(Op::conv2d_backward_data, g), [&] { return make_backward_data(g); },
                      {y_grad, weight, x_grad});
}

bool conv2d_backward_weights(const Conv2dGeometry& g, const float* x, const float* y_grad, float* weight_grad,
                             float* bias_grad) {
    const bool with_bias = bias_grad != nullptr;
    return run_cached(Key(Op::conv2d_backward_weights, g, with_bias),
                      [&] { return make_backward_weights(g, with_bias); }, {x, y_grad, weight_grad, bias_grad});
}

}  // namespace cyclone::onednn
