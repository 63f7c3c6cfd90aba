#pragma once
// What `cyclone find-lr` is asked to do.

#include <cyclone/lab/range_test.h>

#include <cstdint>
#include <optional>
#include <string>

#include "cli/data_options.h"
#include "cli/options.h"
#include "cli/patches.h"

namespace cyclone::cli {

struct FindLrSettings {
    PatchSource source{.command = "find-lr", .positives = 270, .negatives = 4'730};
    lab::RangeTestOptions test;  ///< without validation set and stop flag
    std::optional<std::int64_t>
        trials;                     ///< updates of each trial cycle; 0: no trials; default: half of those of a sweep
    std::string model = "study";    ///< see nn::parse_model()
    std::string optimizer = "sgd";  ///< see optim::parse()
    double momentum = 0;
    std::string rebalance;         ///< see train::parse_rebalancing(); empty: balanced batches where classes are not
    std::string augment = "none";  ///< see data::parse_augmentation()
    DataOptions reading;
    std::string out;
    bool overwrite = false, quiet = false, json = false;

    bool silent() const { return quiet || json; }

    /// Names and values of everything in effect.
    Settings listed() const;
};

class FindLrOptions {
public:
    explicit FindLrOptions(Options& options);
    /// Checks what belongs together. UsageError names the option.
    FindLrSettings settings();

private:
    FindLrSettings s_;
    std::string metric_ = "train-loss";
    std::optional<std::int64_t> positives_, negatives_;
    std::optional<int> jobs_;
    int seeds_ = 3;
    std::uint64_t first_seed_ = 1;
    bool linear_ = false;
};

}  // namespace cyclone::cli
