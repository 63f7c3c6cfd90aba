#include <cyclone/base/error.h>
#include <cyclone/base/random.h>
#include <cyclone/nn/nn.h>
#include <cyclone/ops/conv2d.h>

#include <cmath>

#include "support/catch.h"

using namespace cyclone;

namespace {

// Neighbours and channels that agree in part, and a mean that is not 0.
Tensor images(std::int64_t count = 20) {
    const Random random(4);
    Tensor x = Tensor::empty({count, 6, 7, 3});
    for (std::int64_t i = 0; i < x.numel(); ++i) {
        const auto at = static_cast<std::uint64_t>(i);
        x.mutable_data<float>()[i] = static_cast<float>(random.normal(at) + 2 * random.normal(at / 6) + 0.3);
    }
    return x;
}

}  // namespace

TEST_CASE("a whitening convolution gives outputs of second moment 1 that share nothing") {
    const Tensor x = images(), weights = nn::whitening_weights(x, 2, 0);
    REQUIRE(weights.shape() == Shape{24, 2, 2, 3});
    const Tensor y = conv2d(x, weights, {});
    const std::int64_t rows = y.numel() / 24;
    for (std::int64_t a = 0; a < 12; ++a)
        for (std::int64_t b = 0; b < 24; ++b) {
            double moment = 0;
            for (std::int64_t r = 0; r < rows; ++r)
                moment +=
                    static_cast<double>(y.data<float>()[24 * r + a]) * static_cast<double>(y.data<float>()[24 * r + b]);
            const double expected = a == b ? 1 : a + 12 == b ? -1 : 0;
            REQUIRE(moment / static_cast<double>(rows) == Approx(expected).margin(2e-4));
        }
}

TEST_CASE("whitening weights come from the largest eigenvalue on, and epsilon bounds them") {
    const Tensor x = images(), w = nn::whitening_weights(x, 1, 0.25);
    double before = 0;
    for (std::int64_t f = 0; f < 3; ++f) {
        double norm = 0;
        for (std::int64_t c = 0; c < 3; ++c) norm += std::pow(static_cast<double>(w.data<float>()[3 * f + c]), 2);
        CHECK(norm >= before);  // 1 / (eigenvalue + epsilon)
        CHECK(norm <= 1 / 0.25);
        before = norm;
    }
    const Tensor black = Tensor::zeros({2, 4, 4, 1});
    for (const float v : nn::whitening_weights(black, 2, 0).values<float>()) CHECK(v == 0);
}

TEST_CASE("whitening needs patches") {
    CHECK_THROWS_WITH(nn::whitening_weights(Tensor(), 2),
                      "whitening_weights: expected images (N, H, W, C) of f32, got none");
    CHECK_THROWS_WITH(nn::whitening_weights(images(), 7), Catch::Contains("expected a kernel from 1 to the size"));
    CHECK_THROWS_WITH(nn::whitening_weights(Tensor::zeros({1, 40, 40, 3}), 20),
                      Catch::Contains("at most 1024 elements"));
    CHECK_THROWS_WITH(nn::whitening_weights(images(), 2, -1), Catch::Contains("expected a finite epsilon >= 0"));
}
