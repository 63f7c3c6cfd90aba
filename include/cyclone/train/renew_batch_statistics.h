#pragma once
// Batch norms of weights that were not trained as they are, such as an average: their statistics from the data.

#include <cyclone/data/dataset.h>
#include <cyclone/data/sampler.h>
#include <cyclone/nn/module.h>

#include <cstdint>

namespace cyclone::train {

/// Options of renew_batch_statistics().
struct RenewOptions {
    std::int64_t batch_size = 512;  ///< images at a time; deeper batch norms see what those before make of such batches
    std::uint64_t seed = 0;         ///< of the order of the images
    data::Sampler sampler = {};     ///< as in the training: which images count how often
    std::int64_t sampler_batch = 0;  ///< images of an update of that training, which the sampler sees; 0: batch_size
};

/// Gives each batch norm of the model that trains the mean and the unbiased variance of its input over a pass through
/// `train`, in f64 over all images and not as a mean of batches. Dropout is off, as it will be in evaluation. Batch
/// norms that are frozen, or in evaluation mode within a model in training mode, keep their values; so does the
/// generator of the calling thread. Returns the number of batch norms; nothing is done where there are none.
std::size_t renew_batch_statistics(nn::Module& model, const data::Dataset& train, const RenewOptions& options = {});

}  // namespace cyclone::train
