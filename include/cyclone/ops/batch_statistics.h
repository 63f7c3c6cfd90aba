#pragma once
// The mean and variance of a whole data set for batch norms, instead of running values.

#include <cyclone/tensor/tensor.h>

#include <cstdint>
#include <vector>

namespace cyclone {

/// While one lives, batch_norm() in training adds the mean and variance of its batches up here, in the thread that made
/// it, and leaves the running values as they are. train::renew_batch_statistics() is the usual way to use it.
class BatchStatistics {
public:
    BatchStatistics();
    ~BatchStatistics();
    BatchStatistics(const BatchStatistics&) = delete;
    BatchStatistics& operator=(const BatchStatistics&) = delete;

    std::size_t size() const { return norms_.size(); }  ///< batch norms seen
    /// Writes what was added up as running values: per channel the mean over all rows, and their unbiased variance (of
    /// the whole, not a mean of the batches' variances).
    void store() const;

    static BatchStatistics* mine();  ///< of the calling thread, or nullptr
    /// For batch_norm(): a batch of `rows` values per channel, with its biased variance.
    void add(std::int64_t rows, const Tensor& mean, const Tensor& variance, const Tensor& running_mean,
             const Tensor& running_variance);

private:
    struct Norm {
        Tensor running_mean, running_variance;
        double rows = 0;
        std::vector<double> mean, squares;  // per channel; squares of the distances from the mean
    };
    std::vector<Norm> norms_;
    BatchStatistics* outer_;
};

}  // namespace cyclone
