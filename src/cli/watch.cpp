// Pages of what is under way.

#include "cli/watch.h"

#include <cyclone/cyclone.h>

namespace cyclone::cli {
namespace {

constexpr int kSeconds = 5;  // between two looks of an open page

}  // namespace

WatchedComparison::WatchedComparison(const CompareSettings& settings, const lab::ComparisonFolder& folder,
                                     const lab::ComparisonRecord& record, const ComparisonData& data,
                                     std::vector<lab::Run> known)
    : settings_(settings), folder_(folder), record_(record), data_(data), runs_(std::move(known)) {
    write();
}

void WatchedComparison::add(const lab::Run& run) {
    if (run.status == lab::RunStatus::stopped) return;
    runs_.push_back(run);
    write();
}

void WatchedComparison::write() const {
    const auto results = analysis::analyse(lab::with_averages(runs_), data_.test.labels.values<std::int64_t>(),
                                           analysis_options(settings_, record_));
    report::write_page(folder_.file("report.html"), results, {.test = &data_.test, .refresh_seconds = kSeconds});
}

void WatchedTraining::add(const train::EpochRow& row) {
    epochs_.push_back(row);
    const lab::Training training{.data = job_.s.data,
                                 .class_names = job_.data.train.class_names,
                                 .best_epoch = row.epoch,
                                 .chosen_by = "being the newest: the training goes on",
                                 .curve = lab::thin_out(updates_),
                                 .epochs = epochs_,
                                 .sets = {{"validation", train::predictions(network_, *job_.data.validation)}}};
    report::write_training_page(folder_ / "report.html", training, {.program = "train"}, kSeconds);
}

}  // namespace cyclone::cli
