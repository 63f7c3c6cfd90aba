// The names of activations.

#include <cyclone/ops/activation.h>
#include <cyclone/ops/arithmetic.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <vector>

#include "support/catch.h"

using namespace cyclone;

namespace {
Tensor swish(const Tensor& x) { return x * sigmoid(x); }
}  // namespace

TEST_CASE("an activation knows its name, and its name leads back to it") {
    CHECK(Activation(relu).name() == "relu");
    CHECK(Activation(sigmoid).name() == "sigmoid");
    CHECK(Activation(static_cast<Activation::Function>(cyclone::tanh)).name() == "tanh");
    CHECK(Activation().name().empty());
    for (const NamedItem& item : activations().names()) CHECK(activations().parse(item.name).name() == item.name);
    CHECK_THROWS_WITH(activations().parse("sigmiod"), Catch::Contains("did you mean 'sigmoid'"));
}

TEST_CASE("an activation of a user's own gets a name by a row") {
    CHECK(Activation(swish).name() == "activation");
    activations().add({"swish", "", "x sigmoid(x)", [](Arguments&) { return Activation(swish); }});
    CHECK(Activation(swish).name() == "swish");
    CHECK(activations().parse("swish") == Activation(swish));
}

TEST_CASE("activations of f32 are those of f64 to the last digits, from tiny to large numbers") {
    const auto gelu_of = [](double v) { return v * 0.5 * std::erfc(-v / std::sqrt(2.0)); };
    const auto elu_of = [](double v) { return v > 0 ? v : 1.5 * std::expm1(v); };
    struct Row {
        const char* name;
        Tensor (*of)(const Tensor&);
        std::function<double(double)> exact;
    };
    const Row row = GENERATE_COPY(values<Row>({
        {"gelu", gelu, gelu_of},
        {"silu", silu, [](double v) { return v / (1 + std::exp(-v)); }},
        {"elu", [](const Tensor& x) { return elu(x, 1.5); }, elu_of},
        {"softplus", softplus, [](double v) { return std::log1p(std::exp(v)); }},
        {"sigmoid", sigmoid, [](double v) { return 1 / (1 + std::exp(-v)); }},
        {"tanh", cyclone::tanh, [](double v) { return std::tanh(v); }},
    }));
    INFO(row.name);
    std::vector<float> x{0, std::numeric_limits<float>::denorm_min(), 1e-38F, 1e-20F, 1e-7F, 1e-4F};
    for (int i = 1; i <= 40'000; ++i) x.push_back(static_cast<float>(i) / 4096);
    for (std::size_t i = 0, positive = x.size(); i < positive; ++i) x.push_back(-x[i]);
    const auto y = row.of(Tensor::from<float>(x, {static_cast<std::int64_t>(x.size())})).to_vector<float>();
    double worst = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
        const double exact = row.exact(static_cast<double>(x[i]));
        const double error = std::abs(static_cast<double>(y[i]) - exact);
        worst = std::max(worst, exact == 0 ? error : error / std::max(std::abs(exact), 1e-37));
    }
    // A gelu's exponent, half a square, is rounded before its exp().
    CHECK(worst < (row.of == gelu ? 4e-6 : 6e-7));
    for (const float infinite : {-INFINITY, INFINITY}) {
        const double exact = row.exact(static_cast<double>(infinite));
        const double got = row.of(Tensor::full({1}, infinite)).item();
        CHECK((std::isnan(exact) ? std::isnan(got) : got == exact));
    }
    CHECK(std::isnan(row.of(Tensor::full({1}, NAN)).item()));
}
