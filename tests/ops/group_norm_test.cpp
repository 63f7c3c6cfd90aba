// Layer and group normalisation against their definition.

#include <cyclone/ops/ops.h>

#include <cmath>
#include <vector>

#include "ops/op_table.h"
#include "support/catch.h"

using namespace cyclone;
using test::Array;
using test::check_case;
using test::OpCase;

namespace {

using Index = std::int64_t;

/// x (samples, pixels, channels), scale and shift, as the definition says.
std::vector<double> normalised(const Array& x, Index samples, Index pixels, Index groups, const Array& scale,
                               const Array& shift, double epsilon) {
    const Index channels = x.shape.back(), width = channels / groups;
    std::vector<double> y(x.values.size());
    for (Index n = 0; n < samples; ++n)
        for (Index g = 0; g < groups; ++g) {
            std::vector<std::size_t> members;
            for (Index p = 0; p < pixels; ++p)
                for (Index c = g * width; c < (g + 1) * width; ++c)
                    members.push_back(static_cast<std::size_t>((n * pixels + p) * channels + c));
            double mean = 0, variance = 0;
            const auto count = static_cast<double>(members.size());
            for (const auto i : members) mean += x.values[i] / count;
            for (const auto i : members) variance += std::pow(x.values[i] - mean, 2) / count;
            for (const auto i : members) {
                const std::size_t c = i % static_cast<std::size_t>(channels);
                y[i] = (x.values[i] - mean) / std::sqrt(variance + epsilon) * scale.values[c] + shift.values[c];
            }
        }
    return y;
}

}  // namespace

TEST_CASE("layer norm agrees with its definition") {
    check_case({.name = "layer_norm",
                .shapes =
                    [](Index a, Index b, Index c) {
                        return std::vector<Shape>{{a, b, c}, {c}, {c}};
                    },
                .op = [](const TensorList& in) { return layer_norm(in[0], in[1], in[2], 1e-3); },
                .oracle =
                    [](const std::vector<Array>& in) {
                        return normalised(in[0], in[0].shape[0] * in[0].shape[1], 1, 1, in[1], in[2], 1e-3);
                    },
                .f32_tolerance = 1e-5});
}

TEST_CASE("group norm agrees with its definition from one group to one per channel") {
    for (const Index width : {1, 3, 0}) {  // channels per group; 0: one group
        const auto channels = [width](Index c) { return width == 0 ? c : 3 * c; };
        const auto groups = [width](Index all) { return width == 0 ? 1 : all / width; };
        check_case(
            {.name = "group_norm of " + std::to_string(width),
             .shapes =
                 [=](Index a, Index b, Index c) {
                     return std::vector<Shape>{{a, b, 2, channels(c)}, {channels(c)}, {channels(c)}};
                 },
             .op = [=](const TensorList& in) { return group_norm(in[0], groups(in[0].size(-1)), in[1], in[2], 1e-3); },
             .oracle =
                 [=](const std::vector<Array>& in) {
                     const auto& s = in[0].shape;
                     return normalised(in[0], s[0], s[1] * 2, groups(s[3]), in[1], in[2], 1e-3);
                 },
             .f32_tolerance = 1e-5});
    }
}

TEST_CASE("norms of large means, of nothing and of operands that do not fit") {
    const Tensor one = Tensor::ones({2}), zero = Tensor::zeros({2});
    const auto y = layer_norm(Tensor::from<float>({1e6F, 1e6F + 2}, {1, 2}), one, zero, 1e-12).to_vector<float>();
    CHECK(y[0] == Approx(-1).epsilon(1e-4));
    CHECK(y[1] == Approx(1).epsilon(1e-4));
    CHECK(layer_norm(Tensor::zeros({0, 2}), one, zero).shape() == Shape{0, 2});
    CHECK(layer_norm(Tensor::full({3, 2}, 5), one, zero).to_vector<float>() == std::vector<float>(6, 0));
    CHECK_THROWS_WITH(layer_norm(Tensor::ones({2, 3}), one, zero), Catch::Contains("a scale of shape (3), got (2)"));
    CHECK_THROWS_WITH(layer_norm(Tensor::ones({2, 2}), one, zero, 0), Catch::Contains("epsilon > 0"));
    CHECK_THROWS_WITH(group_norm(Tensor::ones({2, 2}), 3, one, zero), Catch::Contains("3 groups do not divide the 2"));
    CHECK_THROWS_WITH(group_norm(Tensor::ones({2}), 1, one, zero), Catch::Contains("(N, ..., C)"));
}
