// The deeper networks with a name.

#include <cyclone/nn/branches.h>
#include <cyclone/nn/layers.h>
#include <cyclone/nn/models.h>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "nn/limits.h"

namespace cyclone::nn {
namespace {

/// Layers as the options ask for them.
class Builder {
public:
    /// `weights` is about their number at width 1.
    Builder(const char* name, const NetworkOptions& options, double weights) : options_(options) {
        check(options.channels >= 1, name, "expected images of at least one channel, got ", options.channels);
        check(options.classes >= 2, name, "expected at least two classes, got ", options.classes);
        check(options.width > 0 && options.width <= 1e6, name, "expected a width factor above 0, got ", options.width);
        options.norm.validate(name);
        weights *= options.width * options.width;
        check(weights <= static_cast<double>(kMostElements), name, "expected at most ", kMostElements,
              " weights, got about ", weights, " (hint: a smaller width or depth)");
    }

    std::int64_t image_channels() const { return options_.channels; }
    /// Channels of a layer times the width.
    std::int64_t wide(std::int64_t channels) const {
        return std::max<std::int64_t>(1, std::llround(static_cast<double>(channels) * options_.width));
    }

    Conv2d conv(std::int64_t in, std::int64_t out, std::int64_t kernel, std::int64_t stride,
                std::int64_t groups = 1) const {
        return Conv2d(in, out,
                      {.kernel = kernel,
                       .stride = stride,
                       .padding = kernel / 2,
                       .groups = groups,
                       .bias = false,
                       .init = init::he_normal});
    }
    BatchNorm norm(std::int64_t channels, Activation activation = relu) const {
        BatchNormOptions options = options_.norm;
        options.activation = activation;
        return BatchNorm(channels, options);
    }
    /// Appends a convolution with batch norm and relu.
    void add_conv(Sequential& model, std::int64_t in, std::int64_t out, std::int64_t kernel, std::int64_t stride,
                  std::int64_t groups = 1) const {
        model.add(conv(in, out, kernel, stride, groups));
        model.add(norm(out));
    }
    /// Appends the mean over the image and the logits.
    void add_head(Sequential& model, std::int64_t in) const {
        const double limit = 1 / std::sqrt(static_cast<double>(in));
        model.add(GlobalAvgPool{});
        model.add(Linear(in, options_.classes, {.init = init::uniform(-limit, limit)}));
    }

private:
    NetworkOptions options_;
};

Residual basic_block(const Builder& build, std::int64_t in, std::int64_t out, std::int64_t stride, Shortcut shortcut) {
    Sequential body;
    build.add_conv(body, in, out, 3, stride);
    body.add(build.conv(out, out, 3, 1));
    body.add(build.norm(out, {}));
    ResidualOptions options{.activation = relu};
    if (in != out || stride != 1) {
        if (shortcut == Shortcut::subsample)
            options.shortcut = Subsample(stride, out);
        else
            options.shortcut = Sequential{build.conv(in, out, 1, stride), build.norm(out, {})};
    }
    return Residual(std::move(body), std::move(options));
}

/// A 3x3 convolution, a stage of `blocks` for each number of channels, all but the first at half the size, and the
/// head.
Sequential residual_network(const Builder& build, std::int64_t blocks, const std::vector<std::int64_t>& stages,
                            Shortcut shortcut) {
    std::int64_t in = build.wide(stages.front());
    Sequential model;
    build.add_conv(model, build.image_channels(), in, 3, 1);
    for (std::size_t i = 0; i < stages.size(); ++i) {
        const std::int64_t out = build.wide(stages[i]);
        Sequential stage;
        for (std::int64_t block = 0; block < blocks; ++block) {
            stage.add(basic_block(build, in, out, i > 0 && block == 0 ? 2 : 1, shortcut));
            in = out;
        }
        model.add(std::move(stage));
    }
    build.add_head(model, in);
    return model;
}

constexpr std::int64_t kDeepest = 2'000;

}  // namespace

Sequential resnet(std::int64_t depth, const NetworkOptions& options, Shortcut shortcut) {
    check(depth >= 8 && depth <= kDeepest && depth % 6 == 2, "resnet",
          "expected a depth of 6n + 2 (20, 32, 44, 56, 110), got ", depth);
    return residual_network(Builder("resnet", options, 16'000.0 * static_cast<double>(depth)), (depth - 2) / 6,
                            {16, 32, 64}, shortcut);
}

Sequential resnet18(const NetworkOptions& options, Shortcut shortcut) {
    return residual_network(Builder("resnet18", options, 11.2e6), 2, {64, 128, 256, 512}, shortcut);
}

Sequential densenet(std::int64_t depth, std::int64_t growth, const NetworkOptions& options) {
    check(depth >= 7 && depth <= kDeepest && depth % 3 == 1, "densenet", "expected a depth of 3n + 4 (40, 100), got ",
          depth);
    check(growth >= 1 && growth <= kMostElements, "densenet", "expected a growth of at least 1, got ", growth);
    const double grown = static_cast<double>(depth) * static_cast<double>(growth);
    const Builder build("densenet", options, 4.5 * grown * (grown + 32));
    const std::int64_t added = build.wide(growth);
    std::int64_t channels = build.wide(16);
    Sequential model{build.conv(build.image_channels(), channels, 3, 1)};
    for (int block = 0; block < 3; ++block) {
        Sequential layers;
        for (std::int64_t i = 0; i < (depth - 4) / 3; ++i) {
            layers.add(Concat{Sequential{}, Sequential{build.norm(channels), build.conv(channels, added, 3, 1)}});
            channels += added;
        }
        model.add(std::move(layers));
        model.add(build.norm(channels));
        if (block == 2) break;
        model.add(build.conv(channels, channels, 1, 1));
        model.add(AvgPool2d{2});
    }
    build.add_head(model, channels);
    return model;
}

Sequential vgg_like(std::int64_t depth, const NetworkOptions& options) {
    check(depth == 11 || depth == 13 || depth == 16 || depth == 19, "vgg-like",
          "expected a depth of 11, 13, 16 or 19, got ", depth);
    const auto pairs = [depth](int stage) -> std::int64_t {  // convolutions of a stage
        if (stage < 2) return depth == 11 ? 1 : 2;
        return depth <= 13 ? 2 : depth == 16 ? 3 : 4;
    };
    const Builder build("vgg-like", options, 1e6 * static_cast<double>(depth));
    std::int64_t channels = build.image_channels();
    Sequential model;
    for (int stage = 0; stage < 5; ++stage) {
        const std::int64_t out = build.wide(std::min<std::int64_t>(512, std::int64_t{64} << stage));
        for (std::int64_t i = 0; i < pairs(stage); ++i) {
            build.add_conv(model, channels, out, 3, 1);
            channels = out;
        }
        model.add(MaxPool2d{{.kernel = 2, .stride = 2, .padding = same}});
    }
    build.add_head(model, channels);
    return model;
}

Sequential mobilenet_like(const NetworkOptions& options) {
    struct Block {
        std::int64_t channels, stride;
    };
    constexpr Block kBlocks[] = {{64, 1},  {128, 2}, {128, 1}, {256, 2}, {256, 1},  {512, 2}, {512, 1},
                                 {512, 1}, {512, 1}, {512, 1}, {512, 1}, {1024, 2}, {1024, 1}};
    const Builder build("mobilenet-like", options, 3.2e6);
    std::int64_t channels = build.wide(32);
    Sequential model;
    build.add_conv(model, build.image_channels(), channels, 3, 1);
    for (const Block& block : kBlocks) {
        const std::int64_t out = build.wide(block.channels);
        Sequential pair;
        build.add_conv(pair, channels, channels, 3, block.stride, channels);
        build.add_conv(pair, channels, out, 1, 1);
        model.add(std::move(pair));
        channels = out;
    }
    build.add_head(model, channels);
    return model;
}

}  // namespace cyclone::nn
