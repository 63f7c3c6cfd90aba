#pragma once
// What the plans of convolution and linear share: y = activation(x * weight + bias). `Descs` holds the caller's x,
// weight, bias (of size 0: none) and y.

#include "onednn/plan.h"

namespace cyclone::onednn {

inline dnnl::primitive_attr forward_attributes(bool relu) {
    dnnl::primitive_attr attr = base_attributes();
    if (!relu) return attr;
    dnnl::post_ops post_ops;
    append_relu(post_ops);
    attr.set_post_ops(post_ops);
    return attr;
}

template <class Primitive, class Descs>
Plan forward_plan(const typename Primitive::primitive_desc& desc, const Descs& d) {
    return Plan(Primitive(desc), desc.scratchpad_desc(),
                {{DNNL_ARG_SRC, d.x, desc.src_desc()},
                 {DNNL_ARG_WEIGHTS, d.weight, desc.weights_desc(), false, true},
                 {DNNL_ARG_BIAS, d.bias, d.bias},
                 {DNNL_ARG_DST, d.y, desc.dst_desc(), true}});
}

template <class Primitive, class Descs>
Plan backward_data_plan(const typename Primitive::primitive_desc& desc, const Descs& d) {
    return Plan(Primitive(desc), desc.scratchpad_desc(),
                {{DNNL_ARG_DIFF_DST, d.y, desc.diff_dst_desc()},
                 {DNNL_ARG_WEIGHTS, d.weight, desc.weights_desc()},
                 {DNNL_ARG_DIFF_SRC, d.x, desc.diff_src_desc(), true}});
}

template <class Primitive, class Descs>
Plan backward_weights_plan(const typename Primitive::primitive_desc& desc, const Descs& d) {
    return Plan(Primitive(desc), desc.scratchpad_desc(),
                {{DNNL_ARG_SRC, d.x, desc.src_desc()},
                 {DNNL_ARG_DIFF_DST, d.y, desc.diff_dst_desc()},
                 {DNNL_ARG_DIFF_WEIGHTS, d.weight, desc.diff_weights_desc(), true},
                 {DNNL_ARG_DIFF_BIAS, d.bias, d.bias, true}});
}

}  // namespace cyclone::onednn
