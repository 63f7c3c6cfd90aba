#include "onednn/conv2d.h"

#include "onednn/plan.h"

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
};

Plan forward_plan(const Conv2dGeometry& g, bool relu, bool with_bias) {
    const Descs d(g, with_bias);
    dnnl::primitive_attr attr = base_attributes();
    if (relu) {
        dnnl::post_ops post_ops;
        append_relu(post_ops);
        attr.set_post_ops(post_ops);
    }
    const auto desc = d.forward(attr);
    return Plan(dnnl::convolution_forward(desc), desc.scratchpad_desc(),
                {{DNNL_ARG_SRC, d.x, desc.src_desc()},
                 {DNNL_ARG_WEIGHTS, d.weight, desc.weights_desc()},
                 {DNNL_ARG_BIAS, d.bias, d.bias},
                 {DNNL_ARG_DST, d.y, desc.dst_desc(), true}});
}

Plan backward_data_plan(const Conv2dGeometry& g) {
    const Descs d(g, false);
    const dnnl::primitive_attr attr = base_attributes();
    const auto desc = backward_desc<dnnl::convolution_backward_data>(
        engine(), attr, d.forward(attr), kAlgorithm, d.x, d.any_weight, d.y, d.strides, d.dilates, d.before, d.after);
    return Plan(dnnl::convolution_backward_data(desc), desc.scratchpad_desc(),
                {{DNNL_ARG_DIFF_DST, d.y, desc.diff_dst_desc()},
                 {DNNL_ARG_WEIGHTS, d.weight, desc.weights_desc()},
                 {DNNL_ARG_DIFF_SRC, d.x, desc.diff_src_desc(), true}});
}

Plan backward_weights_plan(const Conv2dGeometry& g, bool with_bias) {
    const Descs d(g, with_bias);
    const dnnl::primitive_attr attr = base_attributes();
    const auto desc = backward_desc<dnnl::convolution_backward_weights>(engine(), attr, d.forward(attr), kAlgorithm,
                                                                        d.x, d.any_weight, d.bias, d.y, d.strides,
                                                                        d.dilates, d.before, d.after);
    return Plan(dnnl::convolution_backward_weights(desc), desc.scratchpad_desc(),
                {{DNNL_ARG_SRC, d.x, desc.src_desc()},
                 {DNNL_ARG_DIFF_DST, d.y, desc.diff_dst_desc()},
                 {DNNL_ARG_DIFF_WEIGHTS, d.weight, desc.diff_weights_desc(), true},
                 {DNNL_ARG_DIFF_BIAS, d.bias, d.bias, true}});
}

}  // namespace

bool conv2d_forward(const Conv2dGeometry& g, bool relu, const float* x, const float* weight, const float* bias,
                    float* y) {
    const bool with_bias = bias != nullptr;
    return run_cached(Key(Op::conv2d_forward, g, 2 * relu + with_bias),
                      [&] { return forward_plan(g, relu, with_bias); }, {x, weight, bias, y});
}

bool conv2d_backward_data(const Conv2dGeometry& g, const float* y_grad, const float* weight, float* x_grad) {
    return run_cached(Key(Op::conv2d_backward_data, g), [&] { return backward_data_plan(g); },
                      {y_grad, weight, x_grad});
}

bool conv2d_backward_weights(const Conv2dGeometry& g, const float* x, const float* y_grad, float* weight_grad,
                             float* bias_grad) {
    const bool with_bias = bias_grad != nullptr;
    return run_cached(Key(Op::conv2d_backward_weights, g, with_bias),
                      [&] { return backward_weights_plan(g, with_bias); }, {x, y_grad, weight_grad, bias_grad});
}

}  // namespace cyclone::onednn
