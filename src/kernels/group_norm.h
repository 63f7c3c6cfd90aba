#pragma once
// Normalisation of groups of channels per sample. Sums run in double.

#include <cmath>
#include <cstdint>

#include "kernels/parallel.h"

namespace cyclone::kernels {

/// (samples, pixels, groups, width): each sample and group has a mean and a variance over pixels and width.
struct GroupNormView {
    std::int64_t samples, pixels, groups, width;
    std::int64_t channels() const { return groups * width; }
    std::int64_t count() const { return pixels * width; }
};

/// Calls f(sample, first channel, number of the group) for all groups of all samples.
template <class F>
void for_each_group(const GroupNormView& v, F f) {
    parallel_for(
        v.samples * v.groups,
        [=](std::int64_t begin, std::int64_t end) {
            for (std::int64_t g = begin; g < end; ++g) f(g / v.groups, g % v.groups * v.width, g);
        },
        4 * v.count());
}

/// y = (x - mean) * inverse * scale + shift; mean and inverse (1 / standard deviation) of each group are written.
template <class T>
void group_norm(const GroupNormView& v, double epsilon, const T* x, const T* scale, const T* shift, double* mean,
                double* inverse, T* y) {
    for_each_group(v, [=](std::int64_t sample, std::int64_t first, std::int64_t g) {
        const std::int64_t begin = sample * v.pixels * v.channels() + first;
        double sum = 0, squares = 0;
        for (std::int64_t p = 0; p < v.pixels; ++p)
            for (std::int64_t c = 0; c < v.width; ++c) sum += static_cast<double>(x[begin + p * v.channels() + c]);
        const double m = sum / static_cast<double>(v.count());
        for (std::int64_t p = 0; p < v.pixels; ++p)
            for (std::int64_t c = 0; c < v.width; ++c) {
                const double d = static_cast<double>(x[begin + p * v.channels() + c]) - m;
                squares += d * d;
            }
        const double r = 1 / std::sqrt(squares / static_cast<double>(v.count()) + epsilon);
        mean[g] = m;
        inverse[g] = r;
        for (std::int64_t p = 0; p < v.pixels; ++p)
            for (std::int64_t c = 0; c < v.width; ++c) {
                const std::int64_t i = begin + p * v.channels() + c;
                const double normal = (static_cast<double>(x[i]) - m) * r;
                y[i] = static_cast<T>(normal * static_cast<double>(scale[first + c]) +
                                      static_cast<double>(shift[first + c]));
            }
    });
}

/// x_grad = inverse (g - mean(g) - n mean(g n)) with n the normalised x and g = y_grad * scale.
template <class T>
void group_norm_backward_data(const GroupNormView& v, const T* x, const T* scale, const double* mean,
                              const double* inverse, const T* y_grad, T* x_grad) {
    for_each_group(v, [=](std::int64_t sample, std::int64_t first, std::int64_t group) {
        const std::int64_t begin = sample * v.pixels * v.channels() + first;
        const double m = mean[group], r = inverse[group];
        double sum = 0, dot = 0;
        for (std::int64_t p = 0; p < v.pixels; ++p)
            for (std::int64_t c = 0; c < v.width; ++c) {
                const std::int64_t i = begin + p * v.channels() + c;
                const double g = static_cast<double>(y_grad[i]) * static_cast<double>(scale[first + c]);
                sum += g;
                dot += g * (static_cast<double>(x[i]) - m) * r;
            }
        sum /= static_cast<double>(v.count());
        dot /= static_cast<double>(v.count());
        for (std::int64_t p = 0; p < v.pixels; ++p)
            for (std::int64_t c = 0; c < v.width; ++c) {
                const std::int64_t i = begin + p * v.channels() + c;
                const double g = static_cast<double>(y_grad[i]) * static_cast<double>(scale[first + c]);
                x_grad[i] = static_cast<T>(r * (g - sum - (static_cast<double>(x[i]) - m) * r * dot));
            }
    });
}

/// The gradients of scale and shift, channel by channel in one order of sums for any number of threads.
template <class T>
void group_norm_backward_affine(const GroupNormView& v, const T* x, const double* mean, const double* inverse,
                                const T* y_grad, T* scale_grad, T* shift_grad) {
    const std::int64_t channels = v.channels();
    parallel_for(
        channels,
        [=](std::int64_t from, std::int64_t to) {
            for (std::int64_t c = from; c < to; ++c) {
                double dot = 0, sum = 0;
                for (std::int64_t row = 0; row < v.samples * v.pixels; ++row) {
                    const std::int64_t group = row / v.pixels * v.groups + c / v.width, i = row * channels + c;
                    const auto g = static_cast<double>(y_grad[i]);
                    dot += g * (static_cast<double>(x[i]) - mean[group]) * inverse[group];
                    sum += g;
                }
                scale_grad[c] = static_cast<T>(dot);
                shift_grad[c] = static_cast<T>(sum);
            }
        },
        2 * v.samples * v.pixels);
}

}  // namespace cyclone::kernels
