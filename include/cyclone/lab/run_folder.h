#pragma once
// A comparison on disk. Every file is written whole or not at all, and each run's as soon as it ends, so that whatever
// stops the program, the next start goes on from there:
//   config.json          what was asked for, as it was in effect, and the machine
//   test_labels.txt      a digit (0 or 1) for each test image, in the order of Run::test_probability
//   runs/<name>.json     everything of one finished or diverged Run, with a checksum
//   history/<name>.csv   every update of one run
//   checkpoints/<name>/  where a run under way goes on, until it is done
//   curves.csv, auc.csv  the thinned curves and the AUC in the middle of training, of all runs
//   result.json          the tables, the statistics, the conclusion and the figures of every run

#include <cyclone/lab/comparison.h>
#include <cyclone/lab/tuning.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace cyclone::io {
class FileLock;
}

namespace cyclone::lab {

/// What config.json and result.json say besides the figures.
struct ComparisonRecord {
    std::string command;  ///< the command line; those of later starts follow after " && "
    std::string data;     ///< one line: source, counts, shape
    std::vector<std::pair<std::string, std::string>> settings;
    std::vector<std::pair<std::string, std::string>> schedules;  ///< name, Schedule::describe()
    std::vector<std::uint64_t> seeds;
    std::vector<std::string> balances = {kNoBalance};  ///< each schedule is trained with every one of them
};

enum class FolderMode {
    create,     ///< a new or empty folder
    overwrite,  ///< an earlier comparison's files are removed first
    resume,     ///< an earlier comparison goes on; a new or empty folder is as good
    read,       ///< an earlier comparison must be there
};

/// What runs/ holds of the runs asked for.
struct StoredRuns {
    std::vector<Run> runs;
    std::vector<std::string> damaged;  ///< a sentence for each file that cannot be used; that run is to be done again
};

/// One process at a time: the folder is locked as long as this object lives (flock on <path>/.lock).
class RunFolder {
public:
    /// Makes `path` ready. UsageError when what is there does not fit the mode; Error when another process works in it
    /// or it cannot be written. Nothing is touched then.
    RunFolder(std::filesystem::path path, FolderMode mode);
    ~RunFolder();
    RunFolder(const RunFolder&) = delete;
    RunFolder& operator=(const RunFolder&) = delete;

    const std::filesystem::path& path() const { return path_; }

    /// config.json of an earlier start, if there is one. Error when it is damaged.
    std::optional<ComparisonRecord> read_config() const;
    void write_config(const ComparisonRecord& record) const;

    /// Error when the file is missing or holds anything but 0 and 1.
    std::vector<std::int64_t> read_test_labels() const;
    void write_test_labels(std::span<const std::int64_t> labels) const;

    /// The runs of the record's schedules, balances and seeds that have a file, in this order. `test_labels` are what
    /// their probabilities belong to: a run of another test set counts as damaged.
    StoredRuns read_runs(const ComparisonRecord& record, std::span<const std::int64_t> test_labels) const;
    /// A finished or diverged run (others are not written: they go on); its checkpoints are removed.
    void write_run(const Run& run) const;
    /// tuning.json: the rates tried for a tuned constant. Nothing when it is missing or damaged.
    std::optional<Tuning> read_tuning() const;
    void write_tuning(const Tuning& tuning) const;
    /// For ComparisonOptions::checkpoint_folder.
    std::filesystem::path checkpoint_folder(const Run& run) const;
    void write_history(const Run& run, const train::History& history) const;

    /// curves.csv: schedule (Run::row()), seed, update, learning_rate, loss. auc.csv, when there is any: schedule,
    /// seed, updates, seconds, auc.
    void write_curves(const std::vector<Run>& runs) const;

private:
    std::filesystem::path run_file(const char* folder, const std::string& row, std::uint64_t seed,
                                   const char* extension) const;
    std::optional<Run> read_run(const std::string& row, std::uint64_t seed,
                                std::span<const std::int64_t> test_labels) const;

    std::filesystem::path path_;
    std::unique_ptr<io::FileLock> lock_;
};

/// The machine in a line each: processor, cores used, library versions.
std::vector<std::pair<std::string, std::string>> machine_facts();

}  // namespace cyclone::lab
