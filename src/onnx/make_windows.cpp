// Layers whose windows move over images: convolutions and pooling.

#include <cyclone/base/error.h>
#include <cyclone/nn/layers.h>
#include <cyclone/ops/shape.h>

#include "onnx/makers.h"
#include "onnx/window.h"

namespace cyclone::onnx {
namespace {

Pair pair_of(const Sizes& sizes) { return {sizes[0], sizes[1]}; }

/// The sizes behind a window; Error naming the node when nothing is left, or too much.
void move_window(Cursor& c, const WindowSizes& window, const Padding& p, bool round_up, std::int64_t channels) {
    State& s = c.state;
    const bool same = p.mode == Padding::Mode::same;
    const auto behind = [&](std::int64_t size, std::size_t axis, std::int64_t before, std::int64_t after) {
        if (size == 0) return size;
        const std::int64_t out = along(size, window.kernel[axis], window.strides[axis], window.dilations[axis], same,
                                       before, after, round_up)
                                     .out;
        check(out >= 1, c.node().where(), "its window does not fit into images of ", s.h, " x ", s.w);
        return out;
    };
    set_image(c, behind(s.h, 0, p.top, p.bottom), behind(s.w, 1, p.left, p.right), channels);
}

Padding known_padding(const Cursor& c, const WindowSizes& window) {
    need_layers(window.auto_pad != "SAME_LOWER" || c.state.h > 0, c.node(), "its padding needs the size of the images");
    return padding_of(window, c.state.h, c.state.w, c.node().where());
}

const Tensor& kernel_of(const Cursor& c) {
    need_image(c);
    const Tensor& kernel = c.constant(1);
    need_layers(kernel.rank() == 4 && kernel.dtype() == DType::f32 && kernel.numel() > 0, c.node(),
                "its kernel is none for images");
    return kernel;
}

template <class Convolution>
Made with_weights(Convolution layer, const Cursor& c, const Node& node, const Tensor& kernel, std::int64_t out) {
    layer.weight = nn::parameter(permute(kernel.detach(), {0, 2, 3, 1}));
    if (!layer.options().bias) return layer;
    const Tensor& bias = c.constant(node, 2);
    check(bias.shape() == Shape{out}, node.where(), "expected a bias of ", out, " numbers, got ", bias.shape());
    layer.bias = nn::parameter(bias.clone());
    return layer;
}

template <class Pool>
Made make_pool(Cursor& c) {
    need_image(c);
    NodeReader n = c.reader();
    const WindowSizes window = window_sizes(n, {});
    const bool round_up = n.number("ceil_mode", 0) != 0;
    const Padding padding = known_padding(c, window);
    const Pool2dOptions options{.kernel = pair_of(window.kernel),
                                .stride = pair_of(window.strides),
                                .padding = padding,
                                .dilation = pair_of(window.dilations),
                                .ceil_mode = round_up,
                                .count_include_pad = n.number("count_include_pad", 0) != 0};
    move_window(c, window, padding, round_up, c.state.c);
    c.take();
    return Pool(options);
}

}  // namespace

void set_image(Cursor& c, std::int64_t h, std::int64_t w, std::int64_t channels) {
    check(static_cast<double>(h) * static_cast<double>(w) * static_cast<double>(channels) <=
              static_cast<double>(kMostElements),
          c.node().where(), "expected at most ", kMostElements, " elements per image behind it");
    c.state.h = h, c.state.w = w, c.state.c = channels;
}

Made make_max_pool(Cursor& c) { return make_pool<nn::MaxPool2d>(c); }
Made make_avg_pool(Cursor& c) { return make_pool<nn::AvgPool2d>(c); }

Made make_conv(Cursor& c) {
    const Tensor& weight = kernel_of(c);
    const Node& node = c.node();
    NodeReader n = c.reader();
    const WindowSizes window = window_sizes(n, {weight.size(2), weight.size(3)});
    const std::int64_t groups = n.number("group", 1), in = weight.size(1) * groups, out = weight.size(0);
    check(in == c.state.c && out % groups == 0, node.where(), "expected ", in, " channels in ", groups,
          " groups, as its weights have it, got ", c.state.c);
    check(window.kernel == Sizes({weight.size(2), weight.size(3)}), node.where(),
          "its kernel_shape is not that of its weights");
    const Padding padding = known_padding(c, window);
    move_window(c, window, padding, false, out);
    nn::Conv2d layer(in, out,
                     {.kernel = pair_of(window.kernel),
                      .stride = pair_of(window.strides),
                      .padding = padding,
                      .dilation = pair_of(window.dilations),
                      .groups = groups,
                      .bias = n.has_input(2),
                      .activation = c.take_with_relu(),
                      .init = nn::init::zeros});
    return with_weights(std::move(layer), c, node, weight, out);
}

Made make_conv_transpose(Cursor& c) {
    const Tensor& weight = kernel_of(c);
    const Node& node = c.node();
    NodeReader n = c.reader();
    const TransposedWindow window = transposed_window(n, {weight.size(2), weight.size(3)});
    const std::int64_t in = weight.size(0), out = weight.size(1) * window.groups;
    check(in == c.state.c && in % window.groups == 0, node.where(), "expected ", in, " channels in ", window.groups,
          " groups, as its weights have it, got ", c.state.c);
    check(window.sizes.kernel == Sizes({weight.size(2), weight.size(3)}), node.where(),
          "its kernel_shape is not that of its weights");
    const bool open = c.state.h == 0 || c.state.w == 0;
    need_layers(!open || (window.output_shape.empty() && !window.sizes.auto_pad.starts_with("SAME")), node,
                "its padding needs the size of the images");
    const ConvTranspose2dWindow how = window.for_images(c.state.h, c.state.w, node.where());
    const auto behind = [&](std::int64_t size, std::size_t axis, std::int64_t before, std::int64_t after,
                            std::int64_t added) {
        if (size == 0) return size;
        const std::int64_t result = along_transposed(size, window.sizes.kernel[axis], window.sizes.strides[axis],
                                                     window.sizes.dilations[axis], false, before, after, added)
                                        .out;
        check(result >= 1, node.where(), "its padding leaves nothing of images of ", c.state.h, " x ", c.state.w);
        return result;
    };
    set_image(c, behind(c.state.h, 0, how.padding.top, how.padding.bottom, how.output_padding.h),
              behind(c.state.w, 1, how.padding.left, how.padding.right, how.output_padding.w), out);
    nn::ConvTranspose2d layer(in, out,
                              {.kernel = pair_of(window.sizes.kernel),
                               .stride = how.stride,
                               .padding = how.padding,
                               .output_padding = how.output_padding,
                               .dilation = how.dilation,
                               .groups = how.groups,
                               .bias = n.has_input(2),
                               .activation = c.take_with_relu(),
                               .init = nn::init::zeros});
    return with_weights(std::move(layer), c, node, weight, out);
}

}  // namespace cyclone::onnx
