// The plans of average pooling.

#include "onednn/pool2d.h"

#include "onednn/plan.h"

namespace cyclone::onednn {
namespace {

using dnnl::algorithm;
using dnnl::memory;
using kernels::Pool2dGeometry;

constexpr const char* kForward = "avg_pool2d";
constexpr const char* kBackward = "backward of avg_pool2d";

struct Descs {
    memory::desc x, y;
    PoolingWindow window;

    explicit Descs(const Pool2dGeometry& g)
        : x({g.n, g.c, g.h, g.w}, memory::data_type::f32, memory::format_tag::nhwc),
          y({g.n, g.c, g.oh, g.ow}, memory::data_type::f32, memory::format_tag::nhwc),
          window{{g.stride_h, g.stride_w},
                 {g.kh, g.kw},
                 {g.top, g.left},
                 {g.bottom + g.extra_bottom, g.right + g.extra_right}} {}

    auto forward(algorithm kind) const {
        return with_window(window, [&](const auto&... sizes) {
            return forward_desc<dnnl::pooling_forward>(engine(), base_attributes(), dnnl::prop_kind::forward_inference,
                                                       kind, x, y, sizes...);
        });
    }
    auto backward(algorithm kind) const {
        return with_window(window, [&](const auto&... sizes) {
            return backward_desc<dnnl::pooling_backward>(engine(), base_attributes(), forward(kind), kind, x, y,
                                                         sizes...);
        });
    }
};

// oneDNN has neither windows with more padding than their size nor (in 2.6) dilation. An average that counts padding
// must not count what ceil mode adds, but oneDNN would.
bool supported(const Pool2dGeometry& g, bool include_padding) {
    return g.dilation_h == 1 && g.dilation_w == 1 && g.top < g.kh && g.left < g.kw &&
           g.bottom + g.extra_bottom < g.kh && g.right + g.extra_right < g.kw &&
           !(include_padding && (g.extra_bottom > 0 || g.extra_right > 0));
}

algorithm average(bool include_padding) {
    return include_padding ? algorithm::pooling_avg_include_padding : algorithm::pooling_avg_exclude_padding;
}

Plan forward_plan(const Pool2dGeometry& g, algorithm kind) {
    const Descs d(g);
    const auto desc = d.forward(kind);
    return Plan(dnnl::pooling_forward(desc), desc.scratchpad_desc(),
                {{DNNL_ARG_SRC, d.x, desc.src_desc()}, {DNNL_ARG_DST, d.y, desc.dst_desc(), true}});
}

Plan backward_plan(const Pool2dGeometry& g, algorithm kind) {
    const Descs d(g);
    const auto desc = d.backward(kind);
    return Plan(dnnl::pooling_backward(desc), desc.scratchpad_desc(),
                {{DNNL_ARG_DIFF_DST, d.y, desc.diff_dst_desc()}, {DNNL_ARG_DIFF_SRC, d.x, desc.diff_src_desc(), true}});
}

}  // namespace

bool avg_pool2d_forward(const Pool2dGeometry& g, bool include_padding, const float* x, float* y) {
    if (!supported(g, include_padding)) return false;
    return run_cached(Key(kForward, g, include_padding), [&] { return forward_plan(g, average(include_padding)); },
                      {x, y});
}

bool avg_pool2d_backward(const Pool2dGeometry& g, bool include_padding, const float* y_grad, float* x_grad) {
    if (!supported(g, include_padding)) return false;
    return run_cached(Key(kBackward, g, include_padding), [&] { return backward_plan(g, average(include_padding)); },
                      {y_grad, x_grad});
}

}  // namespace cyclone::onednn
