#pragma once
// Comparison: many independent trainings of one network that differ in the schedule, the rebalancing method and the
// seed, several at a time.

#include <cyclone/base/reporter.h>
#include <cyclone/data/augment.h>
#include <cyclone/data/dataset.h>
#include <cyclone/lab/run.h>
#include <cyclone/metrics/threshold.h>
#include <cyclone/nn/sequential.h>
#include <cyclone/optim/optimizer.h>
#include <cyclone/schedule/schedule.h>
#include <cyclone/train/rebalancing.h>
#include <cyclone/train/weight_hook.h>

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace cyclone::lab {

/// A schedule and what it is called in tables and files.
struct NamedSchedule {
    std::string name;   ///< "triangular"
    Schedule schedule;  ///< of the learning rate
};

/// UsageError unless it is one of the names in ComparisonOptions::averages.
void check_average(const std::string& name);

/// What is to be done about a run that another process may be training.
enum class RunTurn {
    train,      ///< here
    done,       ///< it is there already
    elsewhere,  ///< another process trains it
    unsure,     ///< another process did so a while ago: ask again
};

/// What to compare, and how to run it.
struct ComparisonOptions {
    std::vector<NamedSchedule> schedules;  ///< at least one
    /// Every schedule is trained with each of them; empty: without rebalancing.
    std::vector<train::RebalancingMethod> rebalancings = {};
    std::vector<std::uint64_t> seeds = {1, 2, 3};  ///< one run each
    std::int64_t epochs = 12;                      ///< passes over the training set
    std::int64_t batch_size = 32;                  ///< images per update
    double momentum = 0;                           ///< of SGD; the study has none
    /// Makes a run's optimizer with its learning rate; empty: SGD with `momentum`.
    std::function<std::unique_ptr<optim::Optimizer>(const std::vector<Tensor>&, const optim::Hyper&)> optimizer = {};
    int jobs = 1;                          ///< trainings at a time
    int threads = 1;                       ///< threads of each training
    data::Augmentation augmentation = {};  ///< of the training images, in all runs
    /// Images to tune each run's threshold on, which are neither trained on nor tested; null: no threshold is tuned.
    const data::Dataset* held_out = nullptr;
    metrics::ThresholdGoal threshold_goal = metrics::goal::f1();  ///< of these thresholds
    /// Weights that each training is also tested with, Run::averages: "swa", "ema:0.99", "snapshots" (the mean of the
    /// probabilities). They change nothing in the training, so the same schedule with and without is one training.
    std::vector<std::string> averages = {};
    train::WeightTimes swa_times = {};       ///< the same for all schedules, in updates
    train::WeightTimes snapshot_times = {};  ///< as above
    bool evaluate_each_epoch = false;        ///< fills Run::epoch_auc
    std::int64_t evaluate_every = 0;         ///< updates between the points of Run::auc_curve; 0: none
    /// Builds the network from the calling thread's generator, which holds the run's seed; logits of two classes.
    std::function<nn::Sequential()> model;
    std::string command = {};  ///< of this program, for the runs' provenance
    /// Finished runs of an earlier comparison with the same options: taken over where schedule, rebalancing and seed
    /// agree.
    std::vector<Run> known = {};
    /// Where several processes share the runs (ComparisonFolder::share() sets it): asked before each run, from many
    /// threads; `done` comes with the run filled in. What other processes are training when nothing else is left to do
    /// is not waited for: these runs are returned as `stopped`.
    std::function<RunTurn(Run&)> turn = {};
    /// Asked after every update of a run: false ends it, another process trains it by now.
    std::function<bool(const Run&)> keeps = {};
    const std::atomic<bool>* stop = nullptr;  ///< when it turns true, unfinished runs end as `stopped`
    /// Called as each run ends, one at a time, not for known ones; the history is not kept afterwards. What it throws
    /// ends the comparison.
    std::function<void(const Run&, const train::History&)> on_run = {};
    /// Called after every update of any run, from many threads.
    std::function<void()> on_update = {};
    /// The folder for a run's checkpoints; without it there are none. A run whose folder holds checkpoints resumes from
    /// the newest usable one, else restarts and reports it. compare() removes no folder of a run that is done: on_run
    /// or its caller does.
    std::function<std::filesystem::path(const Run&)> checkpoint_folder = {};
    double checkpoint_minutes = 5;  ///< between the checkpoints of a run; also at its start, and when it is stopped
    /// Called when a run resumes after `updates` updates; from many threads.
    std::function<void(const Run&, std::uint64_t updates)> on_resume = {};
    Reporter report = {};  ///< runs that restart
};

/// Trains every schedule with every rebalancing method and seed and tests it. Tests during a training change no other
/// metric and are not counted in its time. For one seed all configurations start from the same weights and dropout
/// draws, and all that do not sample see the same batches, so that their differences are paired. A method that makes
/// epochs longer or shorter (over, under) gets the same number of updates and the same learning rates as the others: an
/// epoch in schedules and curves is always a pass over the unchanged training set. The order of the result is that of
/// the options (schedule by schedule, method by method), whatever the number of jobs and however often runs were
/// stopped and resumed. A run that diverges is a result, not an error. Errors: also a method that does not fit the
/// classes.
std::vector<Run> compare(const data::Dataset& train, const data::Dataset& test, const ComparisonOptions& options);

/// Updates of one run.
std::int64_t updates_per_run(std::int64_t samples, const ComparisonOptions& options);

}  // namespace cyclone::lab
