// The plans of convolution and linear layers: y = x * weight + bias, with a relu if wanted.

#include "onednn/affine.h"

#include <type_traits>

#include "onednn/plan.h"

namespace cyclone::onednn {
namespace {

using dnnl::memory;
using kernels::Conv2dGeometry;
using kernels::LinearGeometry;
using Tag = memory::format_tag;

memory::desc f32(const memory::dims& sizes, Tag tag) { return {sizes, memory::data_type::f32, tag}; }
memory::desc array(const memory::dims& sizes, Tag tag, bool bf16) {
    return {sizes, bf16 ? memory::data_type::bf16 : memory::data_type::f32, tag};
}

/// What is bf16: the factors of products, and what the caller stores x and y, or their gradients, in.
struct Bf16 {
    bool factors = false, x = false, y = false;

    std::int64_t flags() const { return 4 * factors + 2 * x + y; }
};
bool is_bf16(const Tensor& tensor) { return tensor.dtype() == DType::bf16; }

constexpr auto kPropagation = dnnl::prop_kind::forward_training;

// The caller's x, weight, bias (of size 0: none) and y, and the primitives for them. What is multiplied may be bf16:
// factor_x, factor_weight, and as a gradient factor_y. Logical sizes are oneDNN's (n, c, h, w), memory is NHWC.
// One channel too must be called nhwc: the same bytes under another name fall to oneDNN's reference kernel.
struct Convolution {
    using Forward = dnnl::convolution_forward;
    using BackwardData = dnnl::convolution_backward_data;
    using BackwardWeights = dnnl::convolution_backward_weights;
    static constexpr const char* kForward = "conv2d";
    static constexpr const char* kBackwardData = "backward of conv2d to its input";
    static constexpr const char* kBackwardWeights = "backward of conv2d to its weight";
    static constexpr bool kAsksForKept = false;  // whether forward() depends on weight_is_kept
    static constexpr auto kAlgorithm = dnnl::algorithm::convolution_direct;

    memory::desc x, weight, any_weight, bias, y, factor_x, factor_weight, factor_y;
    memory::dims strides, dilates, before, after;

    Convolution(const Conv2dGeometry& g, bool with_bias, Bf16 bf16)
        : x(array({g.n, g.c, g.h, g.w}, Tag::nhwc, bf16.x)),
          weight(f32(weight_sizes(g), g.groups == 1 ? Tag::ohwi : Tag::gohwi)),
          any_weight(f32(weight_sizes(g), Tag::any)),
          bias(with_bias ? f32({g.o}, Tag::a) : memory::desc()),
          y(array({g.n, g.o, g.oh, g.ow}, Tag::nhwc, bf16.y)),
          factor_x(array({g.n, g.c, g.h, g.w}, Tag::nhwc, bf16.factors)),
          factor_weight(array(weight_sizes(g), Tag::any, bf16.factors)),
          factor_y(array({g.n, g.o, g.oh, g.ow}, Tag::nhwc, bf16.factors)),
          strides{g.stride_h, g.stride_w},
          dilates{g.dilation_h - 1, g.dilation_w - 1},  // oneDNN counts from 0
          before{g.top, g.left},
          after{g.bottom, g.right} {}

