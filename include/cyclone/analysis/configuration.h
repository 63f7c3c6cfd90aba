#pragma once
// The runs of a comparison by configuration (schedule and rebalancing method): mean and standard deviation over the
// seeds, and what pictures show of them.

#include <cyclone/analysis/curves.h>
#include <cyclone/lab/run.h>
#include <cyclone/metrics/metric.h>
#include <cyclone/metrics/statistics.h>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cyclone::analysis {

/// One number over runs, in the order of the seeds.
struct Spread {
    std::vector<double> runs;       ///< one value per run
    metrics::MeanSd value() const;  ///< NaN without runs; the sd is NaN for a single run
};

/// Every metric of metrics::table() over runs.
class MetricSpreads {
public:
    void add(const metrics::MetricValues& run);  ///< the metrics of one more run
    /// By Metric::name; an empty one for a metric that was not known.
    const Spread& operator[](std::string_view metric) const;
    Spread& at(const std::string& metric) { return spreads_[metric]; }  ///< a new one for a new name
    bool empty() const { return spreads_.empty(); }                     ///< no run was added

private:
    std::map<std::string, Spread, std::less<>> spreads_;
};

/// An image of the test set that was decided wrongly, with the mean of the seeds' probabilities of class 1.
struct ConfidentError {
    std::int64_t image = 0;  ///< its place in the test set
    double probability = 0;  ///< of class 1
};

/// The most confident errors at a threshold of 0.5, the most confident one first.
struct ConfidentErrors {
    std::vector<ConfidentError> false_negatives;  ///< lowest probability first
    std::vector<ConfidentError> false_positives;  ///< highest probability first
};

/// The `count` most confident errors of each kind. Error when the lists differ in length.
ConfidentErrors confident_errors(std::span<const std::int64_t> labels, std::span<const double> probability,
                                 std::size_t count = 8);

/// The runs of one schedule and rebalancing method together.
struct Configuration {
    std::string name;                  ///< Run::configuration()
    std::string schedule;              ///< as in Run
    std::string rebalancing;           ///< as in Run
    std::vector<std::uint64_t> seeds;  ///< of the finished runs
    int diverged = 0;                  ///< runs that diverged
    int stopped = 0;                   ///< runs that were stopped
    std::uint64_t updates = 0;         ///< of each finished run
    double sum_lr = 0;                 ///< the learning-rate budget
    double mean_lr = 0;                ///< sum_lr / updates
    Spread train_loss;                 ///< of the finished runs, as all below
    Spread seconds;                    ///< of training
    Spread images_per_second;          ///< of training
    MetricSpreads test;                ///< decisions at 0.5
    metrics::BinaryCounts counts;      ///< of all seeds together
    std::vector<double> epoch_loss;    ///< Run::epoch_loss, means over the runs that have it
    std::vector<double> epoch_auc;     ///< Run::epoch_auc, means over the runs that have it
    /// With a target AUC, over the runs that reached it: at the first point of the AUC curve that is not below it.
    Spread updates_to_target;
    Spread seconds_to_target;  ///< the same in seconds of training
    Curves curves;             ///< for pictures
    ConfidentErrors errors;    ///< of the mean probabilities

    /// Whether these are other weights of the trainings of another configuration, such as averages.
    bool is_average() const { return name != lab::configuration_name(schedule, rebalancing); }
};

/// The first point of run.auc_curve with an AUC of at least `target`.
std::optional<lab::AucPoint> first_reaching(const lab::Run& run, double target);

/// One per configuration, in the order of the runs. `labels` are those of the test set, in the order of
/// Run::test_probability; without them there are no curves that need them. Error when a run has another number of
/// probabilities.
std::vector<Configuration> configurations_of(const std::vector<lab::Run>& runs,
                                             std::span<const std::int64_t> labels = {},
                                             std::optional<double> target_auc = std::nullopt);

}  // namespace cyclone::analysis
