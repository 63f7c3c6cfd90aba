#pragma once
// What the comparison is asked to do: the presets, and which of its settings a run folder must agree with.

#include <cyclone/schedule/length.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

/// Everything in effect, after the preset, the folder that is resumed and the command line.
struct Settings {
    // What the figures depend on: all runs of a folder share it.
    std::string preset = "default";
    std::string data = "synthetic";
    int positive_class = -1;  ///< of MNIST; -1: not given
    double imbalance = 0;
    std::int64_t positives = 0, negatives = 0;  ///< training images; -1: all there are
    double difficulty = 1;
    std::uint64_t data_seed = 1;
    std::int64_t epochs = 0;
    std::int64_t batch_size = 32;
    double base_lr = 0, max_lr = 0, momentum = 0;
    cyclone::Length step_size = cyclone::Epochs{2};
    int threads = 1;
    bool each_epoch = false;
    std::int64_t evaluate_every = 0;  ///< updates; 0: not in the middle of training
    std::string augment = "none";     ///< see cyclone::data::parse_augmentation()
    std::string threshold = "none";   ///< see cyclone::metrics::parse_threshold_goal(); none: decisions at .5 only

    // What may grow, or concerns the telling only.
    std::vector<std::string> schedules;
    std::vector<std::string> balances = {"none"};  ///< see cyclone::lab::parse_balance()
    int seeds = 3;
    int jobs = 1;
    double checkpoint_minutes = 5;   ///< 0: no checkpoints
    std::uint64_t memory_limit = 0;  ///< of the data, in bytes; 0: half of what is free
    std::string baseline;
    std::optional<double> target_auc;
    std::string out;
    bool overwrite = false, resume = false, report_only = false, quiet = false;
};

using TextPairs = std::vector<std::pair<std::string, std::string>>;

/// UsageError for an unknown name.
Settings preset_settings(const std::string& name);

/// "default, quick, study-1to17 or study-1to36"
std::string preset_names();

/// The schedules of a named set of baselines, study, honest or all; UsageError for another name. `cycles` are the
/// cyclical schedules that they stand beside.
std::vector<std::string> with_baselines(const std::string& set, const std::vector<std::string>& cycles);

/// The cyclical ones among `schedules`.
std::vector<std::string> cyclical(const std::vector<std::string>& schedules);

/// The first group of Settings as text, exact. A setting younger than run folders that may be gone on with is left out
/// where it has the value that it had before it existed.
TextPairs fixed_settings(const Settings& settings);

/// Takes them over from a run folder. Error naming what is missing or malformed.
void take_over(Settings& settings, const TextPairs& stored);

/// UsageError naming every setting in which the two differ.
void check_agreement(const std::string& folder, const TextPairs& stored, const TextPairs& asked);
