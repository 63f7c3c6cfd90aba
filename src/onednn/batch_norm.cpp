// The plans of batch normalisation.

#include "onednn/batch_norm.h"

#include <type_traits>

#include "onednn/plan.h"

namespace cyclone::onednn {
namespace {

using dnnl::memory;
using dnnl::normalization_flags;
using kernels::BatchNormGeometry;

constexpr const char* kForward = "batch_norm";
constexpr const char* kBackward = "backward of batch_norm";

struct Descs {
    memory::desc data, channels;
    float epsilon;
    normalization_flags flags;

    Descs(const BatchNormGeometry& g, bool batch_statistics, memory::data_type type)
        : data({g.n, g.c, g.h, g.w}, type, memory::format_tag::nhwc),
          channels({g.c}, memory::data_type::f32, memory::format_tag::a),
          epsilon(static_cast<float>(g.epsilon())),
          flags(normalization_flags::use_scale | normalization_flags::use_shift |
                (batch_statistics ? normalization_flags::none : normalization_flags::use_global_stats)) {}

    auto forward() const {
        return batch_norm_forward_desc(engine(), base_attributes(), dnnl::prop_kind::forward_training, data, epsilon,
                                       flags);
    }
};

Plan forward_plan(const BatchNormGeometry& g, bool batch_statistics, memory::data_type type) {
    const Descs d(g, batch_statistics, type);
    const auto desc = d.forward();
    return Plan(dnnl::batch_normalization_forward(desc), desc.scratchpad_desc(),
                {{DNNL_ARG_SRC, d.data, desc.src_desc()},
                 {DNNL_ARG_SCALE, d.channels, d.channels},
                 {DNNL_ARG_SHIFT, d.channels, d.channels},
                 {DNNL_ARG_MEAN, d.channels, d.channels, batch_statistics},
                 {DNNL_ARG_VARIANCE, d.channels, d.channels, batch_statistics},
                 {DNNL_ARG_DST, d.data, desc.dst_desc(), true}});
}

Plan backward_plan(const BatchNormGeometry& g, bool batch_statistics, memory::data_type type) {
    const Descs d(g, batch_statistics, type);
    const auto desc = batch_norm_backward_desc(engine(), base_attributes(), d.forward(), d.data, d.epsilon, d.flags);
    return Plan(dnnl::batch_normalization_backward(desc), desc.scratchpad_desc(),
                {{DNNL_ARG_SRC, d.data, desc.src_desc()},
                 {DNNL_ARG_SCALE, d.channels, d.channels},
                 {DNNL_ARG_SHIFT, kBatchNormBackwardTakesShift ? d.channels : dnnl::memory::desc(), d.channels},
                 {DNNL_ARG_MEAN, d.channels, d.channels},
                 {DNNL_ARG_VARIANCE, d.channels, d.channels},
                 {DNNL_ARG_DIFF_DST, d.data, desc.diff_dst_desc()},
                 {DNNL_ARG_DIFF_SRC, d.data, desc.diff_src_desc(), true},
                 {DNNL_ARG_DIFF_SCALE, d.channels, d.channels, true},
                 {DNNL_ARG_DIFF_SHIFT, d.channels, d.channels, true}});
}

template <class Element>
constexpr memory::data_type kType =
    std::is_same_v<Element, Bfloat16> ? memory::data_type::bf16 : memory::data_type::f32;

std::int64_t flags(bool batch_statistics, memory::data_type type) {
    return 2 * (type == memory::data_type::bf16) + batch_statistics;
}

}  // namespace

template <class Element>
bool batch_norm_forward(const BatchNormGeometry& g, bool batch_statistics, const Element* x, const float* scale,
                        const float* shift, float* mean, float* variance, Element* y) {
    constexpr memory::data_type type = kType<Element>;
    return run_cached(Key(kForward, g, flags(batch_statistics, type)),
                      [&] { return forward_plan(g, batch_statistics, type); }, {x, scale, shift, mean, variance, y});
}

template <class Element>
bool batch_norm_backward(const BatchNormGeometry& g, bool batch_statistics, const Element* x, const float* scale,
                         const float* mean, const float* variance, const Element* y_grad, Element* x_grad,
                         float* scale_grad, float* shift_grad) {
    constexpr memory::data_type type = kType<Element>;
    return run_cached(Key(kBackward, g, flags(batch_statistics, type)),
                      [&] { return backward_plan(g, batch_statistics, type); },
                      {x, scale, scale, mean, variance, y_grad, x_grad, scale_grad, shift_grad});
}

template bool batch_norm_forward(const BatchNormGeometry&, bool, const float*, const float*, const float*, float*,
                                 float*, float*);
template bool batch_norm_backward(const BatchNormGeometry&, bool, const float*, const float*, const float*,
                                  const float*, const float*, float*, float*, float*);
template bool batch_norm_forward(const BatchNormGeometry&, bool, const Bfloat16*, const float*, const float*, float*,
                                 float*, Bfloat16*);
template bool batch_norm_backward(const BatchNormGeometry&, bool, const Bfloat16*, const float*, const float*,
                                  const float*, const Bfloat16*, Bfloat16*, float*, float*);

}  // namespace cyclone::onednn
