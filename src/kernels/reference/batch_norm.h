#pragma once
// Batch normalisation of rows x channels, written plainly. Sums run in double, one channel after the other.

#include <cmath>

#include "kernels/geometry.h"
#include "kernels/parallel.h"

namespace cyclone::kernels::reference {

template <class F>
void for_each_channel(const BatchNormGeometry& g, F&& f) {
    parallel_for(
        g.c,
        [&](std::int64_t begin, std::int64_t end) {
            for (std::int64_t c = begin; c < end; ++c) f(c);
        },
        4 * g.n * g.h * g.w);
}

/// y = (x - mean) / sqrt(variance + epsilon) * scale + shift. `batch_statistics`: mean and variance (biased) are
/// computed and written; otherwise they are read.
template <class T>
void batch_norm_forward(const BatchNormGeometry& g, bool batch_statistics, const T* x, const T* scale, const T* shift,
                        T* mean, T* variance, T* y) {
    const std::int64_t rows = g.n * g.h * g.w;
    for_each_channel(g, [=](std::int64_t c) {
        if (batch_statistics) {
            double sum = 0, squares = 0;
            for (std::int64_t r = 0; r < rows; ++r) sum += x[r * g.c + c];
            const double center = sum / static_cast<double>(rows);
            for (std::int64_t r = 0; r < rows; ++r) squares += (x[r * g.c + c] - center) * (x[r * g.c + c] - center);
            mean[c] = static_cast<T>(center);
            variance[c] = static_cast<T>(squares / static_cast<double>(rows));
        }
        const double factor = scale[c] / std::sqrt(variance[c] + g.epsilon());
        for (std::int64_t r = 0; r < rows; ++r)
            y[r * g.c + c] = static_cast<T>((x[r * g.c + c] - mean[c]) * factor + shift[c]);
    });
}

/// With x^ = (x - mean) / sqrt(variance + epsilon) and g = y_grad (Ioffe and Szegedy 2015, section 3):
/// shift_grad = sum g, scale_grad = sum g x^, and x_grad = scale / sqrt(variance + epsilon) * (g - mean(g) -
/// x^ mean(g x^)); without batch statistics the two means are absent.
template <class T>
void batch_norm_backward(const BatchNormGeometry& g, bool batch_statistics, const T* x, const T* scale, const T* mean,
                         const T* variance, const T* y_grad, T* x_grad, T* scale_grad, T* shift_grad) {
    const std::int64_t rows = g.n * g.h * g.w;
    for_each_channel(g, [=](std::int64_t c) {
        const double inverse = 1 / std::sqrt(variance[c] + g.epsilon());
        double sum = 0, product = 0;
        for (std::int64_t r = 0; r < rows; ++r) {
            sum += y_grad[r * g.c + c];
            product += y_grad[r * g.c + c] * ((x[r * g.c + c] - mean[c]) * inverse);
        }
        scale_grad[c] = static_cast<T>(product);
        shift_grad[c] = static_cast<T>(sum);
        const double mean_grad = batch_statistics ? sum / static_cast<double>(rows) : 0;
        const double mean_product = batch_statistics ? product / static_cast<double>(rows) : 0;
        for (std::int64_t r = 0; r < rows; ++r) {
            const double normalised = (x[r * g.c + c] - mean[c]) * inverse;
            x_grad[r * g.c + c] =
                static_cast<T>(scale[c] * inverse * (y_grad[r * g.c + c] - mean_grad - normalised * mean_product));
        }
    });
}

}  // namespace cyclone::kernels::reference
