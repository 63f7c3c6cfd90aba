#pragma once
// Runs by configuration (private).

#include <cyclone/lab/run.h>
#include <cyclone/metrics/uncertainty.h>

#include <string>
#include <vector>

namespace cyclone::analysis {

using RunList = std::vector<const lab::Run*>;

/// The runs of one configuration, which differ in the seed only.
struct Group {
    std::string name, schedule, rebalancing, average;
    RunList runs, finished;
};

/// In the order of the runs.
inline std::vector<Group> group_runs(const std::vector<lab::Run>& runs) {
    std::vector<Group> groups;
    for (const lab::Run& run : runs) {
        const std::string name = run.configuration();
        std::size_t g = 0;
        while (g < groups.size() && groups[g].name != name) ++g;
        if (g == groups.size()) groups.push_back({name, run.schedule, run.rebalancing, run.average, {}, {}});
        groups[g].runs.push_back(&run);
        if (run.status == lab::RunStatus::finished) groups[g].finished.push_back(&run);
    }
    return groups;
}

/// The probabilities of the runs that have any.
inline metrics::ModelScores scores_of(const RunList& runs) {
    metrics::ModelScores models;
    for (const lab::Run* run : runs)
        if (!run->test_probability.empty()) models.emplace_back(run->test_probability);
    return models;
}

}  // namespace cyclone::analysis
