#pragma once
// oneDNN 2.6 and 3.x behind one set of names; every difference between them stands in this file.

#include <dnnl.hpp>

namespace cyclone::onednn {

/// `args` in the order of version 3, without engine, hint and attributes.
template <class Primitive, class... Args>
typename Primitive::primitive_desc forward_desc(const dnnl::engine& engine, const dnnl::primitive_attr& attr,
                                                const Args&... args) {
#if DNNL_VERSION_MAJOR >= 3
    return {engine, args..., attr};
#else
    return {typename Primitive::desc(args...), attr, engine};
#endif
}

template <class Primitive, class Hint, class... Args>
typename Primitive::primitive_desc backward_desc(const dnnl::engine& engine, const dnnl::primitive_attr& attr,
                                                 const Hint& hint, const Args&... args) {
#if DNNL_VERSION_MAJOR >= 3
    return {engine, args..., hint, attr};
#else
    return {typename Primitive::desc(args...), attr, engine, hint};
#endif
}

inline dnnl::pooling_forward::primitive_desc pooling_forward_desc(
    const dnnl::engine& engine, const dnnl::primitive_attr& attr, dnnl::prop_kind kind, dnnl::algorithm algorithm,
    const dnnl::memory::desc& src, const dnnl::memory::desc& dst, const dnnl::memory::dims& strides,
    const dnnl::memory::dims& kernel, const dnnl::memory::dims& before, const dnnl::memory::dims& after) {
#if DNNL_VERSION_MAJOR >= 3
    const dnnl::memory::dims dense{0, 0};
    return forward_desc<dnnl::pooling_forward>(engine, attr, kind, algorithm, src, dst, strides, kernel, dense, before,
                                               after);
#else
    return forward_desc<dnnl::pooling_forward>(engine, attr, kind, algorithm, src, dst, strides, kernel, before, after);
#endif
}

inline dnnl::pooling_backward::primitive_desc pooling_backward_desc(
    const dnnl::engine& engine, const dnnl::primitive_attr& attr, const dnnl::pooling_forward::primitive_desc& hint,
    dnnl::algorithm algorithm, const dnnl::memory::desc& src, const dnnl::memory::desc& dst,
    const dnnl::memory::dims& strides, const dnnl::memory::dims& kernel, const dnnl::memory::dims& before,
    const dnnl::memory::dims& after) {
#if DNNL_VERSION_MAJOR >= 3
    const dnnl::memory::dims dense{0, 0};
    return backward_desc<dnnl::pooling_backward>(engine, attr, hint, algorithm, src, dst, strides, kernel, dense,
                                                 before, after);
#else
    return backward_desc<dnnl::pooling_backward>(engine, attr, hint, algorithm, src, dst, strides, kernel, before,
                                                 after);
#endif
}

inline dnnl::batch_normalization_forward::primitive_desc batch_norm_forward_desc(
    const dnnl::engine& engine, const dnnl::primitive_attr& attr, dnnl::prop_kind kind, const dnnl::memory::desc& data,
    float epsilon, dnnl::normalization_flags flags) {
#if DNNL_VERSION_MAJOR >= 3
    return forward_desc<dnnl::batch_normalization_forward>(engine, attr, kind, data, data, epsilon, flags);
#else
    return forward_desc<dnnl::batch_normalization_forward>(engine, attr, kind, data, epsilon, flags);
#endif
}

inline dnnl::batch_normalization_backward::primitive_desc batch_norm_backward_desc(
    const dnnl::engine& engine, const dnnl::primitive_attr& attr,
    const dnnl::batch_normalization_forward::primitive_desc& hint, const dnnl::memory::desc& data, float epsilon,
    dnnl::normalization_flags flags) {
    const auto kind = dnnl::prop_kind::backward;
#if DNNL_VERSION_MAJOR >= 3
    return backward_desc<dnnl::batch_normalization_backward>(engine, attr, hint, kind, data, data, data, epsilon,
                                                             flags);
#else
    return backward_desc<dnnl::batch_normalization_backward>(engine, attr, hint, kind, data, data, epsilon, flags);
#endif
}

/// 2.6 insists on the shift as an argument of the backward, which it never reads; 3.x refuses it.
inline constexpr bool kBatchNormBackwardTakesShift = DNNL_VERSION_MAJOR < 3;

inline void append_relu(dnnl::post_ops& post_ops) {
#if DNNL_VERSION_MAJOR >= 3
    post_ops.append_eltwise(dnnl::algorithm::eltwise_relu, 0, 0);
#else
    post_ops.append_eltwise(1, dnnl::algorithm::eltwise_relu, 0, 0);
#endif
}

}  // namespace cyclone::onednn
