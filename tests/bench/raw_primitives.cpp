#include "bench/raw_primitives.h"

#include <unordered_map>
#include <vector>

#include "onednn/compat.h"

namespace bench {
namespace {

using dnnl::algorithm;
using dnnl::memory;
using dnnl::prop_kind;
using Tag = memory::format_tag;
using cyclone::onednn::backward_desc;
using cyclone::onednn::forward_desc;

struct Call {
    dnnl::primitive primitive;
    std::unordered_map<int, memory> arguments;
};

memory::desc describe(const memory::dims& dims, Tag tag) { return {dims, memory::data_type::f32, tag}; }

}  // namespace

struct RawStep::State {
    dnnl::engine engine{dnnl::engine::kind::cpu, 0};
    dnnl::stream stream{engine};
    std::vector<Call> calls;
    bool training;

    memory buffer(const memory::desc& desc) {
        memory result(desc, engine);
        auto* values = static_cast<float*>(result.get_data_handle());
        for (std::size_t i = 0; i < desc.get_size() / sizeof(float); ++i) values[i] = 0.01F * static_cast<float>(i % 7);
        return result;
    }

    void conv(memory::dim batch, memory::dim side, memory::dim in, memory::dim out, bool input_gradient) {
        const auto x = describe({batch, in, side, side}, Tag::nhwc), y = describe({batch, out, side, side}, Tag::nhwc);
        const auto w = describe({out, in, 3, 3}, Tag::any), b = describe({out}, Tag::x);
        const memory::dims one{1, 1};
        const auto direct = algorithm::convolution_direct;
        dnnl::post_ops relu;
        cyclone::onednn::append_relu(relu);
        dnnl::primitive_attr with_relu;
        with_relu.set_post_ops(relu);
        const auto kind = training ? prop_kind::forward_training : prop_kind::forward_inference;
        using Forward = dnnl::convolution_forward;
        const auto forward = forward_desc<Forward>(engine, with_relu, kind, direct, x, w, b, y, one, one, one);
        const memory x_data = buffer(x), y_data = buffer(y);
        calls.push_back({Forward(forward),
                         {{DNNL_ARG_SRC, x_data},
                          {DNNL_ARG_WEIGHTS, buffer(forward.weights_desc())},
                          {DNNL_ARG_BIAS, buffer(b)},
                          {DNNL_ARG_DST, y_data}}});
        if (!training) return;
        const auto hint = forward_desc<Forward>(engine, {}, kind, direct, x, w, b, y, one, one, one);
        using BackwardWeights = dnnl::convolution_backward_weights;
        const auto weights = backward_desc<BackwardWeights>(engine, {}, hint, direct, x, w, b, y, one, one, one);
        calls.push_back({BackwardWeights(weights),
                         {{DNNL_ARG_SRC, x_data},
                          {DNNL_ARG_DIFF_DST, y_data},
                          {DNNL_ARG_DIFF_WEIGHTS, buffer(weights.diff_weights_desc())},
                          {DNNL_ARG_DIFF_BIAS, buffer(b)}}});
        if (!input_gradient) return;
        using BackwardData = dnnl::convolution_backward_data;
        const auto data = backward_desc<BackwardData>(engine, {}, hint, direct, x, w, y, one, one, one);
        calls.push_back({BackwardData(data),
                         {{DNNL_ARG_DIFF_DST, y_data},
                          {DNNL_ARG_WEIGHTS, buffer(data.weights_desc())},
                          {DNNL_ARG_DIFF_SRC, buffer(x)}}});
    }

    void linear(memory::dim batch, memory::dim in, memory::dim out) {
        const auto x = describe({batch, in}, Tag::ab), y = describe({batch, out}, Tag::ab);
        const auto w = describe({out, in}, Tag::any), b = describe({out}, Tag::x);
        const auto kind = training ? prop_kind::forward_training : prop_kind::forward_inference;
        using Forward = dnnl::inner_product_forward;
        const auto forward = forward_desc<Forward>(engine, {}, kind, x, w, b, y);
        const memory x_data = buffer(x), y_data = buffer(y);
        calls.push_back({Forward(forward),
                         {{DNNL_ARG_SRC, x_data},
                          {DNNL_ARG_WEIGHTS, buffer(forward.weights_desc())},
                          {DNNL_ARG_BIAS, buffer(b)},
                          {DNNL_ARG_DST, y_data}}});
        if (!training) return;
        using BackwardWeights = dnnl::inner_product_backward_weights;
        const auto weights = backward_desc<BackwardWeights>(engine, {}, forward, x, w, b, y);
        calls.push_back({BackwardWeights(weights),
                         {{DNNL_ARG_SRC, x_data},
                          {DNNL_ARG_DIFF_DST, y_data},
                          {DNNL_ARG_DIFF_WEIGHTS, buffer(weights.diff_weights_desc())},
                          {DNNL_ARG_DIFF_BIAS, buffer(b)}}});
        using BackwardData = dnnl::inner_product_backward_data;
        const auto data = backward_desc<BackwardData>(engine, {}, forward, x, w, y);
        calls.push_back({BackwardData(data),
                         {{DNNL_ARG_DIFF_DST, y_data},
                          {DNNL_ARG_WEIGHTS, buffer(data.weights_desc())},
                          {DNNL_ARG_DIFF_SRC, buffer(x)}}});
    }
};

RawStep::RawStep(std::int64_t batch, bool training) : state_(new State) {
    state_->training = training;
    state_->conv(batch, 16, 1, 32, false);
    state_->conv(batch, 16, 32, 32, true);
    state_->conv(batch, 8, 32, 32, true);
    state_->conv(batch, 8, 32, 32, true);
    state_->linear(batch, 512, 256);
    state_->linear(batch, 256, 256);
    state_->linear(batch, 256, 2);
}

RawStep::~RawStep() = default;

void RawStep::run() {
    for (Call& call : state_->calls) call.primitive.execute(state_->stream, call.arguments);
    state_->stream.wait();
}

}  // namespace bench
