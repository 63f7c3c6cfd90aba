// The update loops of the optimizers, and the tests of gradients.

#include "kernels/optimizer.h"

#include <cyclone/tensor/allocator.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cmath>
#include <vector>

#include "kernels/multiversion.h"
#include "kernels/parallel.h"

namespace cyclone::kernels {
namespace {

constexpr std::int64_t kBlock = 1 << 14;

/// Keeps NaN.
template <class T>
[[gnu::always_inline]] inline T clamp(T x, T bound) {
    return x < -bound ? -bound : (bound < x ? bound : x);
}

template <class T>
[[gnu::always_inline]] inline void sgd_loop(T* __restrict w, const T* __restrict g, T* __restrict v, std::int64_t n,
                                            const SgdStep<T> s) {
    if (v == nullptr) {
        for (std::int64_t i = 0; i < n; ++i)
            w[i] -= s.lr * (clamp(g[i] * s.grad_scale, s.clip) + s.weight_decay * w[i]);
    } else if (s.nesterov) {
        for (std::int64_t i = 0; i < n; ++i) {
            const T gradient = clamp(g[i] * s.grad_scale, s.clip) + s.weight_decay * w[i];
            v[i] = s.momentum * v[i] + s.gradient_factor * gradient;
            w[i] -= s.lr * (gradient + s.momentum * v[i]);
        }
    } else {
        for (std::int64_t i = 0; i < n; ++i) {
            const T gradient = clamp(g[i] * s.grad_scale, s.clip) + s.weight_decay * w[i];
            v[i] = s.momentum * v[i] + s.gradient_factor * gradient;
            w[i] -= s.lr * v[i];
        }
    }
}

template <class T>
[[gnu::always_inline]] inline void adam_loop(T* __restrict w, const T* __restrict g, T* __restrict m, T* __restrict v,
                                             std::int64_t n, const AdamStep<T> s) {
    for (std::int64_t i = 0; i < n; ++i) {
        const T gradient = clamp(g[i] * s.grad_scale, s.clip) + s.weight_decay * w[i];
        m[i] = s.beta1 * m[i] + s.new1 * gradient;
        v[i] = s.beta2 * v[i] + s.new2 * gradient * gradient;
        w[i] = s.keep * w[i] - s.rate * m[i] / (std::sqrt(v[i]) * s.root_scale + s.epsilon);
    }
}

template <class T>
[[gnu::always_inline]] inline void mean_loop(double* __restrict mean, const T* __restrict x, std::int64_t n,
                                             double weight) {
    for (std::int64_t i = 0; i < n; ++i) mean[i] += weight * (static_cast<double>(x[i]) - mean[i]);
}

template <class T>
[[gnu::always_inline]] inline void look_ahead_loop(T* __restrict slow, T* __restrict fast, std::int64_t n, T alpha) {
    for (std::int64_t i = 0; i < n; ++i) fast[i] = slow[i] += alpha * (fast[i] - slow[i]);
}

// The sum of term(0) ... term(n - 1) in 16 lanes, so that it is vectorised; the order does not depend on the vectors.
template <class Term>
[[gnu::always_inline]] inline double sum_in_lanes(std::int64_t n, Term term) {
    constexpr std::int64_t lanes = 16;
    double sums[lanes] = {}, total = 0;
    std::int64_t i = 0;
    for (; i + lanes <= n; i += lanes)
        for (std::int64_t k = 0; k < lanes; ++k) sums[k] += term(i + k);
    for (; i < n; ++i) total += term(i);
    for (const double sum : sums) total += sum;
    return total;
}

template <class T>
[[gnu::always_inline]] inline double squares_loop(const T* x, std::int64_t n) {
    return sum_in_lanes(n, [x](std::int64_t i) { return static_cast<double>(x[i]) * static_cast<double>(x[i]); });
}

template <class T>
[[gnu::always_inline]] inline double distance_loop(const T* a, const T* b, std::int64_t n) {
    return sum_in_lanes(n, [a, b](std::int64_t i) {
        const double d = static_cast<double>(a[i]) - static_cast<double>(b[i]);
        return d * d;
    });
}

// NaN and infinity are the numbers whose exponent is all ones; the comparison is one of integers.
template <class Bits, class T>
[[gnu::always_inline]] inline bool finite_loop(const T* x, std::int64_t n) {
    constexpr Bits exponent = sizeof(T) == 4 ? static_cast<Bits>(0x7f800000) : static_cast<Bits>(0x7ff0000000000000);
    Bits largest = 0;
    for (std::int64_t i = 0; i < n; ++i) largest = std::max(largest, std::bit_cast<Bits>(x[i]) & exponent);
    return largest != exponent;
}

// The versions chosen at run time; the loops above are inlined into each.
CYCLONE_MULTIVERSION void sgd_part(float* w, const float* g, float* v, std::int64_t n, const SgdStep<float>& s) {
    sgd_loop(w, g, v, n, s);
}
CYCLONE_MULTIVERSION void sgd_part(double* w, const double* g, double* v, std::int64_t n, const SgdStep<double>& s) {
    sgd_loop(w, g, v, n, s);
}
CYCLONE_MULTIVERSION void adam_part(float* w, const float* g, float* m, float* v, std::int64_t n,
                                    const AdamStep<float>& s) {
    adam_loop(w, g, m, v, n, s);
}
CYCLONE_MULTIVERSION void adam_part(double* w, const double* g, double* m, double* v, std::int64_t n,
                                    const AdamStep<double>& s) {
    adam_loop(w, g, m, v, n, s);
}
CYCLONE_MULTIVERSION void mean_part(double* mean, const float* x, std::int64_t n, double weight) {
    mean_loop(mean, x, n, weight);
}
CYCLONE_MULTIVERSION void mean_part(double* mean, const double* x, std::int64_t n, double weight) {
    mean_loop(mean, x, n, weight);
}
CYCLONE_MULTIVERSION void look_ahead_part(float* slow, float* fast, std::int64_t n, float alpha) {
    look_ahead_loop(slow, fast, n, alpha);
}
CYCLONE_MULTIVERSION void look_ahead_part(double* slow, double* fast, std::int64_t n, double alpha) {
    look_ahead_loop(slow, fast, n, alpha);
}
CYCLONE_MULTIVERSION double distance_part(const float* a, const float* b, std::int64_t n) {
    return distance_loop(a, b, n);
}
CYCLONE_MULTIVERSION double distance_part(const double* a, const double* b, std::int64_t n) {
    return distance_loop(a, b, n);
}
CYCLONE_MULTIVERSION double squares_part(const float* x, std::int64_t n) { return squares_loop(x, n); }
CYCLONE_MULTIVERSION double squares_part(const double* x, std::int64_t n) { return squares_loop(x, n); }
CYCLONE_MULTIVERSION bool finite_part(const float* x, std::int64_t n) { return finite_loop<std::int32_t>(x, n); }
CYCLONE_MULTIVERSION bool finite_part(const double* x, std::int64_t n) { return finite_loop<std::int64_t>(x, n); }

// Split like the update, so that each thread then finds its part of the gradient in its cache.
template <class T>
bool finite_everywhere(const T* x, std::int64_t n) {
    std::atomic<bool> finite{true};
    parallel_for(n, [&](std::int64_t a, std::int64_t b) {
        if (!finite_part(x + a, b - a)) finite = false;
    });
    return finite;
}

template <class T>
void sgd_all(T* w, const T* g, T* v, std::int64_t n, const SgdStep<T>& step) {
    parallel_for(
        n, [&](std::int64_t a, std::int64_t b) { sgd_part(w + a, g + a, v == nullptr ? v : v + a, b - a, step); }, 2);
}

template <class T>
void adam_all(T* w, const T* g, T* m, T* v, std::int64_t n, const AdamStep<T>& step) {
    parallel_for(
        n, [&](std::int64_t a, std::int64_t b) { adam_part(w + a, g + a, m + a, v + a, b - a, step); }, 4);
}

// part(begin, count) over blocks, added in their order.
template <class Part>
double over_blocks(std::int64_t n, Part part) {
    const std::int64_t blocks = (n + kBlock - 1) / kBlock;
    std::vector<double, CachingAllocator<double>> sums(static_cast<std::size_t>(blocks));
    parallel_for(
        blocks,
        [&](std::int64_t begin, std::int64_t end) {
            for (std::int64_t b = begin; b < end; ++b)
                sums[static_cast<std::size_t>(b)] = part(b * kBlock, std::min(kBlock, n - b * kBlock));
        },
        kBlock);
    double total = 0;
    for (const double sum : sums) total += sum;
    return total;
}

}  // namespace

void sgd(float* w, const float* g, float* v, std::int64_t n, const SgdStep<float>& step) { sgd_all(w, g, v, n, step); }
void sgd(double* w, const double* g, double* v, std::int64_t n, const SgdStep<double>& step) {
    sgd_all(w, g, v, n, step);
}
void adam(float* w, const float* g, float* m, float* v, std::int64_t n, const AdamStep<float>& step) {
    adam_all(w, g, m, v, n, step);
}
void adam(double* w, const double* g, double* m, double* v, std::int64_t n, const AdamStep<double>& step) {
    adam_all(w, g, m, v, n, step);
}
template <class T>
static void mean_all(double* mean, const T* x, std::int64_t n, double weight) {
    parallel_for(
        n, [&](std::int64_t a, std::int64_t b) { mean_part(mean + a, x + a, b - a, weight); }, 2);
}
void move_mean(double* mean, const float* x, std::int64_t n, double weight) { mean_all(mean, x, n, weight); }
void move_mean(double* mean, const double* x, std::int64_t n, double weight) { mean_all(mean, x, n, weight); }
template <class T>
static void look_ahead_all(T* slow, T* fast, std::int64_t n, T alpha) {
    parallel_for(n, [&](std::int64_t a, std::int64_t b) { look_ahead_part(slow + a, fast + a, b - a, alpha); });
}
void look_ahead(float* slow, float* fast, std::int64_t n, float alpha) { look_ahead_all(slow, fast, n, alpha); }
void look_ahead(double* slow, double* fast, std::int64_t n, double alpha) { look_ahead_all(slow, fast, n, alpha); }
template <class T>
static double squares_all(const T* x, std::int64_t n) {
    return over_blocks(n, [x](std::int64_t begin, std::int64_t count) { return squares_part(x + begin, count); });
}
double sum_of_squares(const float* x, std::int64_t n) { return squares_all(x, n); }
double sum_of_squares(const double* x, std::int64_t n) { return squares_all(x, n); }
template <class T>
static double distance_all(const T* a, const T* b, std::int64_t n) {
    return over_blocks(
        n, [a, b](std::int64_t begin, std::int64_t count) { return distance_part(a + begin, b + begin, count); });
}
double squared_distance(const float* a, const float* b, std::int64_t n) { return distance_all(a, b, n); }
double squared_distance(const double* a, const double* b, std::int64_t n) { return distance_all(a, b, n); }
bool all_finite(const float* x, std::int64_t n) { return finite_everywhere(x, n); }
bool all_finite(const double* x, std::int64_t n) { return finite_everywhere(x, n); }

}  // namespace cyclone::kernels
