#include "onednn/linear.h"

#include "onednn/affine.h"

namespace cyclone::onednn {
namespace {

using dnnl::memory;
using kernels::LinearGeometry;
using Tag = memory::format_tag;

struct Descs {
    memory::desc x, weight, transposed_weight, any_weight, bias, y;

    Descs(const LinearGeometry& g, bool with_bias)
        : x({g.n, g.i}, memory::data_type::f32, Tag::ab),
          weight({g.o, g.i}, memory::data_type::f32, Tag::ab),
          transposed_weight({g.o, g.i}, memory::data_type::f32, Tag::ba),
          any_weight({g.o, g.i}, memory::data_type::f32, Tag::any),
          bias(with_bias ? memory::desc({g.o}, memory::data_type::f32, Tag::a) : memory::desc()),
          y({g.n, g.o}, memory::data_type::f32, Tag::ab) {}

    auto forward(const dnnl::primitive_attr& attr, const memory::desc& w) const {
        return forward_desc<dnnl::inner_product_forward>(engine(), attr, dnnl::prop_kind::forward_training, x, w, bias,
                                                         y);
    }
    auto backward_data() const {
        const dnnl::primitive_attr attr = base_attributes();
        return backward_desc<dnnl::inner_product_backward_data>(engine(), attr, forward(attr, any_weight), x, weight,
                                                                y);
    }
    auto backward_weights() const {
        const dnnl::primitive_attr attr = base_attributes();
        return backward_desc<dnnl::inner_product_backward_weights>(engine(), attr, forward(attr, any_weight), x, weight,
                                                                   bias, y);
    }
};

// A weight that changes between calls is converted at each of them, which costs as much as a small product. oneDNN's
// matrix product reads our format: backward as fast as its own (AVX2 and AVX-512: within 8 %), and forward for all but
// large batches (AVX-512: 739 against 660 + 23 us for 512 x 512 -> 256).
constexpr std::int64_t kLargeBatch = 256;

Plan make_forward(const LinearGeometry& g, bool relu, bool with_bias, bool weight_is_kept) {
    const Descs d(g, with_bias);
    const dnnl::primitive_attr attr = forward_attributes(relu);
    const memory::desc asked = d.forward(attr, d.any_weight).weights_desc();
    const bool ours = asked == d.transposed_weight || (!weight_is_kept && g.n < kLargeBatch);
    return forward_plan<dnnl::inner_product_forward>(d.forward(attr, ours ? d.weight : asked), d);
}

Plan make_backward_data(const LinearGeometry& g) {
    const Descs d(g, false);
    return backward_data_plan<dnnl::inner_product_backward_data>(d.backward_data(), d);
}

Plan make_backward_weights(const LinearGeometry& g, bool with_bias) {
    const Descs d(g, with_bias);
    return backward_weights_plan<dnnl::inner_product_backward_weights>(d.backward_weights(), d);
}

}  // namespace

bool linear_forward(const LinearGeometry& g, bool relu, const float* x, const float* weight, const float* bias,
                    float* y, const Tensor* kept) {
    const bool with_bias = bias != nullptr, weight_is_kept = kept != nullptr;
    return run_cached(
        Key(Op::linear_forward, g, 4 * weight_is_kept + 2 * relu + with_bias),
        [&] { return make_forward(g, relu, with_bias, weight_is_kept); }, {x, weight, bias, y}, kept);
}

bool linear_backward_data(const LinearGeometry& g, const float* y_grad, const float* weight, float* x_grad) {
    return run_cached(Key(Op::linear_backward_data, g), [&] { return make_backward_data(g); },
                      {y_grad, weight, x_grad});
}

bool linear_backward_weights(const LinearGeometry& g, const float* x, const float* y_grad, float* weight_grad,
                             float* bias_grad) {
    const bool with_bias = bias_grad != nullptr;
    return run_cached(Key(Op::linear_backward_weights, g, with_bias),
                      [&] { return make_backward_weights(g, with_bias); }, {x, y_grad, weight_grad, bias_grad});
}

}  // namespace cyclone::onednn
