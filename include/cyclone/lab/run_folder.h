#pragma once
// A comparison on disk. Every file is written whole or not at all, and each run's as soon as it ends, so that whatever
// stops the program, the next start continues from there:
//   config.json          what was asked for, as it was in effect, and the machine of the first start
//   test_labels.txt      a digit (0 or 1) for each test image, in the order of Run::test_probability
//   runs/<name>.json     everything of one finished or diverged Run, with a checksum
//   history/<name>.csv   every update of one run
//   checkpoints/<name>/  from which an unfinished run resumes, until it is done
//   curves.csv, auc.csv  the thinned curves and the AUC during training, of all runs
//   result.json          analysis::Results

#include <cyclone/data/dataset.h>
#include <cyclone/lab/record.h>
#include <cyclone/lab/run.h>
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

/// What to do with a folder that holds an earlier comparison, or none.
enum class FolderMode {
    create,     ///< a new or empty folder
    overwrite,  ///< the files of an earlier comparison are removed first
    resume,     ///< continue an earlier comparison, or start one in a new or empty folder
    read,       ///< an earlier comparison must be there
};

/// What runs/ holds of the runs asked for.
struct StoredRuns {
    std::vector<Run> runs;             ///< in the order of read_runs()
    std::vector<std::string> damaged;  ///< a sentence for each file that cannot be used; that run must be repeated
};

/// The folder is locked as long as this object lives (flock on its file .lock): one process at a time.
class RunFolder {
public:
    /// Makes `path` ready. UsageError when what is there does not fit the mode; Error when another process works in it
    /// or it cannot be written. Nothing is touched then.
    RunFolder(std::filesystem::path path, FolderMode mode);
    ~RunFolder();
    RunFolder(const RunFolder&) = delete;
    RunFolder& operator=(const RunFolder&) = delete;

    const std::filesystem::path& path() const { return path_; }  ///< of the folder

    /// config.json of an earlier start, if there is one. Error when it is damaged.
    std::optional<ComparisonRecord> read_config() const;
    /// Without a provenance in the record, with that of this process.
    void write_config(const ComparisonRecord& record) const;

    /// Error when the file is missing or holds anything but 0 and 1.
    std::vector<std::int64_t> read_test_labels() const;
    /// test_labels.txt, a digit per image.
    void write_test_labels(std::span<const std::int64_t> labels) const;

    /// The runs of the record's schedules, rebalancings and seeds that have a file, in this order. `test_labels` are
    /// what their probabilities belong to: a run of another test set counts as damaged.
    StoredRuns read_runs(const ComparisonRecord& record, std::span<const std::int64_t> test_labels) const;
    /// A finished or diverged run (others are not written: they are resumed); its checkpoints are removed.
    void write_run(const Run& run) const;
    /// tuning.json: the rates tried for a tuned constant. Nothing when it is missing or damaged.
    std::optional<Tuning> read_tuning() const;
    /// For read_tuning().
    void write_tuning(const Tuning& tuning) const;
    /// For ComparisonOptions::checkpoint_folder.
    std::filesystem::path checkpoint_folder(const Run& run) const;
    /// history/NAME.csv, every update of the run.
    void write_history(const Run& run, const train::History& history) const;

    /// curves.csv: schedule (Run::configuration()), seed, update, learning_rate, loss. auc.csv, when there is any:
    /// schedule, seed, updates, seconds, auc.
    void write_curves(const std::vector<Run>& runs) const;

private:
    std::filesystem::path run_file(const char* folder, const std::string& row, std::uint64_t seed,
                                   const char* extension) const;
    std::optional<Run> read_run(const std::string& row, std::uint64_t seed,
                                std::span<const std::int64_t> test_labels) const;

    std::filesystem::path path_;
    std::unique_ptr<io::FileLock> lock_;
};

}  // namespace cyclone::lab
