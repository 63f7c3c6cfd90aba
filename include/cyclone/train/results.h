#pragma once
// The results of a model on one set of images, for people and for programs.

#include <cyclone/metrics/predictions.h>

#include <iosfwd>
#include <string>

namespace cyclone::train {

/// For two classes the metrics of the probabilities, then those of the decisions at 0.5 and at `threshold` side by
/// side. For more, averages (macro and weighted), one line per class, and the confusion matrix where it has at most 20
/// classes. Undefined values are "n/a".
void print_results(std::ostream& out, const metrics::Predictions& predictions, double threshold = 0.5);

/// The same as a JSON object; undefined values are null. The confusion matrix of more than 100 classes is the list
/// "confusion_cells" of [true class, predicted class, images] where there are any. Metrics that a program added to
/// metrics::table() follow under their names.
std::string results_json(const metrics::Predictions& predictions, double threshold = 0.5);

}  // namespace cyclone::train
