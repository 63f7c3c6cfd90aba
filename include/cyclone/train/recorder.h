#pragma once
// Recorders: what is measured during a training, into its history. The weights are the same to the bit with and
// without.
//
//     const History history = train::fit(model, sgd, data, {
//         .epochs = 12, .record = {train::record_norms(), train::record_curvature({.every = 100})}});
//     history.series("gradient_norm")->value

#include <cyclone/base/registry.h>
#include <cyclone/data/batch.h>
#include <cyclone/train/history.h>
#include <cyclone/train/weight_hook.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

namespace cyclone::train {

/// What a recorder may ask of the training, without changing it.
struct RecorderView {
    /// A batch of `images` images (at most all), drawn from the training set by the seed of the training: neither its
    /// sampler nor its augmentation. Of a BatchSource its first batch of this size.
    std::function<data::Batch(std::int64_t images)> batch = {};
    /// Gradients of the training's loss on a batch, in evaluation mode (no dropout, running values of a batch norm) and
    /// in f32, in the place of those that there are; returns the loss. The same bits for any number of threads where
    /// the training has them.
    std::function<double(const data::Batch& batch)> gradients = {};
};

/// An entry of FitOptions::record. It belongs to one training, and its state to the checkpoints.
class Recorder : public WeightHook {
public:
    /// Before begin().
    virtual void prepare(const RecorderView& view) = 0;
    /// Before forward and backward of an update, whose gradients take the place of what this leaves.
    virtual void before_gradients(const optim::Optimizer&) {}
    /// Before the optimizer uses the gradients, which are finite; clipping has not changed them.
    virtual void before_update(const optim::Optimizer&) {}
    /// After after_update(), which comes before that of weight hooks: adds what was measured of the update that was
    /// made.
    virtual void record(History& history) const = 0;
};

/// Euclidean norms over all parameters: gradient_norm (before clipping), weight_norm (before the update), update_norm
/// (of the optimizer's change), of every update; recorders().parse("norms:every=10") gives fewer. Costs some percent.
std::shared_ptr<Recorder> record_norms();

/// Options of record_curvature().
struct CurvatureOptions {
    std::uint64_t every = 100;  ///< updates from one measurement to the next; the first is before update 0
    std::int64_t images = 128;  ///< of the batch, which is the same for all measurements
    int iterations = 6;         ///< each costs two gradients of that batch; the first measurement has 25
    data::Batch batch = {};     ///< in the place of `images`: this one
};

/// Curvature, the eigenvalue of the Hessian of the training's loss that is largest in size, on one batch, before every
/// `every`-th update (largest_curvature() in train/curvature.h): plain gradient descent is stable up to a rate of 2 /
/// curvature. UsageError for options below 1; Error where parameters are not f32.
std::shared_ptr<Recorder> record_curvature(CurvatureOptions options = {});

/// Options of record_path().
struct PathOptions {
    std::uint64_t every = 1;  ///< updates from one measurement to the next; the first is before update 0
    /// Directions to project on: each a tensor per parameter of the optimizer, in its order, such as the difference of
    /// two snapshots. Their lengths do not matter.
    std::vector<std::vector<Tensor>> directions = {};
};

/// Where the weights walk, before every `every`-th update: distance, the Euclidean distance of all parameters from
/// those before the first update of this fit(), and projection_1, projection_2, ..., how far they have come along each
/// direction. Two directions make a plane to draw a run in. Costs a pass over the weights, and one per direction.
/// UsageError for every below 1 and for directions that do not fit the parameters or have no length.
std::shared_ptr<Recorder> record_path(PathOptions options = {});

/// Recorders by name: norms[:every=1], curvature[:every=100:images=128], path[:every=1].
Registry<std::shared_ptr<Recorder>(Arguments&)>& recorders();
/// Those of a list such as "norms,curvature:every=50". UsageError as of the registry, and for a name that comes twice.
std::vector<std::shared_ptr<Recorder>> parse_recorders(std::string_view text);

}  // namespace cyclone::train
