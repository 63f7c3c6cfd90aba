#include "bench/raw_network.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "onednn/compat.h"

namespace bench {
namespace {

using cyclone::onednn::backward_desc;
using cyclone::onednn::forward_desc;
using cyclone::onednn::with_window;
using dnnl::algorithm;
using dnnl::memory;
using dnnl::prop_kind;
using Tag = memory::format_tag;

// A primitive with its arguments bound.
class Call {
public:
    Call(dnnl::primitive primitive, std::vector<std::pair<int, memory>> arguments)
        : primitive_(std::move(primitive)), arguments_(std::move(arguments)) {
        for (const auto& [id, buffer] : arguments_) bound_.push_back({id, buffer.get()});
    }

    // Through the C interface, as the C++ one makes a vector per call.
    void run(dnnl::stream& stream) const {
        const auto count = static_cast<int>(bound_.size());
        dnnl::error::wrap_c_api(dnnl_primitive_execute(primitive_.get(), stream.get(), count, bound_.data()),
                                "could not execute a primitive");
    }

private:
    dnnl::primitive primitive_;
    std::vector<std::pair<int, memory>> arguments_;
    std::vector<dnnl_exec_arg_t> bound_;
};

struct Layer {
    std::string name;
    double forward_flop = 0, backward_flop = 0;
    std::vector<Call> forward, backward;
    std::vector<memory> held = {};  ///< whose parts are arguments
};

memory::desc describe(const memory::dims& dims, Tag tag) { return {dims, memory::data_type::f32, tag}; }

dnnl::primitive_attr relu_afterwards(bool relu) {
    dnnl::primitive_attr attr;
    dnnl::post_ops post_ops;
    if (relu) cyclone::onednn::append_relu(post_ops);
    attr.set_post_ops(post_ops);
    return attr;
}

dnnl::concat::primitive_desc concat_desc(const dnnl::engine& engine, const memory::desc& y,
                                         const std::vector<memory::desc>& parts) {
    constexpr int channels = 1;
#if DNNL_VERSION_MAJOR >= 3
    return {engine, y, channels, parts};
#else
    return {y, channels, parts, engine};
#endif
}

dnnl::eltwise_backward::primitive_desc relu_backward_desc(const dnnl::engine& engine, const memory::desc& x) {
    const auto relu = algorithm::eltwise_relu_use_dst_for_bwd;
    const auto kind = prop_kind::forward_training;
#if DNNL_VERSION_MAJOR >= 3
    const auto hint = forward_desc<dnnl::eltwise_forward>(engine, {}, kind, relu, x, x, 0.F, 0.F);
    return backward_desc<dnnl::eltwise_backward>(engine, {}, hint, relu, x, x, x, 0.F, 0.F);
#else
    const auto hint = forward_desc<dnnl::eltwise_forward>(engine, {}, kind, relu, x, 0.F, 0.F);
    return backward_desc<dnnl::eltwise_backward>(engine, {}, hint, relu, x, x, 0.F, 0.F);
#endif
}

std::string with_sizes(const char* name, std::int64_t in, std::int64_t out) {
    return std::string(name) + " " + std::to_string(in) + " -> " + std::to_string(out);
}

}  // namespace

struct RawNetwork::State {
    State(memory::dim batch_, bool training_) : batch(batch_), training(training_) {}

    memory::dim batch;
    bool training;
    dnnl::engine engine{dnnl::engine::kind::cpu, 0};
    dnnl::stream stream{engine};
    std::vector<Layer> layers;

    prop_kind forward_kind() const { return training ? prop_kind::forward_training : prop_kind::forward_inference; }

