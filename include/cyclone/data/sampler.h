#pragma once
// Samplers: which samples an epoch visits, and in what order. `Loader(train, {.sampler = sampler::oversample(0.5)})`.
// They see the labels of the dataset given to the loader and nothing else: split first, then sample the training part.

#include <cyclone/base/language.h>

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace cyclone::data {

/// What an order may depend on.
struct SamplerInput {
    std::span<const std::int64_t> labels;  ///< of the dataset, each in [0, classes)
    std::int64_t classes = 2;              ///< number of classes
    std::int64_t batch_size = 32;          ///< of the loader
    std::uint64_t seed = 0;                ///< of the loader
    std::int64_t epoch = 0;                ///< from 0
};

/// An immutable value. The order of an epoch is a pure function of SamplerInput, so that a resumed run sees what an
/// uninterrupted one would have seen; its length is the same in every epoch, and makes Loader::batches_per_epoch().
class Sampler {
public:
    /// Indices into the dataset, in the order of the epoch.
    using Order = std::function<std::vector<std::int64_t>(const SamplerInput&)>;

    /// Every sample once, shuffled (or in the order of the data: LoaderOptions::shuffle).
    Sampler() = default;
    /// A sampler of your own; `name` is for people.
    Sampler(std::string name, Order order) : name_(std::move(name)), order_(std::move(order)) {}

    bool plain() const { return !order_; }             ///< every sample once
    const std::string& name() const { return name_; }  ///< for people
    /// Indices into the dataset. Error when the sampler gives none or one outside the dataset.
    std::vector<std::int64_t> order(const SamplerInput& input) const;

private:
    std::string name_ = "plain";
    Order order_;
};

/// The order in which epoch `epoch` visits `count` samples once each: a pure function of its arguments.
std::vector<std::int64_t> epoch_order(std::int64_t count, std::uint64_t seed, std::int64_t epoch);

namespace sampler {

/// Draws with replacement, every class equally likely: sample i with a probability proportional to
/// 1 / (samples of its class). As many draws as samples. Errors: an empty class.
Sampler balanced();

/// Options of balanced_batch().
struct BalancedBatchOptions {
    /// In each batch of the sampler (in fit() all images of an update), of class 1 in data of two classes; the rest are
    /// negatives. 0: batch_size / classes of each class, and what is left over goes round the classes.
    std::int64_t positives = 0;
};

/// Batches with a fixed number of each class, shuffled within. An epoch has ceil(samples / batch_size) batches, all of
/// them full, so that schedules in epochs keep their lengths. Each class is visited in a random order that starts over,
/// in another order, when it is used up; a class that is larger than its fraction is not seen whole in every epoch.
/// Errors: positives outside [1, batch_size - 1] or for other than two classes, batch_size < classes, an empty class.
Sampler balanced_batch(BalancedBatchOptions options = {});

/// Raises every class to at least floor(ratio * size of the largest) by drawing some of its samples again (with
/// replacement, other ones each epoch); all samples occur at least once. For two classes imbalanced-learn's
/// RandomOverSampler, but that classes above the ratio stay as they are. An epoch grows. Errors: ratio outside (0, 1],
/// an empty class.
Sampler oversample(double ratio = 1);

/// Cuts every class to at most floor(size of the smallest / ratio) samples, without replacement; other ones each epoch,
/// or with `every_epoch` false the same ones always (imbalanced-learn's RandomUnderSampler, which samples once). An
/// epoch shrinks. Errors as oversample.
Sampler undersample(double ratio = 1, bool every_epoch = true);

/// How often each class occurs in an epoch of `sampler`, for two-class data the fraction of positives that it trains
/// with.
std::vector<std::int64_t> class_counts(const Sampler& sampler, const SamplerInput& input);

}  // namespace sampler
}  // namespace cyclone::data
