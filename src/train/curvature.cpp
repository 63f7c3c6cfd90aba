// Power iteration, and parameters as one list of numbers.
#include <cyclone/base/error.h>
#include <cyclone/train/curvature.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace cyclone::train {

Weights weights_of(const std::vector<Tensor>& parameters) {
    Weights all;
    for (const Tensor& parameter : parameters) {
        const auto values = parameter.values<float>();
        all.insert(all.end(), values.begin(), values.end());
    }
    return all;
}

Weights gradients_of(const std::vector<Tensor>& parameters) {
    Weights all;
    for (const Tensor& parameter : parameters) {
        const Tensor gradient = parameter.grad();
        if (!gradient.defined()) {
            all.insert(all.end(), static_cast<std::size_t>(parameter.numel()), 0.0F);
            continue;
        }
        const auto values = gradient.values<float>();
        all.insert(all.end(), values.begin(), values.end());
    }
    return all;
}

void set_weights(const std::vector<Tensor>& parameters, const Weights& weights) {
    std::size_t at = 0;
    for (Tensor parameter : parameters) {
        const auto count = static_cast<std::size_t>(parameter.numel());
        check(at + count <= weights.size(), "set_weights", "expected more than ", weights.size(), " numbers");
        std::copy_n(weights.begin() + static_cast<std::ptrdiff_t>(at), count, parameter.mutable_data<float>());
        at += count;
    }
    check(at == weights.size(), "set_weights", "expected ", at, " numbers, got ", weights.size());
}

Weights plus(const Weights& a, double factor, const Weights& b) {
    Weights sum(a.size());
    for (std::size_t i = 0; i < a.size(); ++i)
        sum[i] = static_cast<float>(static_cast<double>(a[i]) + factor * static_cast<double>(b[i]));
    return sum;
}

double dot(const Weights& a, const Weights& b) {
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) sum += static_cast<double>(a[i]) * static_cast<double>(b[i]);
    return sum;
}

double norm(const Weights& a) { return std::sqrt(dot(a, a)); }

double largest_curvature(const std::function<Weights(const Weights&)>& gradient, const Weights& at, Weights& direction,
                         int iterations, double step) {
    double curvature = std::numeric_limits<double>::quiet_NaN();
    const Weights zero(at.size(), 0.0F);
    for (int i = 0; i < iterations; ++i) {
        const double length = norm(direction);
        if (!std::isfinite(length) || length == 0) return std::numeric_limits<double>::quiet_NaN();
        direction = plus(zero, 1 / length, direction);
        const Weights ahead = gradient(plus(at, step, direction)), behind = gradient(plus(at, -step, direction));
        Weights product = plus(zero, 0.5 / step, plus(ahead, -1, behind));
        curvature = dot(direction, product);
        direction = std::move(product);
    }
    return curvature;
}

}  // namespace cyclone::train
