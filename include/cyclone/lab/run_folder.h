#pragma once
// A comparison on disk: config.json (as it was in effect), one history CSV a run, curves.csv, result.json.
// Every file is written whole or not at all.

#include <cyclone/lab/comparison.h>
#include <cyclone/lab/summary.h>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace cyclone::lab {

/// What config.json and result.json say besides the figures.
struct ComparisonRecord {
    std::string command;  ///< the command line
    std::string data;     ///< one line: source, counts, shape
    std::vector<std::pair<std::string, std::string>> settings;
    std::vector<std::pair<std::string, std::string>> schedules;  ///< name, Schedule::describe()
    std::vector<std::uint64_t> seeds;
};

class RunFolder {
public:
    /// Makes `path` ready. UsageError if something is there already, unless `overwrite` and it holds an earlier
    /// comparison (config.json), whose files are then removed.
    RunFolder(std::filesystem::path path, bool overwrite);

    const std::filesystem::path& path() const { return path_; }

    void write_config(const ComparisonRecord& record) const;
    /// history/<schedule>-seed<seed>.csv
    void write_history(const Run& run, const train::History& history) const;
    /// curves.csv: schedule, seed, update, learning_rate, loss.
    void write_curves(const std::vector<Run>& runs) const;
    void write_result(const ComparisonRecord& record, const std::vector<Run>& runs,
                      const std::vector<ScheduleSummary>& summaries, const std::vector<std::string>& conclusion) const;

private:
    std::filesystem::path path_;
};

/// The machine in a line each: processor, cores used, library versions.
std::vector<std::pair<std::string, std::string>> machine_facts();

}  // namespace cyclone::lab
