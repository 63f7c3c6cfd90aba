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

struct PoolingWindow {
    dnnl::memory::dims strides, kernel, before, after;
};

/// make(sizes...) with the sizes of a pooling window as arguments of its descriptors: version 3 has a dilation too.
template <class Make>
auto with_window(const PoolingWindow& w, Make make) {
#if DNNL_VERSION_MAJOR >= 3
    return make(w.strides, w.kernel, dnnl::memory::dims{0, 0}, w.before, w.after);
#else
    return make(w.strides, w.kernel, w.before, w.after);
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

/// As ONEDNN_MAX_CPU_ISA spells it.
inline const char* name_of(dnnl::cpu_isa isa) {
    using dnnl::cpu_isa;
    switch (isa) {
        case cpu_isa::sse41:
            return "SSE41";
        case cpu_isa::avx:
            return "AVX";
        case cpu_isa::avx2:
            return "AVX2";
        case cpu_isa::avx2_vnni:
            return "AVX2_VNNI";
        case cpu_isa::avx512_core:
            return "AVX512_CORE";
        case cpu_isa::avx512_core_vnni:
            return "AVX512_CORE_VNNI";
        case cpu_isa::avx512_core_bf16:
            return "AVX512_CORE_BF16";
        case cpu_isa::avx512_core_amx:
            return "AVX512_CORE_AMX";
#if DNNL_VERSION_MAJOR >= 3
        case cpu_isa::avx2_vnni_2:
            return "AVX2_VNNI_2";
        case cpu_isa::avx512_core_fp16:
            return "AVX512_CORE_FP16";
        case cpu_isa::avx512_core_amx_fp16:
            return "AVX512_CORE_AMX_FP16";
#endif
        default:
            return "others";  // of later versions and other processors
    }
}

}  // namespace cyclone::onednn
