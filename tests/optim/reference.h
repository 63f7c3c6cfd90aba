#pragma once
// Optimizers recomputed in f64, one element at a time and straight from the papers' formulas: the oracle of the tests.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include <cyclone/tensor/tensor.h>

namespace cyclone::test {

/// A gradient that depends on the element, the update and the weight (so that errors feed back), between -2 and 2.
inline double gradient_of(std::uint64_t update, std::size_t i, double w) {
    return std::sin(0.7 * static_cast<double>(update) + 1.3 * static_cast<double>(i)) + 0.3 * std::tanh(w);
}

/// The first weights: spread over (-1, 1), every value a multiple of 1/64.
inline std::vector<double> first_weights(std::size_t n) {
    std::vector<double> w(n);
    for (std::size_t i = 0; i < n; ++i) w[i] = static_cast<double>(static_cast<int>(i * 37 % 127) - 63) / 64;
    return w;
}

/// Sets the gradient of `parameter` for one update from its present elements.
template <class T>
void set_gradient(Tensor& parameter, std::uint64_t update) {
    std::vector<T> g;
    const auto w = parameter.values<T>();
    for (std::size_t i = 0; i < w.size(); ++i)
        g.push_back(static_cast<T>(gradient_of(update, i, static_cast<double>(w[i]))));
    parameter.set_grad(Tensor::from(g, parameter.shape()));
}

template <class T>
Tensor make_parameter(std::size_t n) {
    std::vector<T> w;
    for (const double x : first_weights(n)) w.push_back(static_cast<T>(x));
    Tensor t = Tensor::from(w, {static_cast<std::int64_t>(n)});
    t.set_requires_grad();
    return t;
}

/// What one update of one parameter uses.
struct Settings {
    double lr = 0.01, momentum = 0, beta2 = 0, epsilon = 1e-8, weight_decay = 0, dampening = 0;
    double factor = 1, bound = std::numeric_limits<double>::infinity();
    bool nesterov = false, decoupled = false;
};

struct SgdReference {
    std::vector<double> w, v;
    bool started = false;

    void update(const std::vector<double>& gradients, const Settings& s) {
        v.resize(w.size());
        for (std::size_t i = 0; i < w.size(); ++i) {
            double g = std::max(-s.bound, std::min(s.bound, gradients[i] * s.factor));
            g += s.weight_decay * w[i];
            v[i] = started ? s.momentum * v[i] + (1 - s.dampening) * g : g;
            w[i] -= s.lr * (s.momentum == 0 ? g : s.nesterov ? g + s.momentum * v[i] : v[i]);
        }
        started = true;
    }
};

struct AdamReference {
    std::vector<double> w, m, v;
    double product1 = 1, product2 = 1;

    void update(const std::vector<double>& gradients, const Settings& s) {
        m.resize(w.size());
        v.resize(w.size());
        product1 *= s.momentum;
        product2 *= s.beta2;
        for (std::size_t i = 0; i < w.size(); ++i) {
            double g = std::max(-s.bound, std::min(s.bound, gradients[i] * s.factor));
            if (!s.decoupled) g += s.weight_decay * w[i];
            m[i] = s.momentum * m[i] + (1 - s.momentum) * g;
            v[i] = s.beta2 * v[i] + (1 - s.beta2) * g * g;
            const double m_hat = m[i] / (1 - product1), v_hat = v[i] / (1 - product2);
            if (s.decoupled) w[i] -= s.lr * s.weight_decay * w[i];
            w[i] -= s.lr * m_hat / (std::sqrt(v_hat) + s.epsilon);
        }
    }
};

/// The gradients that set_gradient() gives at these weights.
inline std::vector<double> gradients_at(std::uint64_t update, const std::vector<double>& w) {
    std::vector<double> g(w.size());
    for (std::size_t i = 0; i < w.size(); ++i) g[i] = gradient_of(update, i, w[i]);
    return g;
}

/// Largest |a - b| / max(1, |b|).
template <class T>
double largest_difference(const Tensor& a, const std::vector<double>& b) {
    double largest = 0;
    const auto values = a.values<T>();
    for (std::size_t i = 0; i < b.size(); ++i) {
        const double difference = std::abs(static_cast<double>(values[i]) - b[i]) / std::max(1.0, std::abs(b[i]));
        if (!(difference <= largest)) largest = difference;  // NaN counts
    }
    return largest;
}

}  // namespace cyclone::test
