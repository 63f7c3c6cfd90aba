// Initial values, by the formulas of keras/initializers.py (VarianceScaling, 2.1.6 and later).

#include <cyclone/base/random.h>
#include <cyclone/nn/init.h>

#include <cmath>
#include <utility>
#include <vector>

namespace cyclone::nn::init {
namespace {

constexpr double kCut = 2;
/// Standard deviation of a standard normal cut at +-2.
constexpr double kCutDeviation = 0.87962566103423978;

void fill_uniform(Tensor& weight, double low, double high) {
    Generator& generator = default_generator();
    const auto n = static_cast<std::size_t>(weight.numel());
    const std::uint64_t first = generator.advance((n + 3) / 4);
    if (weight.dtype() == DType::f32) {
        generator.random().fill_uniform({weight.mutable_data<float>(), n}, first, static_cast<float>(low),
                                        static_cast<float>(high));
        return;
    }
    std::vector<float> unit(n);
    generator.random().fill_uniform(unit, first, 0, 1);
    double* out = weight.mutable_data<double>();
    for (std::size_t i = 0; i < n; ++i) out[i] = low + (high - low) * static_cast<double>(unit[i]);
}

/// Draws beyond `cut` standard deviations are drawn again.
void fill_normal(Tensor& weight, double mean, double deviation, double cut) {
    Generator& generator = default_generator();
    const Random random = generator.random();
    const auto draw = [&] {
        double z = random.normal(generator.advance(1));
        while (std::abs(z) > cut) z = random.normal(generator.advance(1));
        return z;
    };
    visit_floating(weight.dtype(), "initializer", [&](auto zero) {
        using T = decltype(zero);
        T* out = weight.mutable_data<T>();
        for (std::int64_t i = 0; i < weight.numel(); ++i) out[i] = static_cast<T>(mean + deviation * draw());
    });
}

void scaled_uniform(Tensor& weight, double variance) {
    const double limit = std::sqrt(3 * variance);
    fill_uniform(weight, -limit, limit);
}

void scaled_normal(Tensor& weight, double variance) {
    fill_normal(weight, 0, std::sqrt(variance) / kCutDeviation, kCut);
}

double glorot(const Tensor& weight) {
    const Fans f = fans(weight.shape());
    return 2 / static_cast<double>(f.in + f.out);
}

double he(const Tensor& weight) { return 2 / static_cast<double>(fans(weight.shape()).in); }

}  // namespace

Fans fans(const Shape& weight) {
    if (weight.rank() == 0) return {1, 1};
    if (weight.rank() == 1) return {weight[0], weight[0]};
    const std::int64_t window = weight.numel_between(1, weight.rank() - 1);
    return {window * weight[-1], window * weight[0]};
}

void zeros(Tensor& weight) { weight.fill(0); }

Initializer constant(double value) {
    return [value](Tensor& weight) { weight.fill(value); };
}

Initializer uniform(double low, double high) {
    check(std::isfinite(low) && std::isfinite(high) && low <= high, "init::uniform",
          "expected finite numbers low <= high, got ", low, " and ", high);
    return [=](Tensor& weight) { fill_uniform(weight, low, high); };
}

Initializer normal(double mean, double standard_deviation) {
    check(std::isfinite(mean) && std::isfinite(standard_deviation) && standard_deviation >= 0, "init::normal",
          "expected a finite mean and a standard deviation >= 0, got ", mean, " and ", standard_deviation);
    return [=](Tensor& weight) { fill_normal(weight, mean, standard_deviation, HUGE_VAL); };
}

Initializer prior_bias(std::vector<double> priors) {
    double sum = 0;
    for (const double prior : priors) {
        check(prior > 0 && std::isfinite(prior), "init::prior_bias", "expected priors above 0, got ", prior);
        sum += prior;
    }
    return [priors = std::move(priors), sum](Tensor& bias) {
        const auto classes = static_cast<std::int64_t>(priors.size());
        const bool sigmoid = classes == 2 && bias.numel() == 1;
        check(sigmoid || bias.numel() == classes, "init::prior_bias", "expected a bias of ", classes, " elements, got ",
              bias.numel());
        visit_floating(bias.dtype(), "init::prior_bias", [&](auto zero) {
            using T = decltype(zero);
            T* out = bias.mutable_data<T>();
            if (sigmoid)
                out[0] = static_cast<T>(std::log(priors[1] / priors[0]));
            else
                for (std::size_t c = 0; c < priors.size(); ++c) out[c] = static_cast<T>(std::log(priors[c] / sum));
        });
    };
}

void glorot_uniform(Tensor& weight) { scaled_uniform(weight, glorot(weight)); }
void glorot_normal(Tensor& weight) { scaled_normal(weight, glorot(weight)); }
void he_uniform(Tensor& weight) { scaled_uniform(weight, he(weight)); }
void he_normal(Tensor& weight) { scaled_normal(weight, he(weight)); }

}  // namespace cyclone::nn::init

namespace cyclone::nn {

Registry<Initializer(Arguments&)>& initializers() {
    static Registry<Initializer(Arguments&)> registry(
        "initializer",
        {
            {"glorot-uniform", "", "uniform with limits +-sqrt(6 / (in + out)), the default",
             [](Arguments&) { return init::glorot_uniform; }},
            {"glorot-normal", "", "normal with variance 2 / (in + out)",
             [](Arguments&) { return init::glorot_normal; }},
            {"he-uniform", "", "uniform with limits +-sqrt(6 / in), for relu",
             [](Arguments&) { return init::he_uniform; }},
            {"he-normal", "", "normal with variance 2 / in, for relu", [](Arguments&) { return init::he_normal; }},
            {"zeros", "", "0", [](Arguments&) { return init::zeros; }},
        });
    return registry;
}

}  // namespace cyclone::nn
