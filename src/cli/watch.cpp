// Pages of what is under way.

#include "cli/watch.h"

#include <cyclone/cyclone.h>

#include <algorithm>

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
    const auto runs = lab::with_averages(runs_);
    auto options = analysis_options(settings_, record_);
    const auto is_baseline = [&](const lab::Run& run) {
        return run.schedule == options.baseline || run.configuration() == options.baseline;
    };
    if (std::none_of(runs.begin(), runs.end(), is_baseline)) options.baseline.clear();  // it is still to come
    const auto results = analysis::analyse(runs, data_.test.labels.values<std::int64_t>(), options);
    report::write_page(folder_.file("report.html"), results, {.test = &data_.test, .refresh_seconds = kSeconds});
}

void WatchedTraining::write(const train::History& history) const {
    if (history.epochs().empty()) return;
    const lab::Training training{.data = job_.s.data,
                                 .class_names = job_.data.train.class_names,
                                 .best_epoch = history.epochs().back().epoch,
                                 .chosen_by = "being the newest: the training goes on",
                                 .curve = lab::thin_out(history.updates()),
                                 .epochs = history.epochs(),
                                 .sets = {{"validation", train::predictions(network_, *job_.data.validation)}},
                                 .recorded = lab::thin_out(history.series())};
    report::write_training_page(folder_ / "report.html", training, {.program = "train"}, kSeconds);
}

}  // namespace cyclone::cli
