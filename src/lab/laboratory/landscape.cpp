// Weights as lists of numbers, curvature, contours.
#include "lab/laboratory/landscape.h"

#include <cyclone/base/error.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace cyclone::lab {
namespace {

template <class Get>
Weights joined(const nn::Module& model, Get get) {
    Weights all;
    for (const Tensor& parameter : model.parameters()) {
        const Tensor tensor = get(parameter);
        const auto values = tensor.values<float>();
        all.insert(all.end(), values.begin(), values.end());
    }
    return all;
}

}  // namespace

Weights weights_of(const nn::Module& model) {
    return joined(model, [](const Tensor& parameter) { return parameter; });
}

Weights gradients_of(const nn::Module& model) {
    return joined(model, [](const Tensor& parameter) { return parameter.grad(); });
}

void set_weights(nn::Module& model, const Weights& weights) {
    std::size_t at = 0;
    for (Tensor parameter : model.parameters()) {
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

Contour contour(const std::vector<double>& x, const std::vector<double>& y,
                const std::vector<std::vector<double>>& values, double level) {
    constexpr double kBreak = std::numeric_limits<double>::quiet_NaN();
    Contour out;
    const auto add = [&](double px, double py) {
        out.x.push_back(px);
        out.y.push_back(py);
    };
    for (std::size_t r = 0; r + 1 < y.size(); ++r)
        for (std::size_t c = 0; c + 1 < x.size(); ++c) {
            // The corners around the cell, and where the level crosses its four edges.
            const std::array<std::array<std::size_t, 2>, 4> corners = {
                {{r, c}, {r, c + 1}, {r + 1, c + 1}, {r + 1, c}}};
            std::vector<std::array<double, 2>> crossings;
            for (std::size_t k = 0; k < 4; ++k) {
                const auto [r0, c0] = corners[k];
                const auto [r1, c1] = corners[(k + 1) % 4];
                const double v0 = values[r0][c0] - level, v1 = values[r1][c1] - level;
                if ((v0 < 0) == (v1 < 0) || !std::isfinite(v0) || !std::isfinite(v1)) continue;
                const double part = v0 / (v0 - v1);
                crossings.push_back({x[c0] + part * (x[c1] - x[c0]), y[r0] + part * (y[r1] - y[r0])});
            }
            for (std::size_t k = 0; k + 1 < crossings.size(); k += 2) {
                add(crossings[k][0], crossings[k][1]);
                add(crossings[k + 1][0], crossings[k + 1][1]);
                add(kBreak, kBreak);
            }
        }
    return out;
}

}  // namespace cyclone::lab
