#pragma once
// Slices: a batch in slices of a fixed number of images, each of which goes through forward and backward in one thread.
// Slices, not threads, fix the order of sums, so the bits are the same for any number of threads, and a step has two
// meeting points where a loop over whole batches has one per layer and pass. A loop of your own:
//
//     train::Slices slices;
//     for (const data::Batch& batch : loader) {
//         sgd.zero_grad();
//         loss = slices.backward(batch.x.size(0), [&](std::int64_t first, std::int64_t count) {
//             const double part = double(count) / double(batch.x.size(0));
//             return part * cross_entropy(model(batch.x.rows(first, count)), batch.y.rows(first, count));
//         });
//         sgd.step();
//     }

#include <cyclone/autograd/gradient_sink.h>
#include <cyclone/nn/module.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

namespace cyclone::train {

class Ranks;
class RankSum;

/// How a batch is cut. The bits of a training depend on it.
struct SliceOptions {
    /// Images per slice, a multiple of 4. A worker has one slice at a time, so a batch occupies as many threads as it
    /// has slices; small slices cost time in each layer (on the study's patches 8 images 7 % more than 16).
    std::int64_t images = 16;
    /// Gradients that are held at a time, each as large as the model: neighbouring slices share one where there are
    /// more.
    std::int64_t sums = 32;
};

/// What fit() takes for a model, images (H, W, C) and a batch: slices of some 130 million multiply-adds (counted
/// without pooling and strides) and of 540 for each weight, so that neither what a slice costs by itself nor the sum of
/// its gradients shows, but at least two; one slice where the whole batch has less than a million; whole groups of rows
/// (nn::Module::row_group()); sums of not more than half a gigabyte. Does not depend on the number of threads.
SliceOptions slice_options(const nn::Module& model, const Shape& image, std::int64_t batch);

/// Works on the Team of the calling thread, which num_threads() sets the size of.
class Slices {
public:
    /// Error unless images is a multiple of 4 and both numbers are at least 1.
    explicit Slices(SliceOptions options = {});
    /// Of several ranks, each of which calls backward() for the same batches: runs only the slices of this one, and
    /// adds up those of all. The leaves of the loss are parameters of `model`, of f32.
    Slices(SliceOptions options, Ranks& ranks, const nn::Module& model);

    /// The number of sums for the slices of `rows` rows: as many threads and ranks have work.
    std::int64_t sums_of(std::int64_t rows) const;
    /// The rows that are this rank's, from first up to second: without ranks all.
    std::pair<std::int64_t, std::int64_t> own_rows(std::int64_t rows) const;

    /// The part of a batch's loss that `count` rows from `first` on have: their share of the mean, one number.
    using Part = std::function<Tensor(std::int64_t first, std::int64_t count)>;

    /// Forward and backward of a batch of `rows`: calls loss() for each slice, in several threads at once, and adds
    /// the gradients to grad() of the leaves in the order of the slices. Returns the sum of the parts; when it is not
    /// finite, no gradient has been added. Draws of default_generator() (dropout) are those of the whole batch.
    /// What the model moves on as it sees rows (the running values of a batch norm with ghost batches) moves after all
    /// slices, in their order. The model must be one that separates rows (nn::Module::separates_rows()), in slices of
    /// its row_group(); the caller looks after that.
    double backward(std::int64_t rows, const Part& loss);

    /// Calls f(first, count) for each slice of `rows` rows, in several threads at once, without recording; Evaluating
    /// and PrecisionScope of the calling thread hold for all.
    void for_each(std::int64_t rows, const std::function<void(std::int64_t first, std::int64_t count)>& f) const;

    /// model(x) slice by slice, without recording; Evaluating, NoGrad and PrecisionScope of the calling thread hold for
    /// all slices, the last one in backward() too.
    /// Where the model does not separate rows: model(x).
    Tensor forward(nn::Module& model, const Tensor& x) const;

private:
    SliceOptions options_;
    std::shared_ptr<RankSum> ranks_;  // null: alone
    std::vector<GradientSink> sinks_;
    std::vector<double> losses_;
};

}  // namespace cyclone::train
