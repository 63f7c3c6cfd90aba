#include "bench/networks.h"

#include <cyclone/ops/arithmetic.h>

namespace bench {
namespace {

using namespace cyclone::nn;

Conv2d conv(std::int64_t in, std::int64_t out, std::int64_t kernel, std::int64_t stride) {
    return Conv2d(in, out, {.kernel = kernel, .stride = stride, .padding = same, .bias = false});
}

BatchNorm norm_relu(std::int64_t channels) { return BatchNorm(channels, {.activation = cyclone::relu}); }

}  // namespace

ResidualBlock::ResidualBlock(std::int64_t in, std::int64_t out)
    : first_(conv(in, out, 3, in == out ? 1 : 2)),
      second_(conv(out, out, 3, 1)),
      first_norm_(norm_relu(out)),
      second_norm_(out) {
    if (in == out) return;
    projection_.push_back(conv(in, out, 1, 2));
    projection_norm_.emplace_back(out);
}

cyclone::Tensor ResidualBlock::forward(const cyclone::Tensor& x) {
    const cyclone::Tensor y = second_norm_(second_(first_norm_(first_(x))));
    const cyclone::Tensor shortcut = projection_.empty() ? x : projection_norm_[0](projection_[0](x));
    return cyclone::relu(y + shortcut);
}

void ResidualBlock::visit(Visitor& v) {
    v.module("first", first_);
    v.module("first_norm", first_norm_);
    v.module("second", second_);
    v.module("second_norm", second_norm_);
    if (projection_.empty()) return;
    v.module("projection", projection_[0]);
    v.module("projection_norm", projection_norm_[0]);
}

Sequential resnet20() {
    Sequential model{conv(3, 16, 3, 1), norm_relu(16)};
    std::int64_t channels = 16;
    for (const std::int64_t out : {16, 32, 64})
        for (int block = 0; block < 3; ++block) {
            model.add(ResidualBlock(channels, out));
            channels = out;
        }
    model.add(GlobalAvgPool{});
    model.add(Linear{channels, 10});
    return model;
}

}  // namespace bench
