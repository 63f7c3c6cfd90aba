// While gradients are off, convolution keeps its weights in oneDNN's format between calls. This must not be visible.

#include <cyclone/autograd/grad_mode.h>
#include <cyclone/ops/conv2d.h>

#include "ops/exact.h"

using namespace cyclone;

namespace {

const Conv2dWindow kSame{.padding = Padding::same()};

Tensor images() { return exact::reals({2, 9, 9, 16}, 1, DType::f32); }
Tensor weights(std::uint64_t seed) { return exact::reals({16, 3, 3, 16}, seed, DType::f32); }

// While gradients are on, the weights are converted in each call.
std::vector<float> unkept(const Tensor& x, const Tensor& weight) {
    return conv2d(x, weight, {}, kSame).to_vector<float>();
}
std::vector<float> kept(const Tensor& x, const Tensor& weight) {
    const NoGrad guard;
    return conv2d(x, weight, {}, kSame).to_vector<float>();
}

}  // namespace

TEST_CASE("kept weights give what fresh ones give") {
    const Tensor x = images(), first = weights(2), second = weights(3);
    for (int round = 0; round < 3; ++round)  // two layers of one shape take turns
        for (const Tensor& weight : {first, second}) REQUIRE(kept(x, weight) == unkept(x, weight));
}

TEST_CASE("kept weights follow every modification") {
    const Tensor x = images();
    Tensor weight = weights(2);
    for (int round = 0; round < 3; ++round) {
        REQUIRE(kept(x, weight) == unkept(x, weight));
        weight.mutable_data<float>()[5] += 1;
        REQUIRE(kept(x, weight) == unkept(x, weight));
        weight.copy_from(weights(static_cast<std::uint64_t>(10 + round)));
    }
}

TEST_CASE("weights at an address used before are not taken for the old ones") {
    const Tensor x = images();
    for (std::uint64_t seed = 0; seed < 20; ++seed) {  // the allocator hands out the same block again and again
        const Tensor weight = weights(seed);
        REQUIRE(kept(x, weight) == unkept(x, weight));
    }
}

TEST_CASE("parts of one storage are told apart and more layers than are kept still work") {
    const Tensor x = images(), all = exact::reals({80 * 16, 3, 3, 16}, 4, DType::f32);
    for (int round = 0; round < 2; ++round)
        for (std::int64_t i = 0; i < 80; ++i) {
            const Tensor weight = all.rows(16 * i, 16);
            REQUIRE(kept(x, weight) == unkept(x, weight));
        }
}
