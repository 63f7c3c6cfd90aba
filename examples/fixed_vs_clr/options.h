#pragma once
// What the comparison is asked to do: a preset, and every option that overrides it.

#include <cyclone/schedule/parse.h>

#include <CLI/CLI.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// Everything in effect, after the preset and the command line.
struct Settings {
    std::string preset = "default";
    std::string data = "synthetic";
    std::int64_t positives = 0, negatives = 0;  ///< training images; -1: all there are
    double difficulty = 1;
    std::uint64_t data_seed = 1;
    std::vector<std::string> schedules;
    std::int64_t epochs = 0;
    std::int64_t batch_size = 32;
    double base_lr = 0, max_lr = 0, momentum = 0;
    cyclone::Length step_size = cyclone::Epochs{2};
    int seeds = 3;
    int jobs = 1, threads = 1;
    bool each_epoch = false;
    std::string out;
    bool overwrite = false, quiet = false;
};

/// The command line as given; unset values come from the preset.
class Options {
public:
    explicit Options(CLI::App& app);
    /// Fills in the preset and checks what belongs together. UsageError names the option.
    Settings settings() const;

private:
    std::string preset_ = "default", data_, schedules_, step_size_, out_;
    std::optional<std::int64_t> positives_, negatives_, epochs_, batch_size_;
    std::optional<double> difficulty_, base_lr_, max_lr_, momentum_;
    std::optional<std::uint64_t> data_seed_;
    std::optional<int> seeds_, jobs_, threads_;
    bool each_epoch_ = false, overwrite_ = false, quiet_ = false;
};
