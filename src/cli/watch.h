#pragma once
// --watch: report.html while runs are under way. The file is replaced as a whole, and an open page loads itself again
// every few seconds until the final one, which does not.

#include <cyclone/lab/training_folder.h>

#include <vector>

#include "cli/comparison.h"
#include "cli/train_job.h"

namespace cyclone::cli {

/// The page of a comparison, after each run that ended.
class WatchedComparison {
public:
    /// Writes the page of the runs that are there already. All arguments have to outlive it.
    WatchedComparison(const CompareSettings& settings, const lab::ComparisonFolder& folder,
                      const lab::ComparisonRecord& record, const ComparisonData& data, std::vector<lab::Run> known);
    void add(const lab::Run& run);  ///< not from two threads at once

private:
    void write() const;
    const CompareSettings& settings_;
    const lab::ComparisonFolder& folder_;
    const lab::ComparisonRecord& record_;
    const ComparisonData& data_;
    std::vector<lab::Run> runs_;
};

/// The page of a training, after each epoch.
class WatchedTraining {
public:
    /// All arguments have to outlive it.
    WatchedTraining(const Job& job, const std::filesystem::path& folder, nn::Module& network)
        : job_(job), folder_(folder), network_(network) {}
    void write(const train::History& history) const;  ///< nothing before the first epoch

private:
    const Job& job_;
    const std::filesystem::path& folder_;
    nn::Module& network_;
};

}  // namespace cyclone::cli
