#pragma once
// Run: one training of a comparison and its results.

#include <cyclone/io/json_fields.h>
#include <cyclone/lab/provenance.h>
#include <cyclone/metrics/report.h>
#include <cyclone/train/history.h>
#include <cyclone/train/rebalancing.h>

#include <array>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace cyclone::lab {

/// The learning rate and the mean loss over the run, thinned to 150 pieces for drawing.
struct Curve {
    std::vector<double> update;         ///< one of each piece
    std::vector<double> learning_rate;  ///< of that update
    std::vector<double> loss;           ///< mean over the piece
};

/// The curve of a history: for each of 150 pieces (for every update when there are fewer) its mean loss, and the rate
/// at one of its updates: the first of all, the last of all, and in between the one that spans the largest triangle
/// with the point before and the mean of the piece after (Steinarsson 2013), so that the peaks and feet of cycles stay.
Curve thin_out(const std::vector<train::UpdateRow>& rows);

/// The AUC on the test set during training.
struct AucPoint {
    std::uint64_t updates = 0;  ///< made so far
    double seconds = 0;         ///< of training so far, evaluations left out
    double auc = 0;             ///< on the test set
};

/// How a run ended.
enum class RunStatus { finished, diverged, stopped };
/// All of them.
inline constexpr std::array kStatuses = {RunStatus::finished, RunStatus::diverged, RunStatus::stopped};
/// "finished", "diverged", "stopped"
std::string_view name_of(RunStatus status);

/// Name of a configuration, what runs differ in besides the seed: "triangular", with a rebalancing method
/// "triangular + weights", and of an average "triangular + weights + swa".
std::string configuration_name(const std::string& schedule, const std::string& rebalancing,
                               const std::string& average = {});

/// What an average of the weights of a training, or the ensemble of its snapshots, is worth.
struct AverageResult {
    std::string name;                                                   ///< "swa", see ComparisonOptions::averages
    std::uint64_t taken = 0;                                            ///< weights in it
    metrics::BinaryReport test = {};                                    ///< as Run::test
    std::vector<double> test_probability = {};                          ///< as Run::test_probability
    double tuned_threshold = std::numeric_limits<double>::quiet_NaN();  ///< as Run::tuned_threshold
};

/// One training run and its results; fields below `updates` are valid only for finished runs.
struct Run {
    std::string schedule;                             ///< name
    std::string rebalancing = train::kNoRebalancing;  ///< name of the method
    std::string average = {};                         ///< whose weights these are, "swa"; empty: the last ones
    std::uint64_t seed = 0;                           ///< of weights, batches and dropout
    RunStatus status = RunStatus::stopped;            ///< how it ended
    std::string message = {};                         ///< why it did not finish
    Provenance provenance = {};                       ///< of the process that finished it
    std::uint64_t updates = 0;                        ///< made
    double sum_lr = 0;                                ///< the learning-rate budget: the sum over all updates
    double mean_lr = 0;                               ///< sum_lr / updates
    double train_loss = 0;                            ///< mean over the batches of the last epoch
    double seconds = 0;                               ///< wall time of the training alone, without tests in between
    double images_per_second = 0;                     ///< of training
    metrics::BinaryReport test = {};                  ///< decisions at 0.5
    std::vector<double> epoch_loss = {};              ///< mean training loss of each epoch
    std::vector<double> epoch_auc = {};               ///< AUC on the test set after each epoch; empty unless asked for
    Curve curve = {};                                 ///< of the whole run; of a diverged one as far as it came
    std::vector<AucPoint> auc_curve = {};             ///< empty unless asked for
    /// Of class 1, f32 values, for every test image in the order of the test set.
    std::vector<double> test_probability = {};
    /// The fraction of class 1 in the training set, and the one that the probabilities are calibrated to
    /// (Rebalancing::trained_prior, NaN where there is none). NaN without rebalancing, where both are the same.
    double training_prior = std::numeric_limits<double>::quiet_NaN();
    double trained_prior = std::numeric_limits<double>::quiet_NaN();  ///< see above
    /// Of ComparisonOptions::threshold_goal on the held-out images; NaN unless asked for, and where no threshold
    /// reaches the goal.
    double tuned_threshold = std::numeric_limits<double>::quiet_NaN();
    /// Of the same training; of one that did not finish their names alone.
    std::vector<AverageResult> averages = {};

    /// configuration_name() of this run.
    std::string configuration() const { return configuration_name(schedule, rebalancing, average); }
};

/// The runs, each followed by its averages as runs of their own: the same training, and tests of other weights. Their
/// tests during the training, which were of the weights under way, are left out.
std::vector<Run> with_averages(const std::vector<Run>& runs);

/// What result.json holds of a run: everything but provenance, curves and probabilities; of an unfinished one why.
void fields(io::JsonFields& f, Run& run);

/// The text of a run's file: everything in `run`, and a CRC-32 over it.
std::string run_file_text(const Run& run);

/// The run of such a text, equal to the one written in every field. Error when it is damaged in any way.
Run parse_run_file(std::string_view text);

}  // namespace cyclone::lab
