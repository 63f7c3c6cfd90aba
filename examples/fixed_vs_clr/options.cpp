#include "options.h"

#include <cyclone/base/error.h>
#include <cyclone/base/nearest_name.h>
#include <cyclone/base/threads.h>

#include <algorithm>
#include <ctime>

namespace {

using cyclone::check;
using cyclone::Epochs;
using cyclone::UsageError;

const std::vector<std::string> kPresets = {"default", "quick", "study-1to17", "study-1to36"};

// The study: 12 epochs, half cycle 2 epochs = three cycles, rates .002-.03, batch 32. default and quick are its
// shape in small: fewer patches, as many cycles, and rates that suit so few updates.
Settings preset(const std::string& name) {
    Settings s;
    s.preset = name;
    if (name == "study-1to17" || name == "study-1to36") {
        s.positives = 3'459;
        s.negatives = name == "study-1to17" ? 60'541 : 124'541;
        s.epochs = 12;
        s.step_size = Epochs{2};
        s.base_lr = 0.002;
        s.max_lr = 0.03;
        s.schedules = {"time-decay", "constant:base", "constant:mean", "triangular", "triangular2", "exp-range"};
        return s;
    }
    const bool quick = name == "quick";
    s.positives = quick ? 150 : 270;
    s.negatives = quick ? 2'625 : 4'730;
    s.epochs = 6;
    s.step_size = Epochs{1};
    s.base_lr = 0.01;
    s.max_lr = 0.1;
    s.seeds = quick ? 2 : 3;
    s.schedules = {"time-decay", "constant:base", "constant:mean",  "constant:max",
                   "triangular", "triangular2",   "exp-range:0.999"};
    if (quick) s.schedules = {"time-decay", "constant:mean", "triangular"};
    return s;
}

std::string schedule_help() {
    std::string text = "Schedules (--schedules):\n";
    for (const auto& known : cyclone::known_schedule_names()) {
        text += "  " + known.usage;
        text += std::string(known.usage.size() < 34 ? 34 - known.usage.size() : 1, ' ') + known.description + "\n";
    }
    return text;
}

std::vector<std::string> split_at_commas(const std::string& text) {
    std::vector<std::string> parts;
    for (std::size_t begin = 0; begin <= text.size();) {
        const std::size_t end = std::min(text.find(',', begin), text.size());
        check<UsageError>(end > begin, "--schedules", "expected names separated by commas, got '", text, "'");
        const std::string name = text.substr(begin, end - begin);
        check<UsageError>(std::find(parts.begin(), parts.end(), name) == parts.end(), "--schedules", "'", name,
                          "' stands there twice");
        parts.push_back(name);
        begin = end + 1;
    }
    return parts;
}

std::string time_stamp() {
    const std::time_t now = std::time(nullptr);
    std::tm local{};
    localtime_r(&now, &local);
    char text[32];
    std::strftime(text, sizeof text, "%Y%m%d-%H%M%S", &local);
    return text;
}

template <class T>
void override_with(T& value, const std::optional<T>& given) {
    if (given) value = *given;
}

}  // namespace