    memory buffer(const memory::desc& desc) const {
        memory result(desc, engine);
        auto* values = static_cast<float*>(result.get_data_handle());
        for (std::size_t i = 0; i < desc.get_size() / sizeof(float); ++i) values[i] = 0.01F * static_cast<float>(i % 7);
        return result;
    }
    memory::desc images(memory::dim channels, memory::dim side) const {
        return describe({batch, channels, side, side}, Tag::nhwc);
    }
};

RawNetwork::RawNetwork(std::int64_t batch, bool training) : state_(new State(batch, training)) {}
RawNetwork::~RawNetwork() = default;
RawNetwork::RawNetwork(RawNetwork&&) noexcept = default;

void RawNetwork::conv(const Conv& conv) {
    State& s = *state_;
    const std::int64_t out_side = (conv.side + conv.stride - 1) / conv.stride;
    const std::int64_t padding = std::max<std::int64_t>((out_side - 1) * conv.stride + conv.kernel - conv.side, 0);
    const memory::dims strides{conv.stride, conv.stride}, before{padding / 2, padding / 2};
    const memory::dims after{padding - padding / 2, padding - padding / 2};
    const auto x = s.images(conv.in, conv.side), y = s.images(conv.out, out_side);
    const auto w = describe({conv.out, conv.in, conv.kernel, conv.kernel}, Tag::any);
    const auto b = conv.bias_and_relu ? describe({conv.out}, Tag::x) : memory::desc();
    const auto direct = algorithm::convolution_direct;
    const auto make_forward = [&](bool relu) {
        return forward_desc<dnnl::convolution_forward>(s.engine, relu_afterwards(relu), s.forward_kind(), direct, x, w,
                                                       b, y, strides, before, after);
    };
    const auto forward = make_forward(conv.bias_and_relu);
    const memory x_data = s.buffer(x), y_data = s.buffer(y);
    Layer layer{
        with_sizes("conv", conv.in, conv.out) + ", " + std::to_string(conv.side) + "x" + std::to_string(conv.side),
        2.0 * static_cast<double>(s.batch * out_side * out_side * conv.out * conv.in * conv.kernel * conv.kernel),
        0,
        {},
        {}};
    layer.backward_flop = layer.forward_flop * (conv.input_gradient ? 2 : 1);
    std::vector<std::pair<int, memory>> arguments{
        {DNNL_ARG_SRC, x_data}, {DNNL_ARG_WEIGHTS, s.buffer(forward.weights_desc())}, {DNNL_ARG_DST, y_data}};
    if (conv.bias_and_relu) arguments.emplace_back(DNNL_ARG_BIAS, s.buffer(b));
    layer.forward.emplace_back(dnnl::convolution_forward(forward), std::move(arguments));
    if (s.training) {
        const auto hint = make_forward(false);
        const auto weights = backward_desc<dnnl::convolution_backward_weights>(s.engine, {}, hint, direct, x, w, b, y,
                                                                               strides, before, after);
        arguments = {{DNNL_ARG_SRC, x_data},
                     {DNNL_ARG_DIFF_DST, y_data},
                     {DNNL_ARG_DIFF_WEIGHTS, s.buffer(weights.diff_weights_desc())}};
        if (conv.bias_and_relu) arguments.emplace_back(DNNL_ARG_DIFF_BIAS, s.buffer(b));
        layer.backward.emplace_back(dnnl::convolution_backward_weights(weights), std::move(arguments));
        if (conv.input_gradient) {
            const auto data = backward_desc<dnnl::convolution_backward_data>(s.engine, {}, hint, direct, x, w, y,
                                                                             strides, before, after);
            arguments = {{DNNL_ARG_DIFF_DST, y_data},
                         {DNNL_ARG_WEIGHTS, s.buffer(data.weights_desc())},
                         {DNNL_ARG_DIFF_SRC, s.buffer(x)}};
            layer.backward.emplace_back(dnnl::convolution_backward_data(data), std::move(arguments));
        }
    }
    s.layers.push_back(std::move(layer));
}

void RawNetwork::linear(std::int64_t in, std::int64_t out) {
    State& s = *state_;
    const auto x = describe({s.batch, in}, Tag::ab), y = describe({s.batch, out}, Tag::ab);
    const auto w = describe({out, in}, Tag::any), b = describe({out}, Tag::x);
    const auto forward = forward_desc<dnnl::inner_product_forward>(s.engine, {}, s.forward_kind(), x, w, b, y);
    const memory x_data = s.buffer(x), y_data = s.buffer(y);
    const double flop = 2.0 * static_cast<double>(s.batch * in * out);
    Layer layer{with_sizes("linear", in, out), flop, 2 * flop, {}, {}};
    using Arguments = std::vector<std::pair<int, memory>>;
    layer.forward.emplace_back(dnnl::inner_product_forward(forward),
                               Arguments{{DNNL_ARG_SRC, x_data},
                                         {DNNL_ARG_WEIGHTS, s.buffer(forward.weights_desc())},
                                         {DNNL_ARG_BIAS, s.buffer(b)},
                                         {DNNL_ARG_DST, y_data}});
    if (s.training) {
        const auto weights = backward_desc<dnnl::inner_product_backward_weights>(s.engine, {}, forward, x, w, b, y);
        layer.backward.emplace_back(dnnl::inner_product_backward_weights(weights),
                                    Arguments{{DNNL_ARG_SRC, x_data},
                                              {DNNL_ARG_DIFF_DST, y_data},
                                              {DNNL_ARG_DIFF_WEIGHTS, s.buffer(weights.diff_weights_desc())},
                                              {DNNL_ARG_DIFF_BIAS, s.buffer(b)}});
        const auto data = backward_desc<dnnl::inner_product_backward_data>(s.engine, {}, forward, x, w, y);
        layer.backward.emplace_back(dnnl::inner_product_backward_data(data),
                                    Arguments{{DNNL_ARG_DIFF_DST, y_data},
                                              {DNNL_ARG_WEIGHTS, s.buffer(data.weights_desc())},
                                              {DNNL_ARG_DIFF_SRC, s.buffer(x)}});
    }
    s.layers.push_back(std::move(layer));
}

void RawNetwork::batch_norm(std::int64_t side, std::int64_t channels, bool relu) {
    using dnnl::normalization_flags;
    State& s = *state_;
    const auto x = s.images(channels, side), c = describe({channels}, Tag::a);
    const auto flags = normalization_flags::use_scale | normalization_flags::use_shift |
                       (relu ? normalization_flags::fuse_norm_relu : normalization_flags::none);
    constexpr float epsilon = 1e-5F;
    const auto forward =
        cyclone::onednn::batch_norm_forward_desc(s.engine, {}, prop_kind::forward_training, x, epsilon, flags);
    const memory x_data = s.buffer(x), y_data = s.buffer(x), scale = s.buffer(c), shift = s.buffer(c);
    const memory mean = s.buffer(c), variance = s.buffer(c), workspace(forward.workspace_desc(), s.engine);
    std::vector<std::pair<int, memory>> arguments{{DNNL_ARG_SRC, x_data},  {DNNL_ARG_DST, y_data},
                                                  {DNNL_ARG_SCALE, scale}, {DNNL_ARG_SHIFT, shift},
                                                  {DNNL_ARG_MEAN, mean},   {DNNL_ARG_VARIANCE, variance}};
    if (relu) arguments.emplace_back(DNNL_ARG_WORKSPACE, workspace);
    Layer layer{with_sizes("batch norm", channels, channels), 0, 0, {}, {}};
    layer.forward.emplace_back(dnnl::batch_normalization_forward(forward), std::move(arguments));
    const auto backward = cyclone::onednn::batch_norm_backward_desc(s.engine, {}, forward, x, epsilon, flags);
    arguments = {{DNNL_ARG_SRC, x_data},
                 {DNNL_ARG_DIFF_DST, y_data},
                 {DNNL_ARG_SCALE, scale},
                 {DNNL_ARG_MEAN, mean},
                 {DNNL_ARG_VARIANCE, variance},
                 {DNNL_ARG_DIFF_SRC, s.buffer(x)},
                 {DNNL_ARG_DIFF_SCALE, s.buffer(c)},
                 {DNNL_ARG_DIFF_SHIFT, s.buffer(c)}};
    if (cyclone::onednn::kBatchNormBackwardTakesShift) arguments.emplace_back(DNNL_ARG_SHIFT, shift);
    if (relu) arguments.emplace_back(DNNL_ARG_WORKSPACE, workspace);
    layer.backward.emplace_back(dnnl::batch_normalization_backward(backward), std::move(arguments));
    s.layers.push_back(std::move(layer));
}

void RawNetwork::residual_sum(std::int64_t side, std::int64_t channels) {
    State& s = *state_;
    const auto x = s.images(channels, side);
    const memory a = s.buffer(x), b = s.buffer(x), y = s.buffer(x), y_grad = s.buffer(x), x_grad = s.buffer(x);
    const auto add = [&](bool relu, const memory& first, const memory& second, const memory& into) {
        const auto desc = forward_desc<dnnl::binary>(s.engine, relu_afterwards(relu), algorithm::binary_add, x, x, x);
        return Call(dnnl::binary(desc), {{DNNL_ARG_SRC_0, first}, {DNNL_ARG_SRC_1, second}, {DNNL_ARG_DST, into}});
    };
    Layer layer{with_sizes("residual sum", channels, channels), 0, 0, {}, {}};
    layer.forward.push_back(add(true, a, b, y));
    layer.backward.emplace_back(dnnl::eltwise_backward(relu_backward_desc(s.engine, x)),
                                std::vector<std::pair<int, memory>>{
                                    {DNNL_ARG_DST, y}, {DNNL_ARG_DIFF_DST, y_grad}, {DNNL_ARG_DIFF_SRC, x_grad}});
    layer.backward.push_back(add(false, x_grad, a, b));
    s.layers.push_back(std::move(layer));
}

void RawNetwork::concat(std::int64_t side, std::int64_t first, std::int64_t second) {
    State& s = *state_;
    const auto a = s.images(first, side), b = s.images(second, side), y = s.images(first + second, side);
    const memory a_data = s.buffer(a), b_data = s.buffer(b), y_data = s.buffer(y), y_grad = s.buffer(y);
    Layer layer{with_sizes("concat", first, first + second), 0, 0, {}, {}};
    using Arguments = std::vector<std::pair<int, memory>>;
    layer.forward.emplace_back(
        dnnl::concat(concat_desc(s.engine, y, {a, b})),
        Arguments{{DNNL_ARG_MULTIPLE_SRC, a_data}, {DNNL_ARG_MULTIPLE_SRC + 1, b_data}, {DNNL_ARG_DST, y_data}});
    const auto part = [&](memory::dim channels, memory::dim from) {
        return memory(y.submemory_desc({s.batch, channels, side, side}, {0, from, 0, 0}), s.engine,
                      y_grad.get_data_handle());
    };
    const memory first_grad = part(first, 0), second_grad = part(second, first), from_later = s.buffer(a);
    // Apart first: binary's fast kernels want dense tensors.
    for (const auto& [from, to] : {std::pair{first_grad, from_later}, std::pair{second_grad, b_data}})
        layer.backward.emplace_back(dnnl::reorder(from, to), Arguments{{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}});
    const auto sum = forward_desc<dnnl::binary>(s.engine, {}, algorithm::binary_add, a, a, a);
    layer.backward.emplace_back(
        dnnl::binary(sum), Arguments{{DNNL_ARG_SRC_0, from_later}, {DNNL_ARG_SRC_1, a_data}, {DNNL_ARG_DST, a_data}});
    layer.held = {y_grad};
    s.layers.push_back(std::move(layer));
}

void RawNetwork::avg_pool(std::int64_t side, std::int64_t channels) {
    State& s = *state_;
    const auto x = s.images(channels, side), y = s.images(channels, side / 2);
    const cyclone::onednn::PoolingWindow window{{2, 2}, {2, 2}, {0, 0}, {0, 0}};
    const auto mean = algorithm::pooling_avg_exclude_padding;
    const auto forward = with_window(window, [&](const auto&... sizes) {
        return forward_desc<dnnl::pooling_forward>(s.engine, {}, s.forward_kind(), mean, x, y, sizes...);
    });
    const auto backward = with_window(window, [&](const auto&... sizes) {
        return backward_desc<dnnl::pooling_backward>(s.engine, {}, forward, mean, x, y, sizes...);
    });
    const memory x_data = s.buffer(x), y_data = s.buffer(y);
    Layer layer{with_sizes("average pool", channels, channels), 0, 0, {}, {}};
    using Arguments = std::vector<std::pair<int, memory>>;
    layer.forward.emplace_back(dnnl::pooling_forward(forward),
                               Arguments{{DNNL_ARG_SRC, x_data}, {DNNL_ARG_DST, y_data}});
    layer.backward.emplace_back(dnnl::pooling_backward(backward),
                                Arguments{{DNNL_ARG_DIFF_DST, y_data}, {DNNL_ARG_DIFF_SRC, x_data}});
    s.layers.push_back(std::move(layer));
}

void RawNetwork::run() {
    for (const Layer& layer : state_->layers) {
        for (const Call& call : layer.forward) call.run(state_->stream);
        for (const Call& call : layer.backward) call.run(state_->stream);
    }
    state_->stream.wait();
}

std::size_t RawNetwork::layers() const { return state_->layers.size(); }
const std::string& RawNetwork::layer_name(std::size_t layer) const { return state_->layers[layer].name; }
double RawNetwork::forward_flop(std::size_t layer) const { return state_->layers[layer].forward_flop; }
double RawNetwork::backward_flop(std::size_t layer) const { return state_->layers[layer].backward_flop; }

void RawNetwork::run_forward(std::size_t layer) {
    for (const Call& call : state_->layers[layer].forward) call.run(state_->stream);
    state_->stream.wait();
}

void RawNetwork::run_backward(std::size_t layer) {
    for (const Call& call : state_->layers[layer].backward) call.run(state_->stream);
    state_->stream.wait();
}

RawNetwork raw_study_cnn(std::int64_t batch, bool training, std::int64_t width) {
    RawNetwork net(batch, training);
    const std::int64_t filters = 32 * width, dense = 256 * width;
    net.conv({.side = 16, .in = 1, .out = filters, .input_gradient = false});
    net.conv({.side = 16, .in = filters, .out = filters});
    net.conv({.side = 8, .in = filters, .out = filters});
    net.conv({.side = 8, .in = filters, .out = filters});
    net.linear(16 * filters, dense);
    net.linear(dense, dense);
    net.linear(dense, 2);
    return net;
}

RawNetwork raw_resnet(std::int64_t depth, std::int64_t batch) {
    RawNetwork net(batch, true);
    const std::int64_t blocks = (depth - 2) / 6;
    net.conv({.side = 32, .in = 3, .out = 16, .bias_and_relu = false, .input_gradient = false});
    net.batch_norm(32, 16, true);
    std::int64_t side = 32, channels = 16;
    for (const std::int64_t out : {16, 32, 64})
        for (std::int64_t block = 0; block < blocks; ++block) {
            const std::int64_t stride = out == channels ? 1 : 2;
            net.conv({.side = side, .in = channels, .out = out, .stride = stride, .bias_and_relu = false});
            if (stride == 2) {
                net.conv({.side = side, .in = channels, .out = out, .kernel = 1, .stride = 2, .bias_and_relu = false});
                net.batch_norm(side / 2, out, false);
            }
            side /= stride;
            channels = out;
            net.batch_norm(side, channels, true);
            net.conv({.side = side, .in = channels, .out = channels, .bias_and_relu = false});
            net.batch_norm(side, channels, false);
            net.residual_sum(side, channels);
        }
    net.linear(64, 10);
    return net;
}

RawNetwork raw_densenet(std::int64_t depth, std::int64_t growth, std::int64_t batch) {
    RawNetwork net(batch, true);
    std::int64_t side = 32, channels = 16;
    net.conv({.side = side, .in = 3, .out = channels, .bias_and_relu = false, .input_gradient = false});
    for (int block = 0; block < 3; ++block) {
        for (std::int64_t i = 0; i < (depth - 4) / 3; ++i) {
            net.batch_norm(side, channels, true);
            net.conv({.side = side, .in = channels, .out = growth, .bias_and_relu = false});
            net.concat(side, channels, growth);
            channels += growth;
        }
        net.batch_norm(side, channels, true);
        if (block == 2) break;
        net.conv({.side = side, .in = channels, .out = channels, .kernel = 1, .bias_and_relu = false});
        net.avg_pool(side, channels);
        side /= 2;
    }
    net.linear(channels, 10);
    return net;
}

}  // namespace bench
