#pragma once
// A comparison on disk. Each run's files are written as soon as it ends:
//   config.json          what was asked for, as it was in effect, and the machine of the first start
//   test_labels.txt      a digit (0 or 1) for each test image, in the order of Run::test_probability
//   runs/<name>.json     everything of one finished or diverged Run, with a checksum
//   history/<name>.csv   every update of one run
//   checkpoints/<name>/  from which an unfinished run resumes, until it is done
//   curves.csv, auc.csv  the thinned curves and the AUC during training, of all runs
//   result.json          analysis::Results
//   claims/<name>.1      which process trains a run; see share()

#include <cyclone/lab/record.h>
#include <cyclone/lab/run.h>
#include <cyclone/lab/run_folder.h>
#include <cyclone/lab/tuning.h>

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace cyclone::lab {

/// What runs/ holds of the runs asked for.
struct StoredRuns {
    std::vector<Run> runs;             ///< in the order of read_runs()
    std::vector<std::string> damaged;  ///< a sentence for each file that cannot be used; that run must be repeated
};

/// The folder of a comparison.
class ComparisonFolder : public RunFolder {
public:
    /// Makes `path` ready; errors as those of RunFolder.
    ComparisonFolder(std::filesystem::path path, FolderMode mode);

    /// config.json of an earlier start, if there is one. Error when it is damaged.
    std::optional<ComparisonRecord> read_config() const { return read_record<ComparisonRecord>(); }
    /// Without a provenance in the record, with that of this process.
    void write_config(const ComparisonRecord& record) const { write_record(record); }

    /// Error when the file is missing or holds anything but 0 and 1.
    std::vector<std::int64_t> read_test_labels() const;
    /// test_labels.txt, a digit per image.
    void write_test_labels(std::span<const std::int64_t> labels) const;

    /// The runs of the record's schedules, rebalancings and seeds that have a file, in this order. `test_labels` are
    /// what their probabilities belong to: a run of another test set counts as damaged.
    StoredRuns read_runs(const ComparisonRecord& record, std::span<const std::int64_t> test_labels) const;
    /// Lets several processes, also of several machines, train the runs of one comparison, each in its own
    /// ComparisonFolder of this path: a run is claimed before it is trained, and a run of a process that died is taken
    /// over by the next one that looks. All of them need the same options; `test_labels` as in read_runs(). Sets `turn`
    /// and `keeps`, which refer to this folder.
    void share(ComparisonOptions& options, std::span<const std::int64_t> test_labels) const;
    /// As long as what it returns lives, no other process that shares the folder holds this name. Waits for it; null
    /// when `stop` turns true first.
    std::shared_ptr<void> hold(const std::string& name, const std::atomic<bool>* stop = nullptr) const;
    /// A finished or diverged run (others are not written: they are resumed); its checkpoints are removed. The run's
    /// claim is given up.
    void write_run(const Run& run) const;
    /// tuning.json: the rates tried for a tuned constant. Nothing when it is missing or damaged.
    std::optional<Tuning> read_tuning() const;
    /// For read_tuning().
    void write_tuning(const Tuning& tuning) const;
    /// For ComparisonOptions::checkpoint_folder.
    std::filesystem::path checkpoint_folder(const Run& run) const;
    /// tensorboard/NAME/, the same for TensorBoard.
    void write_events(const Run& run, const train::History& history) const;
    /// history/NAME.csv, every update of the run.
    void write_history(const Run& run, const train::History& history) const;

    /// curves.csv: schedule (Run::configuration()), seed, update, learning_rate, loss. auc.csv, when there is any:
    /// schedule, seed, updates, seconds, auc.
    void write_curves(const std::vector<Run>& runs) const;

private:
    RunTurn turn_of(Run& run, std::span<const std::int64_t> test_labels) const;
    std::string claim_of(const Run& run) const;
    std::filesystem::path run_file(const char* folder, const std::string& row, std::uint64_t seed,
                                   const char* extension) const;
    std::optional<Run> read_run(const std::string& row, std::uint64_t seed,
                                std::span<const std::int64_t> test_labels) const;
};

}  // namespace cyclone::lab
