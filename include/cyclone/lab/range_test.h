#pragma once
// The learning-rate range test (Smith 2017, arXiv 1506.01186, section 3.3): a short training in which the rate rises
// with every update, to see where learning begins and where it breaks. It works on copies, in threads of its own:
// the model, the optimizer, the data and the calling thread's random numbers are afterwards what they were.
//
//     const auto found = lab::range_test(model, lab::sgd({.momentum = 0.9}), train, {.seeds = {1, 2, 3}});
//     if (const auto pair = analysis::suggest_pair(found.curve)) std::cout << pair->base << " to " << pair->max;

#include <cyclone/base/error.h>
#include <cyclone/data/augment.h>
#include <cyclone/data/dataset.h>
#include <cyclone/data/sampler.h>
#include <cyclone/lab/provenance.h>
#include <cyclone/nn/module.h>
#include <cyclone/optim/sgd.h>

#include <atomic>
#include <concepts>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <typeinfo>
#include <vector>

namespace cyclone::lab {

/// How the rate rises from the first to the last update.
enum class Sweep {
    exponential,  ///< by the same factor at every update
    linear,       ///< by the same amount
};

/// What the curve shows.
enum class RangeMetric {
    train_loss,         ///< of each batch, smoothed
    validation_loss,    ///< the others: on the validation set, after every `evaluate_every` updates
    accuracy,           ///< what Smith's paper reads
    balanced_accuracy,  ///< mean recall of the classes: for unbalanced data
};

/// "train loss", "validation loss", "accuracy", "balanced accuracy".
std::string name_of(RangeMetric metric);

/// How to sweep, and what to measure.
struct RangeTestOptions {
    double from = 1e-4;                            ///< rate of the first update, > 0
    double to = 10;                                ///< rate of the last update, unless the training diverges before
    std::int64_t updates = 300;                    ///< of each sweep
    Sweep sweep = Sweep::exponential;              ///< how the rate rises
    std::int64_t batch_size = 32;                  ///< images per update
    std::vector<std::uint64_t> seeds = {1};        ///< one sweep each, with its own shuffles and dropout draws
    RangeMetric metric = RangeMetric::train_loss;  ///< what the curve shows
    const data::Dataset* validation = nullptr;     ///< needed for every metric but train_loss
    std::int64_t evaluate_every = 10;              ///< updates from one validation to the next
    /// Each seed trains on a balanced_subset() with this number of images per class (the study took 3,000); 0: on all.
    std::int64_t balanced = 0;
    double smoothing = 0.9;  ///< weight of the past in the running mean of the loss, in [0, 1)
    /// A sweep ends when its smoothed loss is not finite, or above this multiple of the lowest one so far, or of a
    /// tenth of the first one or half of that of the class fractions, if these are more: noise in a loss that is low,
    /// or was by chance, is not called divergence.
    double stop_factor = 4;
    int jobs = 1;     ///< sweeps at a time
    int threads = 1;  ///< threads of each sweep
    /// As in train::FitOptions, so that the sweep sees what the training sees.
    std::function<Tensor(const Tensor& output, const Tensor& labels)> loss = {};
    data::Sampler sampler = {};            ///< as in train::FitOptions; see balance_batches
    data::Augmentation augmentation = {};  ///< as in train::FitOptions
    /// Where classes are unbalanced (unbalanced()) and neither `sampler` nor `loss` is given, every batch gets as many
    /// images of each class. Else the first fall of the loss is the last bias that learns the class fractions.
    bool balance_batches = true;
    const std::atomic<bool>* stop = nullptr;  ///< when it turns true, the sweeps end as they are
    std::function<void()> on_update = {};     ///< after every update of any sweep, from many threads
};

/// A measured curve: the learning rates of a sweep, rising, and what was seen at each.
struct RateCurve {
    std::vector<double> rate;       ///< > 0 and ascending
    std::vector<double> value;      ///< smoothed loss, or accuracy; from the first non-finite one on it is ignored
    bool higher_is_better = false;  ///< true for accuracies
    double noise = 0;               ///< standard deviation of one value around the true curve; 0: not known
    /// The value of an answer that knows the class fractions and nothing of the image; NaN: not known. Only what lies
    /// beyond it is gain.
    double fractions_only = std::numeric_limits<double>::quiet_NaN();
};

/// How a sweep ended.
enum class SweepEnd { completed, diverged, stopped };

/// One sweep.
struct RangeRun {
    std::uint64_t seed = 0;            ///< of shuffles and dropout
    SweepEnd end = SweepEnd::stopped;  ///< how it ended
    std::vector<double> rate = {};     ///< of each update
    std::vector<double> loss = {};     ///< of its batch, before it
    RateCurve curve = {};              ///< of the metric: the smoothed loss, or what was seen on the validation set
};

/// The sweeps of all seeds, and their mean.
struct RangeTest {
    RangeMetric metric = RangeMetric::train_loss;  ///< as in the options
    bool balanced_batches = false;                 ///< see RangeTestOptions::balance_batches
    std::vector<RangeRun> runs = {};               ///< one per seed
    /// Mean over the runs, as far as all of them came: beyond it at least one had diverged.
    RateCurve curve = {};
    std::vector<double> low = {};   ///< smallest value of the runs, for each point of the curve
    std::vector<double> high = {};  ///< largest value of the runs
    Provenance provenance = {};     ///< of the process that ran it
};

/// The optimizer of a sweep, made for the parameters given. What it says about the rate does not matter: the sweep sets
/// it before each update, for the group with the highest rate; other groups keep their ratio to it.
using OptimizerFactory = std::function<std::unique_ptr<optim::Optimizer>(const std::vector<Tensor>& parameters)>;

/// True when a class has less than four fifths of its fair part of the images, but at least one: 40 % of two classes.
bool unbalanced(std::span<const std::int64_t> class_counts);

/// SGD with these options.
OptimizerFactory sgd(const optim::SgdOptions& options = {});

/// The model of a sweep, a new one each time. The calling thread's generator holds the sweep's seed.
using ModelFactory = std::function<std::unique_ptr<nn::Module>()>;

/// The range test on models that are made for it, so that seeds differ in their first weights too.
/// UsageError for options that cannot work; Error from the data, the model, the optimizer.
RangeTest range_test(const ModelFactory& model, const OptimizerFactory& optimizer, const data::Dataset& train,
                     const RangeTestOptions& options = {});

/// The range test on copies of `model` as it is. Its type must be the model's own and copyable (a plain nn::Module& is
/// neither: hand over a factory then). To go on from an optimizer in use, let the factory load its state:
/// `[&](const auto& p) { auto o = std::make_unique<optim::Sgd>(p, options); o->load_state_dict(sgd.state_dict());
/// return o; }`.
template <std::derived_from<nn::Module> M>
RangeTest range_test(const M& model, const OptimizerFactory& optimizer, const data::Dataset& train,
                     const RangeTestOptions& options = {}) {
    static_assert(std::copy_constructible<M>, "the range test works on copies: give it a ModelFactory");
    check<UsageError>(typeid(model) == typeid(M), "range_test",
                      "expected the model by its own type, got a reference to its base (hint: a ModelFactory)");
    return range_test(ModelFactory([&model] { return std::make_unique<M>(nn::clone(model)); }), optimizer, train,
                      options);
}

/// `per_class` images of each class, or as many as the smallest class has. Which ones depends on the seed; they keep
/// the order of the data, its classes and its standardisation. Error when a class has no image.
data::Dataset balanced_subset(const data::Dataset& dataset, std::int64_t per_class, std::uint64_t seed);

}  // namespace cyclone::lab