    static memory::dims weight_sizes(const Conv2dGeometry& g) {
        if (g.groups == 1) return {g.o, g.c, g.kh, g.kw};
        return {g.groups, g.o / g.groups, g.c / g.groups, g.kh, g.kw};
    }
    auto forward_to(const memory::desc& output, const dnnl::primitive_attr& attr) const {
        return forward_desc<Forward>(engine(), attr, kPropagation, kAlgorithm, factor_x, factor_weight, bias, output,
                                     strides, dilates, before, after);
    }
    auto forward(const dnnl::primitive_attr& attr, bool = false) const { return forward_to(y, attr); }
    auto backward_data(const dnnl::primitive_attr& attr) const {
        return backward_desc<BackwardData>(engine(), attr, forward_to(factor_y, attr), kAlgorithm, x, factor_weight,
                                           factor_y, strides, dilates, before, after);
    }
    auto backward_weights(const dnnl::primitive_attr& attr) const {
        return backward_desc<BackwardWeights>(engine(), attr, forward_to(factor_y, attr), kAlgorithm, factor_x,
                                              any_weight, bias, factor_y, strides, dilates, before, after);
    }
};

// A weight that changes between calls is converted at each of them, which costs as much as a small product. oneDNN's
// matrix product reads our format: backward as fast as its own (AVX2 and AVX-512: within 8 %), and forward for all but
// large batches (AVX-512: 739 against 660 + 23 us for 512 x 512 -> 256). A weight that becomes bf16 is converted
// anyway.
struct Linear {
    using Forward = dnnl::inner_product_forward;
    using BackwardData = dnnl::inner_product_backward_data;
    using BackwardWeights = dnnl::inner_product_backward_weights;
    static constexpr const char* kForward = "linear";
    static constexpr const char* kBackwardData = "backward of linear to its input";
    static constexpr const char* kBackwardWeights = "backward of linear to its weight";
    static constexpr bool kAsksForKept = true;
    static constexpr std::int64_t kLargeBatch = 256;

    std::int64_t batch;
    bool bf16;
    memory::desc x, weight, transposed_weight, any_weight, bias, y, factor_x, factor_weight, factor_y;

    Linear(const LinearGeometry& g, bool with_bias, Bf16 types)
        : batch(g.n),
          bf16(types.factors),
          x(array({g.n, g.i}, Tag::ab, types.x)),
          weight(f32({g.o, g.i}, Tag::ab)),
          transposed_weight(f32({g.o, g.i}, Tag::ba)),
          any_weight(f32({g.o, g.i}, Tag::any)),
          bias(with_bias ? f32({g.o}, Tag::a) : memory::desc()),
          y(array({g.n, g.o}, Tag::ab, types.y)),
          factor_x(array({g.n, g.i}, Tag::ab, bf16)),
          factor_weight(array({g.o, g.i}, Tag::any, bf16)),
          factor_y(array({g.n, g.o}, Tag::ab, bf16)) {}

