// Means and variances of batches, merged in f64 (Chan, Golub and LeVeque 1979).

#include <cyclone/base/error.h>
#include <cyclone/ops/batch_statistics.h>

#include <algorithm>

namespace cyclone {
namespace {

thread_local BatchStatistics* current = nullptr;

}  // namespace

BatchStatistics::BatchStatistics() : outer_(current) { current = this; }
BatchStatistics::~BatchStatistics() { current = outer_; }
BatchStatistics* BatchStatistics::mine() { return current; }

void BatchStatistics::add(std::int64_t rows, const Tensor& mean, const Tensor& variance, const Tensor& running_mean,
                          const Tensor& running_variance) {
    auto norm =
        std::find_if(norms_.begin(), norms_.end(), [&](const Norm& n) { return n.running_mean.is_same(running_mean); });
    if (norm == norms_.end()) {
        const auto channels = static_cast<std::size_t>(mean.numel());
        norm = norms_.insert(norm, {running_mean, running_variance, 0, std::vector<double>(channels, 0),
                                    std::vector<double>(channels, 0)});
    }
    const double n = norm->rows, m = static_cast<double>(rows), all = n + m;
    visit_floating(mean.dtype(), "batch_norm", [&](auto zero) {
        using T = decltype(zero);
        for (std::size_t c = 0; c < norm->mean.size(); ++c) {
            const double difference = static_cast<double>(mean.data<T>()[c]) - norm->mean[c];
            norm->mean[c] += difference * m / all;
            norm->squares[c] += static_cast<double>(variance.data<T>()[c]) * m + difference * difference * n * m / all;
        }
    });
    norm->rows = all;
}

void BatchStatistics::store() const {
    for (Norm norm : norms_)
        visit_floating(norm.running_mean.dtype(), "batch_norm", [&](auto zero) {
            using T = decltype(zero);
            T *mean = norm.running_mean.mutable_data<T>(), *variance = norm.running_variance.mutable_data<T>();
            for (std::size_t c = 0; c < norm.mean.size(); ++c) {
                mean[c] = static_cast<T>(norm.mean[c]);
                variance[c] = static_cast<T>(norm.squares[c] / std::max(1.0, norm.rows - 1));
            }
        });
}

}  // namespace cyclone
