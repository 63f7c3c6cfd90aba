#pragma once
// What the range test is asked to do.

#include <cyclone/lab/range_test.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "support/command_line.h"
#include "support/patches.h"

struct Settings {
    support::PatchSource source{.data = "synthetic", .positives = 270, .negatives = 4'730};
    cyclone::lab::RangeTestOptions test;  ///< without validation set and stop flag
    double momentum = 0;
    std::string out;
    bool overwrite = false, quiet = false;

    /// Names and values of everything in effect.
    std::vector<std::pair<std::string, std::string>> listed() const;
};

class Options {
public:
    explicit Options(support::CommandLine& line);
    /// Checks what belongs together. UsageError names the option.
    Settings settings() const;

private:
    Settings given_;
    std::string metric_ = "train-loss", memory_limit_;
    std::optional<std::int64_t> positives_, negatives_;
    std::optional<int> jobs_;
    int seeds_ = 3;
    bool linear_ = false;
};
