#pragma once
// What a comparison is asked to do, and the part of it on which all runs of a folder agree.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/data_options.h"
#include "cli/options.h"

namespace cyclone::cli {

/// The schedule whose rate is found by trying.
inline constexpr const char* kTuned = "constant:tuned";

/// Everything in effect, after the preset, the folder that is resumed and the command line.
struct CompareSettings {
    // What the results depend on: all runs of a folder have the same.
    std::string preset = "default";
    std::string data = "synthetic";
    std::string positive_class;  ///< by name or number; empty: not given
    DataOptions reading;         ///< how data from files are read
    double imbalance = 0;
    std::int64_t positives = 0, negatives = 0;  ///< training images; -1: all there are
    double difficulty = 1;
    std::uint64_t data_seed = 1;
    std::int64_t epochs = 0;
    std::int64_t batch_size = 32;
    std::string model = "study";    ///< see nn::parse_model()
    std::string optimizer = "sgd";  ///< see optim::parse()
    double base_lr = 0, max_lr = 0, momentum = 0;
    std::string step_size = "2 epochs";
    int threads = 1;
    bool each_epoch = false;
    std::int64_t evaluate_every = 0;  ///< updates; 0: not during training, -1: the default
    std::string augment = "none";     ///< see data::parse_augmentation()
    std::string average = "none";     ///< see lab::ComparisonOptions::averages; names separated by commas
    std::string precision = "f32";    ///< never automatic after CompareOptions::settings()
    std::string threshold = "none";   ///< see metrics::threshold_goals(); none: decisions at 0.5 only

    // What may grow, or concerns the report only.
    std::vector<std::string> schedules;
    std::vector<std::string> rebalance = {"none"};  ///< see train::parse_rebalancing()
    std::string baselines;
    int seeds = 3;
    std::optional<int> tuned_rates;  ///< how many are tried for kTuned; nothing: as the folder has it, or the default
    std::optional<int> jobs;
    double checkpoint_minutes = 5;  ///< 0: no checkpoints
    std::string baseline;
    std::optional<double> target_auc;
    double alike_within = 0.005;  ///< see analysis::Verdict
    std::string out;
    std::string shard;  ///< "2/8"; see find_place()
    bool overwrite = false, resume = false, quiet = false, json = false, watch = false, tensorboard = false;
    bool can_grow = true;  ///< whether compare --resume can add to the folder; not to one of another program

    bool silent() const { return quiet || json; }
    bool tunes_constant() const;                ///< whether kTuned is among the schedules
    std::vector<std::string> averages() const;  ///< the names of `average`
};

/// The names in these texts, which commas separate. UsageError for one that is given twice.
std::vector<std::string> different_names(const char* option, const std::vector<std::string>& texts);

/// The settings that results depend on, as text, exact. Settings added after a run folder was created are omitted
/// where they have the value that they had before, so that old folders can be resumed.
Settings fixed_settings(const CompareSettings& settings);

/// Takes the settings of a folder over, without options. Error naming what is missing or malformed.
CompareSettings settings_of_folder(const Settings& stored);

/// UsageError naming every setting in which the two differ.
void check_agreement(const std::string& folder, const Settings& stored, const Settings& asked);

}  // namespace cyclone::cli
