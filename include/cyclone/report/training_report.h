#pragma once
// report.html of one training: learning rates, losses and metrics while it ran, and what the chosen weights are worth,
// as one page that opens without network and is whole without its script, which adds a cursor.

#include <cyclone/lab/record.h>
#include <cyclone/lab/training_folder.h>
#include <cyclone/report/table.h>

#include <filesystem>

namespace cyclone::report {

/// The metrics of the chosen weights and of Training::others on the last set, a row each.
Table weights_table(const lab::Training& training);

/// Writes the page; the file appears whole or not at all. Every text is escaped and an undefined metric is "n/a".
/// Curves of classes are of the ten with the lowest AUC when there are more, and above 20 classes there is no confusion
/// matrix. With a number of seconds an open page loads itself again so often: of a training that goes on. Errors: the
/// file cannot be written; fewer than two classes, no set, probabilities that do not fit.
void write_training_page(const std::filesystem::path& path, const lab::Training& training,
                         const lab::TrainingRecord& record, int refresh_seconds = 0);

/// Everything that shows a training, into `folder`: report.html, and curves.svg where there are two epochs to draw.
void write(const std::filesystem::path& folder, const lab::Training& training, const lab::TrainingRecord& record);

}  // namespace cyclone::report
