#pragma once
// report.html of one training: learning rates, losses and metrics while it ran, and what the chosen weights are worth,
// as one page that opens without network or scripts.

#include <cyclone/lab/provenance.h>
#include <cyclone/report/reported_set.h>
#include <cyclone/train/history.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace cyclone::report {

/// What the page shows.
struct TrainingReportInput {
    const train::History& history;              ///< of the training
    std::vector<std::string> class_names = {};  ///< of two, 1 is the positive one
    std::vector<ReportedSet> sets = {};         ///< the confusion matrix and the table of classes are of the last one
    std::int64_t best_epoch = 0;                ///< whose weights were chosen
    std::string chosen_by = {};                 ///< for people: "max:val_auc"
    double threshold = 0.5;                     ///< of two classes, tuned
    std::string threshold_goal = {};            ///< that it was tuned for
    std::vector<std::pair<std::string, std::string>> facts = {};  ///< command, data, options, model, ...
    lab::Provenance provenance = {};                              ///< of the process that trained
    std::string title = "A training";                             ///< heads the page
};

/// Writes the page; the file appears whole or not at all. Every text is escaped and an undefined metric is "n/a".
/// Curves of classes are of the ten with the lowest AUC when there are more, and above 20 classes there is no confusion
/// matrix. Errors: the file cannot be written; no set, fewer than two classes, or a number of probabilities other than
/// images times classes.
void write_training_report(const std::filesystem::path& path, const TrainingReportInput& input);

}  // namespace cyclone::report
