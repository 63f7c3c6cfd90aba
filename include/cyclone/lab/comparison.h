#pragma once
// Many independent trainings of one net that differ in the schedule, the remedy against class imbalance and the seed,
// several at a time.

#include <cyclone/data/augment.h>
#include <cyclone/data/dataset.h>
#include <cyclone/lab/balance.h>
#include <cyclone/metrics/report.h>
#include <cyclone/metrics/threshold.h>
#include <cyclone/nn/sequential.h>
#include <cyclone/schedule/schedule.h>
#include <cyclone/train/history.h>

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace cyclone::lab {

struct NamedSchedule {
    std::string name;
    Schedule schedule;
};

/// The rate and the mean loss over the run, thinned to 150 points for drawing.
struct Curve {
    std::vector<double> update, learning_rate, loss;
};

/// The curve of a history.
Curve thin_out(const std::vector<train::UpdateRow>& rows);

/// The AUC on the test set in the middle of a training.
struct AucPoint {
    std::uint64_t updates = 0;  ///< made so far
    double seconds = 0;         ///< of training so far, evaluations left out
    double auc = 0;
};

enum class RunStatus { finished, diverged, stopped };
std::string_view name_of(RunStatus status);

/// The remedy that is none.
inline constexpr const char* kNoBalance = "none";

/// What a line of the table stands for: "triangular", or with a remedy against imbalance "triangular + weights".
std::string row_name(const std::string& schedule, const std::string& balance);

/// One training and what came of it. Figures below `status` are those of a finished run.
struct Run {
    std::string schedule;
    std::string balance = kNoBalance;
    std::uint64_t seed = 0;
    RunStatus status = RunStatus::stopped;
    std::string message;  ///< why it did not finish
    std::uint64_t updates = 0;
    double sum_lr = 0;
    double mean_lr = 0;
    double train_loss = 0;  ///< mean over the batches of the last epoch
    double seconds = 0;     ///< wall time of the training alone, without tests in between
    double images_per_second = 0;
    metrics::BinaryReport test;
    std::vector<double> epoch_loss;  ///< mean training loss of each epoch
    std::vector<double> epoch_auc;   ///< AUC on the test set after each epoch; empty unless asked for
    Curve curve;
    std::vector<AucPoint> auc_curve;  ///< empty unless asked for
    std::vector<double>
        test_probability;  ///< of class 1, f32 values, for every test image in the order of the test set
    /// The share of class 1 in the training set, and the one that the probabilities answer for (Balance::trained_prior,
    /// NaN where no such share exists). Both are known only of a run with a remedy: without one they are the same.
    double training_share = std::numeric_limits<double>::quiet_NaN();
    double trained_share = std::numeric_limits<double>::quiet_NaN();
    /// Of ComparisonOptions::threshold_goal on the held-out images; NaN unless asked for, and where no threshold
    /// reaches it. `test` belongs to decisions at .5 all the same.
    double tuned_threshold = std::numeric_limits<double>::quiet_NaN();

    std::string row() const { return row_name(schedule, balance); }
};

struct ComparisonOptions {
    std::vector<NamedSchedule> schedules;
    std::vector<BalanceMethod> balances = {};  ///< every schedule is trained with each of them; empty: with none
    std::vector<std::uint64_t> seeds = {1, 2, 3};
    std::int64_t epochs = 12;
    std::int64_t batch_size = 32;
    double momentum = 0;                   ///< of SGD; the study has none
    int jobs = 1;                          ///< trainings at a time
    int threads = 1;                       ///< threads of each training
    data::Augmentation augmentation = {};  ///< of the training images, in all runs
    /// Images to tune each run's threshold on, which are neither trained on nor tested; null: no threshold is tuned.
    const data::Dataset* held_out = nullptr;
    metrics::ThresholdGoal threshold_goal = metrics::goal::f1();
    bool evaluate_each_epoch = false;
    std::int64_t evaluate_every = 0;  ///< updates between the points of Run::auc_curve; 0: none
    /// Builds the net from the calling thread's generator, which holds the run's seed; logits of two classes.
    std::function<nn::Sequential()> model;
    /// Runs made earlier with the same options: taken over as they are where schedule, balance and seed agree.
    std::vector<Run> known = {};
    const std::atomic<bool>* stop = nullptr;  ///< when it turns true, unfinished runs end as `stopped`
    /// Called as each run ends, one at a time, not for known ones; the history is not kept afterwards. What it throws
    /// ends the comparison.
    std::function<void(const Run&, const train::History&)> on_run = {};
    /// Called after every update of any run, from many threads.
    std::function<void()> on_update = {};
    /// The folder for a run's checkpoints; without it there are none. A run whose folder holds some goes on from the
    /// newest, or begins anew, saying so on standard error, when none is of use. compare() removes no folder of a run
    /// that is done: on_run or its caller does.
    std::function<std::filesystem::path(const Run&)> checkpoint_folder = {};
    double checkpoint_minutes = 5;  ///< between the checkpoints of a run; also at its start, and when it is stopped
    /// Called when a run goes on in the middle, after so many updates; from many threads.
    std::function<void(const Run&, std::uint64_t updates)> on_resume = {};
};

/// Trains every schedule with every remedy and seed and tests it. Tests in the middle of a training change none of its
/// figures and are not counted in its time. For one seed all rows start from the same weights and dropout draws, and
/// all whose remedy does not sample see the same batches, so that their differences are paired. A remedy that makes
/// epochs longer or shorter (over, under) gets as many updates as the others and the same learning rates: an epoch in
/// schedules and curves is always a pass over the unchanged training set. The order of the result is that of the
/// options (schedule by schedule, remedy by remedy), whatever the number of jobs and however
/// often runs were stopped and went on. A run that diverges is a result, not an error. Errors: also a remedy that does
/// not fit the classes.
std::vector<Run> compare(const data::Dataset& train, const data::Dataset& test, const ComparisonOptions& options);

/// Updates of one run.
std::int64_t updates_per_run(std::int64_t samples, const ComparisonOptions& options);

}  // namespace cyclone::lab
