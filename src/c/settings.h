#pragma once
// The options of a training by key and value, as `cyclone train` has them on its command line.

#include <cyclone/base/registry.h>
#include <cyclone/nn/module.h>
#include <cyclone/ops/precision.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cyclone::c {

/// The defaults are those of `cyclone train`.
struct Settings {
    std::string model = "study", schedule = "one-cycle", step_size = "2epochs", optimizer = "sgd";
    std::optional<double> base_lr;  ///< default: a fifteenth of max_lr
    double max_lr = 0.03, momentum = 0, weight_decay = 0;
    std::string rebalance = "none", augment = "none";
    std::int64_t epochs = 12, batch_size = 32, accumulate = 1;
    std::optional<std::int64_t> slice;
    bool drop_last = false;
    Precision precision = Precision::f32;
    std::string init;
    nn::WeightLayout init_layout = nn::WeightLayout::marked;
    std::uint64_t seed = 1;
    std::string monitor = "min:val_loss", threshold = "f1";
    std::int64_t patience = 0;
    int threads = 0;  ///< 0: those of the calling thread
    double range_from = 1e-4, range_to = 10;
    std::optional<std::int64_t> range_updates;  ///< default: those of a sweep, longer where nothing is learned
    std::optional<std::int64_t> range_trials;   ///< see analysis::FindRatesOptions::trials
    std::int64_t range_seeds = 3, compare_seeds = 3;

    double base() const { return base_lr.value_or(max_lr / 15); }
};

/// UsageError for an unknown key (with the nearest known one) or a value that is out of range.
void set(Settings& settings, std::string_view key, std::string_view value);

/// Every key, for help.
std::vector<NamedItem> setting_names();

}  // namespace cyclone::c
