#pragma once
// A model on a dataset: its probabilities, and how good they are.

#include <cyclone/data/dataset.h>
#include <cyclone/metrics/metric.h>
#include <cyclone/nn/module.h>
#include <cyclone/ops/precision.h>
#include <cyclone/train/diverged.h>

#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

namespace cyclone::train {

struct Classifier;
class Ranks;

/// Options of evaluate() and predict().
struct EvaluateOptions {
    std::int64_t batch_size = 512;  ///< has no influence on the result beyond rounding
    /// Processes that each take a part of the batches, and all get the result, with the same bits as one; see
    /// FitOptions::ranks. predict() takes no part.
    Ranks* ranks = nullptr;
    /// Test-time augmentation: logits are the mean of those of an image and of its mirror image (left and right).
    bool mirror = false;
    /// As FitOptions::precision; of a classifier by default its own.
    std::optional<Precision> precision = {};
};

/// Every metric of metrics::table(), for two classes (class 1 is the positive one, decisions at 0.5) as for more
/// (macro averages, see metrics::MetricValues). Printable.
struct Evaluation : metrics::MetricValues {
    std::int64_t samples = 0;                           ///< of the dataset
    std::vector<std::string> class_names;               ///< of the dataset
    double loss = 0;                                    ///< mean cross-entropy of the true class, in nats
    std::optional<metrics::ConfusionMatrix> confusion;  ///< evaluate() always sets it

    /// 0 before evaluate() filled it.
    std::int64_t classes() const { return confusion ? confusion->classes() : 0; }
};

std::ostream& operator<<(std::ostream& out, const Evaluation& evaluation);

/// The logits of two classes, 0 and z, from one logit z of class 1 per image, (N, 1): their softmax is the sigmoid of
/// z. Any other output is returned as it is.
Tensor class_logits(const Tensor& output);

/// Class probabilities (N, C), f32, in the order of the dataset: softmax of class_logits(). The model runs in
/// evaluation mode without recording, and the modes of its modules are not touched: threads may share a model that none
/// trains. Errors: an empty dataset, outputs that are not (batch, C) with at least the dataset's classes, or (batch, 1)
/// for two; Diverged when an output is not finite.
Tensor predict(nn::Module& model, const data::Dataset& dataset, const EvaluateOptions& options = {});

/// predict() with the dataset's labels and class names, in f64.
metrics::Predictions predictions(nn::Module& model, const data::Dataset& dataset, const EvaluateOptions& options = {});

/// Those of a classifier, or of all members of an ensemble: each with its own standardisation of the pixels.
metrics::Predictions predictions(Classifier& classifier, const data::Dataset& dataset,
                                 const EvaluateOptions& options = {});

/// The metrics of predictions(), and the loss.
Evaluation evaluate(nn::Module& model, const data::Dataset& dataset, const EvaluateOptions& options = {});

}  // namespace cyclone::train
