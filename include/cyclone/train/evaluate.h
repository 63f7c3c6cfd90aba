#pragma once
// How good a model is on a dataset.

#include <cyclone/data/dataset.h>
#include <cyclone/metrics/multiclass.h>
#include <cyclone/metrics/report.h>
#include <cyclone/nn/module.h>
#include <cyclone/train/diverged.h>

#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

namespace cyclone::train {

struct EvaluateOptions {
    std::int64_t batch_size = 512;  ///< has no influence on the result beyond rounding
};

/// Printable: the table of metrics::BinaryReport for two classes, otherwise averages and the confusion matrix.
struct Evaluation {
    std::int64_t samples = 0;
    std::vector<std::string> class_names;
    double loss = 0;                              ///< mean cross-entropy of the true class, in nats
    double accuracy = 0;                          ///< share whose highest score is the true class
    std::optional<metrics::BinaryReport> binary;  ///< set for two classes; class 1 is the positive one
    // For more than two classes, as metrics/multiclass.h defines them (macro averages):
    double balanced_accuracy = 0, precision = 0, recall = 0, f1 = 0;
    double auc = 0;  ///< one against the rest; NaN when a class does not occur
    std::optional<metrics::ConfusionMatrix> confusion;
};

std::ostream& operator<<(std::ostream& out, const Evaluation& evaluation);

/// Class probabilities (N, C), f32, in the order of the dataset: softmax of the model's logits. The model runs in
/// evaluation mode without recording; afterwards every module has the mode it had.
/// Errors: an empty dataset, outputs that are not (batch, C) with C >= 2 and at least the dataset's classes; Diverged
/// when an output is not finite.
Tensor predict(nn::Module& model, const data::Dataset& dataset, const EvaluateOptions& options = {});

/// The metrics of predict() against the dataset's labels.
Evaluation evaluate(nn::Module& model, const data::Dataset& dataset, const EvaluateOptions& options = {});

}  // namespace cyclone::train
