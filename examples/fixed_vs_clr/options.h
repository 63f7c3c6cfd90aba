#pragma once
// The command line.

#include <optional>
#include <string>
#include <vector>

#include "settings.h"
#include "support/command_line.h"

/// The command line as given; unset values come from the folder that is resumed, else from the preset.
class Options {
public:
    explicit Options(support::CommandLine& line);

    /// The run folder, and how it is to be opened; as in Settings.
    const std::string& out() const { return out_; }
    bool continues() const { return resume_ || report_only_; }
    bool report_only() const { return report_only_; }

    /// Everything in effect, checked for what belongs together: the preset or `stored` (the settings of a folder that
    /// goes on), and what was given on top. UsageError names the option.
    Settings settings(const TextPairs* stored) const;

private:
    void apply(Settings& settings) const;

    std::string preset_, data_, schedules_, baselines_, step_size_, out_, baseline_, augment_, threshold_,
        memory_limit_;
    std::vector<std::string> balances_;
    std::optional<std::int64_t> positives_, negatives_, epochs_, batch_size_, evaluate_every_;
    std::optional<double> checkpoint_minutes_, difficulty_, base_lr_, max_lr_, momentum_, imbalance_, target_auc_;
    std::optional<std::uint64_t> data_seed_;
    std::optional<int> seeds_, jobs_, threads_, positive_class_;
    bool each_epoch_ = false, overwrite_ = false, resume_ = false, report_only_ = false, quiet_ = false;
};
