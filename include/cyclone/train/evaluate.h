#pragma once
// A model on a dataset: its probabilities, and how good they are.

#include <cyclone/data/batch.h>
#include <cyclone/data/batch_source.h>
#include <cyclone/data/dataset.h>
#include <cyclone/metrics/metric.h>
#include <cyclone/nn/module.h>
#include <cyclone/ops/precision.h>
#include <cyclone/train/data_view.h>
#include <cyclone/train/diverged.h>

#include <functional>
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
    /// For Evaluation::loss: see FitOptions::batch_loss and batch_weight. Of the images as they are, also with
    /// `mirror`; predict() asks for neither.
    std::function<Tensor(const data::Batch& batch)> batch_loss = {};
    std::function<double(const data::Batch& batch)> batch_weight = {};  ///< see batch_loss
};

/// Every metric of metrics::table(), for two classes (class 1 is the positive one, decisions at 0.5) as for more
/// (macro averages, see metrics::MetricValues); of a dataset without classes they are NaN, and class_names is empty.
/// Printable.
struct Evaluation : metrics::MetricValues {
    std::int64_t samples = 0;              ///< of the data
    std::vector<std::string> class_names;  ///< of the data
    double loss = 0;                       ///< mean cross-entropy of the true class, in nats; or what evaluate() says
    std::optional<metrics::ConfusionMatrix> confusion;  ///< evaluate() sets it where there are classes
    /// Mean of |output - target| of a dataset of targets alone.
    std::optional<double> mean_absolute_error = std::nullopt;

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

/// The metrics of predictions(), and the loss. Of a dataset of fewer than two classes the loss alone: that of a
/// batch_loss, for which forward() is not asked; else the mean squared error of model(x) from the dataset's targets,
/// and their mean absolute error. Errors: those of predict(); a dataset with neither classes nor targets nor a
/// batch_loss.
Evaluation evaluate(nn::Module& model, const data::Dataset& dataset, const EvaluateOptions& options = {});

/// The same of batches that the program makes, those of epoch 0 with seed 0, of EvaluateOptions::batch_size images
/// each. With class_names it has classes, and every batch its labels; without them the batches have targets, or there
/// is a batch_loss. Errors: also batches that do not.
Evaluation evaluate(nn::Module& model, const data::BatchSource& source, const EvaluateOptions& options = {});

/// The one of them that it is; Error of nothing.
Evaluation evaluate(nn::Module& model, const DataView& data, const EvaluateOptions& options = {});

}  // namespace cyclone::train
