#pragma once
// What a trained network is worth: metrics of one set of images, for people and programs.

#include <cyclone/data/dataset.h>
#include <cyclone/nn/module.h>
#include <cyclone/report/training_report.h>

#include <cstdint>
#include <iosfwd>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace cyclone::cli {

/// The probabilities of one set; for two classes its metrics depend on the threshold too.
struct Predictions {
    std::vector<std::int64_t> labels;
    std::vector<double> probabilities;  ///< (images, classes)
    std::vector<std::string> class_names;

    std::int64_t classes() const { return static_cast<std::int64_t>(class_names.size()); }
    /// Of class 1.
    std::vector<double> positive() const;
};

Predictions predict_set(nn::Module& model, const data::Dataset& set);

/// The table: for two classes what depends on the threshold at 0.5 and at `threshold` side by side; averages (macro,
/// weighted) and a line per class otherwise; the confusion matrix where it has at most 20 classes.
void print_results(std::ostream& out, const Predictions& predictions, double threshold);

/// What report::write_training_report() takes.
report::ReportedSet reported(const char* name, const Predictions& predictions);

/// The same as JSON; what is not defined is null.
nlohmann::ordered_json results_json(const Predictions& predictions, double threshold);

}  // namespace cyclone::cli
