// The weights of a first convolution that whitens patches.

#include <cyclone/base/error.h>
#include <cyclone/nn/whitening.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <vector>

namespace cyclone::nn {
namespace {

constexpr const char* kWhere = "whitening_weights";

// A symmetric matrix, and in the columns of `vectors` what diagonalises it.
struct Eigen {
    std::size_t n;
    std::vector<double> a, vectors;

    double& at(std::vector<double>& m, std::size_t i, std::size_t j) const { return m[i * n + j]; }

    // Jacobi's rotations (Golub and Van Loan, Matrix Computations, section 8.5), row by row until nothing is left.
    void diagonalise() {
        constexpr int kMostSweeps = 60;
        vectors.assign(n * n, 0);
        for (std::size_t i = 0; i < n; ++i) at(vectors, i, i) = 1;
        for (int sweep = 0; sweep < kMostSweeps; ++sweep) {
            double off = 0, all = 0;
            for (std::size_t i = 0; i < n; ++i)
                for (std::size_t j = 0; j < n; ++j) (i == j ? all : off) += at(a, i, j) * at(a, i, j);
            if (off <= 1e-28 * all) return;
            for (std::size_t p = 0; p < n; ++p)
                for (std::size_t q = p + 1; q < n; ++q) rotate(p, q);
        }
    }

    void rotate(std::size_t p, std::size_t q) {
        if (at(a, p, q) == 0) return;
        const double theta = (at(a, q, q) - at(a, p, p)) / (2 * at(a, p, q));
        const double t = (theta < 0 ? -1 : 1) / (std::abs(theta) + std::sqrt(theta * theta + 1));
        const double c = 1 / std::sqrt(t * t + 1), s = t * c;
        const auto turn = [c, s](double& x, double& y) {
            const double before = x;
            x = c * before - s * y;
            y = s * before + c * y;
        };
        for (std::size_t k = 0; k < n; ++k) turn(at(a, k, p), at(a, k, q));
        for (std::size_t k = 0; k < n; ++k) turn(at(a, p, k), at(a, q, k));
        for (std::size_t k = 0; k < n; ++k) turn(at(vectors, k, p), at(vectors, k, q));
    }
};

// The mean of p p^T over all patches.
std::vector<double> second_moments(const Tensor& images, std::int64_t kernel, std::size_t n) {
    const std::int64_t rows = images.size(1), columns = images.size(2), channels = images.size(3);
    std::vector<double> sum(n * n, 0), patch(n);
    for (std::int64_t i = 0; i < images.size(0); ++i) {
        const float* image = images.data<float>() + i * rows * columns * channels;
        for (std::int64_t r = 0; r + kernel <= rows; ++r)
            for (std::int64_t c = 0; c + kernel <= columns; ++c) {
                for (std::int64_t k = 0; k < kernel; ++k)
                    std::copy_n(image + ((r + k) * columns + c) * channels, kernel * channels,
                                patch.data() + k * kernel * channels);
                for (std::size_t x = 0; x < n; ++x)
                    for (std::size_t y = x; y < n; ++y) sum[x * n + y] += patch[x] * patch[y];
            }
    }
    const auto count = static_cast<double>(images.size(0) * (rows - kernel + 1) * (columns - kernel + 1));
    for (std::size_t x = 0; x < n; ++x)
        for (std::size_t y = x; y < n; ++y) sum[y * n + x] = sum[x * n + y] /= count;
    return sum;
}

}  // namespace

Tensor whitening_weights(const Tensor& images, std::int64_t kernel, double epsilon) {
    constexpr std::int64_t kMostElements = 1024;
    check(images.defined() && images.rank() == 4 && images.dtype() == DType::f32 && images.numel() > 0, kWhere,
          "expected images (N, H, W, C) of f32, got ",
          images.defined() ? std::string(name_of(images.dtype())) + " " + images.shape().str() : "none");
    check(kernel >= 1 && kernel <= std::min(images.size(1), images.size(2)), kWhere,
          "expected a kernel from 1 to the size of the images, ", images.shape(), ", got ", kernel);
    check(kernel * kernel <= kMostElements / images.size(3), kWhere, "expected patches of at most ", kMostElements,
          " elements, got ", kernel, " x ", kernel, " x ", images.size(3));
    check(std::isfinite(epsilon) && epsilon >= 0, kWhere, "expected a finite epsilon >= 0, got ", epsilon);
    const auto n = static_cast<std::size_t>(kernel * kernel * images.size(3));
    Eigen eigen{n, second_moments(images, kernel, n), {}};
    eigen.diagonalise();
    std::vector<std::size_t> order(n);
    std::iota(order.begin(), order.end(), 0);
    const auto value = [&](std::size_t i) { return std::max(0.0, eigen.a[i * n + i]); };
    std::stable_sort(order.begin(), order.end(), [&](std::size_t x, std::size_t y) { return value(x) > value(y); });
    Tensor out = Tensor::empty({2 * static_cast<std::int64_t>(n), kernel, kernel, images.size(3)});
    float* weight = out.mutable_data<float>();
    for (std::size_t f = 0; f < n; ++f) {
        const double scale = std::sqrt(value(order[f]) + epsilon);
        for (std::size_t k = 0; k < n; ++k) {
            const double w = scale > 0 ? eigen.vectors[k * n + order[f]] / scale : 0;
            weight[f * n + k] = static_cast<float>(w);
            weight[(n + f) * n + k] = static_cast<float>(-w);
        }
    }
    return out;
}

}  // namespace cyclone::nn