    auto forward_with(const dnnl::primitive_attr& attr, const memory::desc& w, const memory::desc& output) const {
        return forward_desc<Forward>(engine(), attr, kPropagation, factor_x, w, bias, output);
    }
    auto forward(const dnnl::primitive_attr& attr, bool weight_is_kept) const {
        if (bf16) return forward_with(attr, factor_weight, y);
        const memory::desc asked = forward_with(attr, any_weight, y).weights_desc();
        const bool ours = asked == transposed_weight || (!weight_is_kept && batch < kLargeBatch);
        return forward_with(attr, ours ? weight : asked, y);
    }
    auto hint(const dnnl::primitive_attr& attr) const { return forward_with(attr, factor_weight, factor_y); }
    auto backward_data(const dnnl::primitive_attr& attr) const {
        return backward_desc<BackwardData>(engine(), attr, hint(attr), x, bf16 ? factor_weight : weight, factor_y);
    }
    auto backward_weights(const dnnl::primitive_attr& attr) const {
        return backward_desc<BackwardWeights>(engine(), attr, hint(attr), factor_x, bf16 ? any_weight : weight, bias,
                                              factor_y);
    }
};

template <class Geometry>
using PrimitivesFor = std::conditional_t<std::is_same_v<Geometry, Conv2dGeometry>, Convolution, Linear>;

template <class Primitives>
Plan forward_plan(const Primitives& p, bool relu, bool weight_is_kept) {
    dnnl::primitive_attr attr = base_attributes();
    if (relu) {
        dnnl::post_ops post_ops;
        append_relu(post_ops);
        attr.set_post_ops(post_ops);
    }
    const auto desc = p.forward(attr, weight_is_kept);
    return Plan(typename Primitives::Forward(desc), desc.scratchpad_desc(),
                {{DNNL_ARG_SRC, p.x, desc.src_desc()},
                 {DNNL_ARG_WEIGHTS, p.weight, desc.weights_desc(), false, true},
                 {DNNL_ARG_BIAS, p.bias, p.bias},
                 {DNNL_ARG_DST, p.y, desc.dst_desc(), true}});
}

template <class Primitives>
Plan backward_data_plan(const Primitives& p) {
    const auto desc = p.backward_data(base_attributes());
    return Plan(typename Primitives::BackwardData(desc), desc.scratchpad_desc(),
                {{DNNL_ARG_DIFF_DST, p.y, desc.diff_dst_desc()},
                 {DNNL_ARG_WEIGHTS, p.weight, desc.weights_desc()},
                 {DNNL_ARG_DIFF_SRC, p.x, desc.diff_src_desc(), true}});
}

template <class Primitives>
Plan backward_weights_plan(const Primitives& p) {
    const auto desc = p.backward_weights(base_attributes());
    return Plan(typename Primitives::BackwardWeights(desc), desc.scratchpad_desc(),
                {{DNNL_ARG_SRC, p.x, desc.src_desc()},
                 {DNNL_ARG_DIFF_DST, p.y, desc.diff_dst_desc()},
                 {DNNL_ARG_DIFF_WEIGHTS, p.weight, desc.diff_weights_desc(), true},
                 {DNNL_ARG_DIFF_BIAS, p.bias, p.bias, true}});
}

}  // namespace

template <class Geometry>
bool affine_forward(const Geometry& g, bool relu, const Tensor& x, const Tensor& weight, const float* bias, Tensor& y,
                    const Tensor* kept, bool bf16) {
    using Primitives = PrimitivesFor<Geometry>;
    const bool with_bias = bias != nullptr, weight_is_kept = Primitives::kAsksForKept && kept != nullptr;
    const Bf16 types{bf16, is_bf16(x), is_bf16(y)};
    return run_cached(
        Key(Primitives::kForward, g, 8 * types.flags() + 4 * weight_is_kept + 2 * relu + with_bias),
        [&] { return forward_plan(Primitives(g, with_bias, types), relu, weight_is_kept); },
        {x.bytes(), weight.bytes(), bias, y.mutable_bytes()}, kept);
}

template <class Geometry>
bool affine_backward_data(const Geometry& g, const Tensor& y_grad, const Tensor& weight, Tensor& x_grad, bool bf16) {
    using Primitives = PrimitivesFor<Geometry>;
    const Bf16 types{bf16, is_bf16(x_grad), is_bf16(y_grad)};
    return run_cached(Key(Primitives::kBackwardData, g, types.flags()),
                      [&] { return backward_data_plan(Primitives(g, false, types)); },
                      {y_grad.bytes(), weight.bytes(), x_grad.mutable_bytes()});
}

template <class Geometry>
bool affine_backward_weights(const Geometry& g, const Tensor& x, const Tensor& y_grad, float* weight_grad,
                             float* bias_grad, bool bf16) {
    using Primitives = PrimitivesFor<Geometry>;
    const bool with_bias = bias_grad != nullptr;
    const Bf16 types{bf16, is_bf16(x), is_bf16(y_grad)};
    return run_cached(Key(Primitives::kBackwardWeights, g, 2 * types.flags() + with_bias),
                      [&] { return backward_weights_plan(Primitives(g, with_bias, types)); },
                      {x.bytes(), y_grad.bytes(), weight_grad, bias_grad});
}

#define INSTANTIATE(Geometry)                                                                                \
    template bool affine_forward(const Geometry&, bool, const Tensor&, const Tensor&, const float*, Tensor&, \
                                 const Tensor*, bool);                                                       \
    template bool affine_backward_data(const Geometry&, const Tensor&, const Tensor&, Tensor&, bool);        \
    template bool affine_backward_weights(const Geometry&, const Tensor&, const Tensor&, float*, float*, bool)
INSTANTIATE(Conv2dGeometry);
INSTANTIATE(LinearGeometry);

}  // namespace cyclone::onednn
