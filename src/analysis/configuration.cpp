// Runs summed up by configuration.
#include <cyclone/analysis/configuration.h>
#include <cyclone/base/error.h>

#include <algorithm>
#include <cmath>

#include "analysis/groups.h"

namespace cyclone::analysis {
namespace {

void add_finished(Configuration& c, const lab::Run& run, std::optional<double> target_auc) {
    c.sum_lr = run.sum_lr;
    c.mean_lr = run.mean_lr;
    c.updates = run.updates;
    c.seeds.push_back(run.seed);
    c.train_loss.runs.push_back(run.train_loss);
    c.seconds.runs.push_back(run.seconds);
    c.images_per_second.runs.push_back(run.images_per_second);
    c.test.add(run.test);
    c.counts.true_positives += run.test.counts.true_positives;
    c.counts.false_positives += run.test.counts.false_positives;
    c.counts.false_negatives += run.test.counts.false_negatives;
    c.counts.true_negatives += run.test.counts.true_negatives;
    if (!target_auc) return;
    if (const auto point = first_reaching(run, *target_auc)) {
        c.updates_to_target.runs.push_back(static_cast<double>(point->updates));
        c.seconds_to_target.runs.push_back(point->seconds);
    }
}

// Of each epoch, over the runs that came so far.
std::vector<double> epoch_means(const RunList& runs, std::vector<double> lab::Run::*values) {
    std::vector<double> sums, counts;
    for (const lab::Run* run : runs) {
        const auto& of_run = run->*values;
        sums.resize(std::max(sums.size(), of_run.size()));
        counts.resize(sums.size());
        for (std::size_t e = 0; e < of_run.size(); ++e) sums[e] += of_run[e], ++counts[e];
    }
    for (std::size_t e = 0; e < sums.size(); ++e) sums[e] /= counts[e];
    return sums;
}

std::vector<double> mean_probability(const metrics::ModelScores& models) {
    std::vector<double> mean(models.empty() ? 0 : models.front().size());
    for (const auto& scores : models)
        for (std::size_t i = 0; i < mean.size(); ++i) mean[i] += scores[i];
    for (double& value : mean) value /= static_cast<double>(models.size());
    return mean;
}

}  // namespace

metrics::MeanSd Spread::value() const {
    return runs.empty() ? metrics::MeanSd{std::nan(""), std::nan(""), 0} : metrics::mean_sd(runs);
}

void MetricSpreads::add(const metrics::MetricValues& run) {
    for (const metrics::Metric& metric : metrics::table()) spreads_[metric.name].runs.push_back(run[metric]);
}

const Spread& MetricSpreads::operator[](std::string_view metric) const {
    static const Spread none;
    const auto found = spreads_.find(metric);
    return found == spreads_.end() ? none : found->second;
}

std::optional<lab::AucPoint> first_reaching(const lab::Run& run, double target) {
    for (const lab::AucPoint& point : run.auc_curve)
        if (point.auc >= target) return point;
    return std::nullopt;
}

ConfidentErrors confident_errors(std::span<const std::int64_t> labels, std::span<const double> probability,
                                 std::size_t count) {
    check(labels.size() == probability.size(), "confident_errors", "expected a probability for each of ", labels.size(),
          " labels, got ", probability.size());
    ConfidentErrors errors;
    for (std::size_t i = 0; i < labels.size(); ++i) {
        const ConfidentError error{static_cast<std::int64_t>(i), probability[i]};
        if (labels[i] == 1 && probability[i] <= 0.5) errors.false_negatives.push_back(error);
        if (labels[i] == 0 && probability[i] > 0.5) errors.false_positives.push_back(error);
    }
    std::stable_sort(errors.false_negatives.begin(), errors.false_negatives.end(),
                     [](const auto& a, const auto& b) { return a.probability < b.probability; });
    std::stable_sort(errors.false_positives.begin(), errors.false_positives.end(),
                     [](const auto& a, const auto& b) { return a.probability > b.probability; });
    errors.false_negatives.resize(std::min(errors.false_negatives.size(), count));
    errors.false_positives.resize(std::min(errors.false_positives.size(), count));
    return errors;
}

std::vector<Configuration> configurations_of(const std::vector<lab::Run>& runs, std::span<const std::int64_t> labels,
                                             std::optional<double> target_auc) {
    std::vector<Configuration> configurations;
    for (const Group& group : group_runs(runs)) {
        Configuration& c = configurations.emplace_back();
        c.name = group.name;
        c.schedule = group.schedule;
        c.rebalancing = group.rebalancing;
        for (const lab::Run* run : group.runs) {
            if (run->status == lab::RunStatus::finished) add_finished(c, *run, target_auc);
            c.diverged += run->status == lab::RunStatus::diverged;
            c.stopped += run->status == lab::RunStatus::stopped;
        }
        c.epoch_loss = epoch_means(group.finished, &lab::Run::epoch_loss);
        c.epoch_auc = epoch_means(group.finished, &lab::Run::epoch_auc);
        c.curves = curves_of(group.runs, labels);
        const auto probability = labels.empty() ? std::vector<double>() : mean_probability(scores_of(group.finished));
        if (!probability.empty()) c.errors = confident_errors(labels, probability);
    }
    return configurations;
}

}  // namespace cyclone::analysis
