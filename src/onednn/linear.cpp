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
    auto backward_data(const memory::desc& w) const {
        const dnnl::primitive_attr attr = base_attributes();
        return backward_desc<dnnl::inner_product_backward_data>(engine(), attr, forward(attr, any_weight), x, w, y);
    }
    auto backward_weights(const memory::desc& w) const {
        const dnnl::primitive_attr attr = base_attributes();
        return backward_desc<dnnl::inner_product_backward_weights>(engine(), attr, forward(attr, any_weight), x, w,
                                                                   bias, y);
    }
    // Where oneDNN would merely have the weight transposed, its matrix product reads our format as fast (measured on
    // AVX2: within 8 %), and the reorder, which costs more than the product at small batches, is saved.
    memory::desc choose(const memory::desc& asked) const { return asked == transposed_weight ? weight : asked; }
};

Plan make_forward(const LinearGeometry& g, bool relu, bool with_bias) {
    const Descs d(g, with_bias);
    const dnnl::primitive_attr attr = forward_attributes(relu);
    const memory::desc weight = d.choose(d.forward(attr, d.any_weight).weights_desc());
    return forward_plan<dnnl::inner_product_forward>(d.forward(attr, weight), d);
}

Plan make_backward_data(const LinearGeometry& g) {
    const Descs d(g, false);
    const memory::desc weight = d.choose(d.backward_data(d.any_weight).weights_desc());
    return backward_data_plan<dnnl::inner_product_backward_data>(d.backward_data(weight), d);
}

Plan make_backward_weights(const LinearGeometry& g, bool with_bias) {
    const Descs d(g, with_bias);
    const memory::desc weight = d.choose(d.backward_weights(d.any_weight).diff_weights_desc());
    return backward_weights_plan<dnnl::inner_product_backward_weights>(d.backward_weights(weight), d);
}

}  // namespace

bool linear_forward(const LinearGeometry& g, bool relu, const float* x, const float* weight, const float* bias,
                    float* y, const Tensor* kept) {
    const bool with_bias = bias != nullptr;
    return run_cached(
        Key(Op::linear_forward, g, 2 * relu + with_bias), [&] { return make_forward(g, relu, with_bias); },
        {x, weight, bias, y}, kept);
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
