#pragma once
// A training on disk:
//   config.json               what was asked for, and the machine of the first start
//   checkpoints/              from which it resumes, and the weights of the best epoch
//   history.csv               every update
//   training.json, predictions.safetensors
//                             Training: what its page is drawn from
//   result.json               its results, for programs
//   best.safetensors, last.safetensors
//   swa.safetensors, ema.safetensors, snapshot-1.safetensors ..., ensemble.json
//                             averages and snapshots, where they were asked for

#include <cyclone/lab/record.h>
#include <cyclone/lab/run.h>
#include <cyclone/lab/run_folder.h>
#include <cyclone/metrics/metric.h>
#include <cyclone/metrics/predictions.h>
#include <cyclone/train/history.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace cyclone::lab {

/// What the chosen weights predict for one set of images.
struct PredictedSet {
    std::string name;                  ///< "validation", "test"
    metrics::Predictions predictions;  ///< probabilities are stored as f32
};

/// Other weights of a training than the chosen ones, such as an average, beside which they are judged.
struct OtherWeights {
    std::string file;               ///< "swa.safetensors"
    std::string what;               ///< "mean of the weights after 4 cycles"
    metrics::MetricValues metrics;  ///< of the last of Training::sets, decisions at 0.5
};

/// A number that was recorded while training (train/recorder.h), thinned for drawing.
struct RecordedSeries {
    std::string name;                 ///< "gradient_norm"
    std::vector<double> update = {};  ///< rising
    std::vector<double> value = {};   ///< as many
};
/// Of each series at most 150 points: means over pieces of it, each at the first update of its piece.
std::vector<RecordedSeries> thin_out(const std::vector<train::Series>& series);
/// For result.json.
void fields(io::JsonFields& f, RecordedSeries& series);

/// A finished training, for people.
struct Training {
    std::string data = {};                      ///< path, as it was given
    std::vector<std::string> class_names = {};  ///< of two, 1 is the positive one
    std::int64_t best_epoch = 0;                ///< whose weights were chosen
    std::string chosen_by = {};                ///< for people: "max:val_auc"; empty: it had no value, the last is taken
    double threshold = 0.5;                    ///< of two classes, tuned
    std::string threshold_goal = {};           ///< that it was tuned for; empty: it was not
    Curve curve = {};                          ///< learning rate and loss of the updates
    std::vector<train::EpochRow> epochs = {};  ///< of their validation loss and metrics only
    std::vector<PredictedSet> sets = {};       ///< at least one
    std::vector<OtherWeights> others = {};     ///< in the order in which they are shown
    std::vector<RecordedSeries> recorded = {};  ///< where that was asked for
    std::string gave_up = {};                   ///< why it diverged; empty: it did not
};

/// The folder of a training.
class TrainingFolder : public RunFolder {
public:
    /// Makes `path` ready; errors as those of RunFolder.
    TrainingFolder(std::filesystem::path path, FolderMode mode);

    /// config.json of an earlier start, if there is one. Error when it is damaged.
    std::optional<TrainingRecord> read_config() const { return read_record<TrainingRecord>(); }
    /// Without a provenance in the record, with that of this process.
    void write_config(const TrainingRecord& record) const { write_record(record); }

    /// Error when the training is not finished, was made by a version that stored less, or is damaged.
    Training read_training() const;
    /// For read_training().
    void write_training(const Training& training) const;
};

}  // namespace cyclone::lab
