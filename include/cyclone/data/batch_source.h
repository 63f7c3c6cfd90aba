#pragma once
// BatchSource: batches that a program makes itself, in the place of a dataset.

#include <cyclone/data/batch.h>
#include <cyclone/tensor/shape.h>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace cyclone::data {

/// Which batch is wanted.
struct BatchRequest {
    std::int64_t epoch = 0;  ///< from 0
    std::int64_t index = 0;  ///< of the batch in its epoch, from 0
    std::int64_t first = 0;  ///< place of its first image in the epoch
    std::int64_t count = 0;  ///< images
    std::uint64_t seed = 0;  ///< of the loader
};

/// A generator, a simulator, files of another kind: `train::fit(model, optimizer, data::BatchSource{...}, options)`, or
/// a validation set (FitOptions::validation, train::evaluate()), which is asked for epoch 0 with seed 0 each time.
struct BatchSource {
    /// The batch of a request: x (count, image_shape), f32; y (count), i64, unless undefined; targets, weights and more
    /// where a loss uses them, one row per image. A pure function of the request (draw with Random(seed, stream) or a
    /// generator made from epoch and place), so that a training that is resumed sees the same. Called by one thread at
    /// a time, which under LoaderOptions::prefetch is not that of the program.
    std::function<Batch(const BatchRequest& request)> make = {};
    std::int64_t images = 0;  ///< in an epoch
    Shape image_shape = {};   ///< of one image, or row: any rank from 1 on
    /// One per class, for an evaluation of its labels: then every batch has y, in [0, number of names). Empty: of a
    /// training, or without classes.
    std::vector<std::string> class_names = {};
    std::string name = "batches of a program";  ///< for people and checkpoints: a training is resumed by this name only

    /// Throws an Error that begins with `where` unless there is a function, and images of at least one element.
    void validate(std::string_view where) const;
};

}  // namespace cyclone::data
