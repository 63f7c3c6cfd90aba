// result.json: the results of a comparison for programs.
#include <cyclone/analysis/result_file.h>
#include <cyclone/io/atomic_file.h>

#include "lab/run_json.h"

namespace cyclone::analysis {
namespace {

using lab::figure;
using lab::figures;
using lab::Json;

Json spread(const Spread& s) {
    return {{"mean", figure(s.value.mean)}, {"sd", figure(s.value.sd)}, {"runs", figures(s.runs)}};
}

Json limits(double low, double high) { return Json::array({figure(low), figure(high)}); }

Json difference_json(const RunDifference& d) {
    return {{"mean", figure(d.paired.difference.mean)},
            {"sd", figure(d.paired.difference.sd)},
            {"t_interval", limits(d.paired.low, d.paired.high)},
            {"bootstrap_interval", limits(d.bootstrap.low, d.bootstrap.high)},
            {"t", figure(d.paired.t)},
            {"p", figure(d.paired.p_value)},
            {"p_holm", figure(d.p_holm)}};
}

Json schedule_json(const ScheduleSummary& s) {
    return {{"name", s.name},
            {"sum_lr", figure(s.sum_lr)},
            {"mean_lr", figure(s.mean_lr)},
            {"updates", s.updates},
            {"train_loss", figure(s.train_loss.value.mean)},
            {"seconds", figure(s.seconds.value.mean)},
            {"images_per_second", figure(s.images_per_second.value.mean)},
            {"auc", spread(s.auc)},
            {"average_precision", spread(s.average_precision)},
            {"precision", spread(s.precision)},
            {"recall", spread(s.recall)},
            {"f1", spread(s.f1)},
            {"runs_at_target", s.updates_to_target.runs.size()},
            {"updates_to_target", spread(s.updates_to_target)},
            {"seconds_to_target", spread(s.seconds_to_target)},
            {"seeds", s.seeds},
            {"diverged", s.diverged},
            {"stopped", s.stopped}};
}

Json statistics_json(const Statistics& statistics) {
    Json json{{"baseline", statistics.baseline},
              {"level", statistics.level},
              {"differences", Json::array()},
              {"test_set", Json::array()}};
    for (const BaselineDifference& d : statistics.differences) {
        Json& item = json["differences"].emplace_back();
        item["schedule"] = d.schedule;
        if (d.baseline != statistics.baseline) item["baseline"] = d.baseline;
        item["seeds"] = d.seeds;
        item["verdict"] = name_of(d.verdict);
        item["training_runs"] = {{"auc", difference_json(d.auc)},
                                 {"average_precision", difference_json(d.average_precision)},
                                 {"f1", difference_json(d.f1)}};
        item["test_set"] = {{"auc_difference", figure(d.test_set.difference)},
                            {"delong_interval", limits(d.test_set.low, d.test_set.high)},
                            {"z", figure(d.test_set.z)},
                            {"p", figure(d.test_set.p_value)},
                            {"p_holm", figure(d.test_set_p_holm)}};
    }
    for (const TestSetInterval& t : statistics.test_set)
        json["test_set"].push_back(
            {{"schedule", t.schedule},
             {"auc_delong_interval", limits(t.auc.low, t.auc.high)},
             {"average_precision_bootstrap_interval", limits(t.average_precision.low, t.average_precision.high)},
             {"f1_bootstrap_interval", limits(t.f1.low, t.f1.high)}});
    return json;
}

Json probabilities_json(const std::vector<ProbabilitySummary>& summaries) {
    const auto figures_json = [](const ProbabilityFigures& f) {
        return Json{{"brier", spread(f.brier)},
                    {"ece", spread(f.ece)},
                    {"precision", spread(f.precision)},
                    {"recall", spread(f.recall)},
                    {"f1", spread(f.f1)}};
    };
    Json list = Json::array();
    for (const ProbabilitySummary& s : summaries)
        list.push_back({{"schedule", s.row},
                        {"training_share", figure(s.training_share)},
                        {"trained_share", figure(s.trained_share)},
                        {"as_trained", figures_json(s.as_trained)},
                        {"shifted", figures_json(s.shifted)}});
    return list;
}

Json thresholds_json(const std::vector<ThresholdSummary>& summaries) {
    const auto figures_json = [](const DecisionFigures& f) {
        return Json{{"precision", spread(f.precision)},
                    {"recall", spread(f.recall)},
                    {"f1", spread(f.f1)},
                    {"mcc", spread(f.mcc)}};
    };
    Json list = Json::array();
    for (const ThresholdSummary& s : summaries)
        list.push_back({{"schedule", s.row},
                        {"threshold", spread(s.threshold)},
                        {"runs_without", s.without},
                        {"at_half", figures_json(s.at_half)},
                        {"tuned", figures_json(s.tuned)}});
    return list;
}

}  // namespace

void write_result(const std::filesystem::path& path, const lab::ComparisonRecord& record,
                  const std::vector<lab::Run>& runs, const std::vector<ScheduleSummary>& summaries,
                  const Statistics& statistics, const std::vector<std::string>& conclusion,
                  const std::vector<ProbabilitySummary>& probabilities,
                  const std::vector<ThresholdSummary>& thresholds) {
    Json json;
    json["schedules"] = Json::array();
    for (const ScheduleSummary& summary : summaries) json["schedules"].push_back(schedule_json(summary));
    if (!probabilities.empty()) json["probabilities"] = probabilities_json(probabilities);
    if (!thresholds.empty()) json["thresholds"] = thresholds_json(thresholds);
    json["statistics"] = statistics_json(statistics);
    json["conclusion"] = conclusion;
    json["runs"] = Json::array();
    for (const lab::Run& run : runs) json["runs"].push_back(lab::run_json(run));
    json.update(lab::record_json(record));
    io::write_file_atomically(path, json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
}

}  // namespace cyclone::analysis
