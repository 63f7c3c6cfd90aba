#pragma once
// The small task of the experiments with networks: drawn digits and a CNN that learns them in seconds.

#include <cyclone/data/dataset.h>
#include <cyclone/nn/sequential.h>
#include <cyclone/schedule/schedule.h>
#include <cyclone/train/fit.h>

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "lab/laboratory/bench.h"

namespace cyclone::lab {

inline constexpr std::int64_t kDigitSide = 14;  // pixels
inline constexpr std::int64_t kDigits = 10;     // classes

struct DigitsTask {
    data::Dataset train, test;  ///< standardised by the training set
};

/// New digits for each seed, so that the intervals hold the choice of the data as well.
/// `wrong` is the fraction of training images with the label of the next digit: noise that is left to the end.
DigitsTask draw_digits(std::int64_t train, std::int64_t test, std::uint64_t seed, double wrong = 0);

/// Two convolutions of stride 2 (8 and 16 channels), a dense layer of 64 with dropout in front of it, and the logits:
/// 18,346 parameters. The weights are those of `seed`.
nn::Sequential digits_network(std::uint64_t seed, double dropout = 0);

struct Score {
    double error = kNone;  ///< fraction of wrong answers
    double loss = kNone;   ///< mean cross-entropy
};
/// Of a network; {0.9, kNone} of one whose outputs are not finite: it has learned nothing.
Score score_of(nn::Module& model, const data::Dataset& data);
/// Of probabilities, `kDigits` per image.
Score score_of(std::span<const double> probabilities, const data::Dataset& data);
std::vector<double> probabilities_of(nn::Module& model, const data::Dataset& data);

/// The test error of a network for ratios: no error at all counts as half of one, so that it has a logarithm, and a
/// training that was not `good` as one that has learned nothing.
double error_above_zero(nn::Module& model, const data::Dataset& test, bool good);
inline double in_percent(double fraction) { return 100 * fraction; }

struct NetworkRun {
    Schedule lr;
    std::int64_t epochs = 1;
    std::int64_t batch_size = 32;
    double momentum = 0;
    std::uint64_t seed = 0;  ///< of the batches
    std::vector<train::WeightHook*> hooks = {};
    std::function<train::Control(const train::UpdateRow&)> after_update = {};
    std::function<train::Control(const train::EpochRow&)> after_epoch = {};
    data::Sampler sampler = {};
};
/// Trains by SGD; false when it diverged.
bool train_network(nn::Module& model, const data::Dataset& data, const NetworkRun& run, const Bench& bench);

/// Updates per epoch.
std::int64_t updates_per_epoch(std::int64_t images, std::int64_t batch_size);

}  // namespace cyclone::lab