Options::Options(CLI::App& app) {
    app.option_defaults()->group("Data");
    app.add_option(
        "--data", data_,
        "'synthetic', or a folder with Positive_train.h5, Negative_train.h5, Positive_test.h5, Negative_test.h5");
    app.add_option("--positives", positives_, "positive training images to take");
    app.add_option("--negatives", negatives_, "negative training images to take");
    app.add_option("--difficulty", difficulty_, "of the synthetic patches: 1 as in the README, more is harder");
    app.add_option("--data-seed", data_seed_, "of the synthetic patches and of the choice of images");
    app.option_defaults()->group("What to compare");
    app.add_option("--preset", preset_,
                   "default (two minutes), quick (seconds), study-1to17 or study-1to36 (the study's sizes)");
    app.add_option("--schedules", schedules_, "names separated by commas, see below");
    app.add_option("--base-lr", base_lr_, "lowest rate of the cycle");
    app.add_option("--max-lr", max_lr_, "highest rate of the cycle");
    app.add_option("--step-size", step_size_, "half a cycle: 2epochs, or 4000 (updates)");
    app.add_option("--epochs", epochs_, "passes over the training set");
    app.add_option("--batch-size", batch_size_, "images an update");
    app.add_option("--momentum", momentum_, "of SGD; the study used none");
    app.add_option("--seeds", seeds_, "runs of each schedule, with seeds 1 to N");
    app.option_defaults()->group("How to run");
    app.add_option("--jobs", jobs_, "trainings at a time (default: as many as processors)");
    app.add_option("--threads", threads_, "threads of each training (default 1)");
    app.option_defaults()->group("Output");
    app.add_option("--out", out_, "folder for histories, result.json and the picture (default: runs/<preset>-<time>)");
    app.add_flag("--overwrite", overwrite_, "replace an earlier comparison in --out");
    app.add_flag("--each-epoch", each_epoch_, "test after every epoch as well (epoch_auc in result.json)");
    app.add_flag("--quiet", quiet_, "print the table and the conclusion only");
    app.footer(schedule_help() +
               "\nExamples:\n"
               "  fixed_vs_clr --preset quick\n"
               "  fixed_vs_clr --schedules constant:0.02,triangular,one-cycle --seeds 5 --out runs/mine\n"
               "  fixed_vs_clr --data nuclei16 --preset study-1to17 --epochs 4\n"
               "Exit codes: 0 finished, 1 failed or stopped by Ctrl-C, 2 wrong options.");
}

Settings Options::settings() const {
    if (std::find(kPresets.begin(), kPresets.end(), preset_) == kPresets.end()) {
        const std::string nearest = cyclone::nearest_name(preset_, kPresets);
        cyclone::fail<UsageError>("--preset", "expected default, quick, study-1to17 or study-1to36, got '", preset_,
                                  "'", nearest.empty() ? "" : " (did you mean " + nearest + "?)");
    }
    Settings s = preset(preset_);
    if (!data_.empty()) s.data = data_;
    // The small presets' counts belong to the synthetic patches: a folder is taken whole.
    if (s.data != "synthetic" && s.preset.rfind("study", 0) != 0) s.positives = s.negatives = -1;
    override_with(s.positives, positives_);
    override_with(s.negatives, negatives_);
    override_with(s.difficulty, difficulty_);
    override_with(s.data_seed, data_seed_);
    override_with(s.base_lr, base_lr_);
    override_with(s.max_lr, max_lr_);
    override_with(s.epochs, epochs_);
    override_with(s.batch_size, batch_size_);
    override_with(s.momentum, momentum_);
    override_with(s.seeds, seeds_);
    if (!schedules_.empty()) s.schedules = split_at_commas(schedules_);
    if (!step_size_.empty()) {
        try {
            s.step_size = cyclone::parse_length(step_size_);
        } catch (const UsageError& error) {
            cyclone::fail<UsageError>("--step-size", error.what());
        }
    }
    s.threads = threads_.value_or(1);
    s.jobs = jobs_.value_or(std::max(1, cyclone::available_processors() / std::max(1, s.threads)));
    s.each_epoch = each_epoch_;
    s.overwrite = overwrite_;
    s.quiet = quiet_;
    s.out = out_.empty() ? "runs/" + s.preset + "-" + time_stamp() : out_;

    const auto positive = [](auto value, const char* option) {
        check<UsageError>(value >= 1, option, "expected at least 1, got ", value);
    };
    if (s.positives != -1) positive(s.positives, "--positives");
    if (s.negatives != -1) positive(s.negatives, "--negatives");
    positive(s.epochs, "--epochs");
    positive(s.batch_size, "--batch-size");
    positive(s.seeds, "--seeds");
    positive(s.jobs, "--jobs");
    positive(s.threads, "--threads");
    check<UsageError>(s.base_lr >= 0 && s.base_lr <= s.max_lr, "--base-lr", "expected 0 <= base <= max, got ",
                      s.base_lr, " and --max-lr ", s.max_lr);
    check<UsageError>(s.difficulty >= 0.1 && s.difficulty <= 10, "--difficulty", "expected 0.1 to 10, got ",
                      s.difficulty);
    check<UsageError>(s.momentum >= 0 && s.momentum < 1, "--momentum", "expected a value in [0, 1), got ", s.momentum);
    return s;
}
