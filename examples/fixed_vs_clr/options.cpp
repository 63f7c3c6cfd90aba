#include "options.h"

#include <cyclone/base/error.h>
#include <cyclone/base/threads.h>
#include <cyclone/data/augment.h>
#include <cyclone/lab/balance.h>
#include <cyclone/metrics/threshold.h>
#include <cyclone/schedule/parse.h>

#include <algorithm>

#include "support/memory_limit.h"
#include "support/output_folder.h"
#include "support/patches.h"

namespace {

using cyclone::check;
using cyclone::UsageError;

// One line for each name: usage and description.
template <class Names>
std::string name_help(const char* title, const Names& names) {
    std::string text = std::string(title) + ":\n";
    for (const auto& known : names) {
        text += "  " + known.usage;
        text += std::string(known.usage.size() < 34 ? 34 - known.usage.size() : 1, ' ') + known.description + "\n";
    }
    return text;
}

std::vector<std::string> split_at_commas(const char* option, const std::string& text) {
    std::vector<std::string> parts;
    for (std::size_t begin = 0; begin <= text.size();) {
        const std::size_t end = std::min(text.find(',', begin), text.size());
        check<UsageError>(end > begin, option, "expected names separated by commas, got '", text, "'");
        const std::string name = text.substr(begin, end - begin);
        check<UsageError>(std::find(parts.begin(), parts.end(), name) == parts.end(), option, "'", name,
                          "' stands there twice");
        parts.push_back(name);
        begin = end + 1;
    }
    return parts;
}

template <class T>
void override_with(T& value, const std::optional<T>& given) {
    if (given) value = *given;
}

// Each once, in the order of their first mention.
void add_new(std::vector<std::string>& list, const std::vector<std::string>& names) {
    for (const std::string& name : names)
        if (std::find(list.begin(), list.end(), name) == list.end()) list.push_back(name);
}

// The text as given, or "none"; UsageError when it is no augmentation.
std::string checked_augmentation(const std::string& text) {
    return cyclone::data::parse_augmentation(text).any() ? text : "none";
}

// Below the options in --help.
std::string footer() {
    return name_help("Schedules (--schedules)", cyclone::schedule::registry().names()) +
           "  constant:tuned                    the best of a grid of constants on a part of the training set, found "
           "without a\n"
           "                                    remedy and the same in all rows\n\n" +
           name_help("Remedies (--balance)", cyclone::lab::known_balance_names()) +
           "All of them get the same updates and rates. Most make a net answer as if the rare class were not "
           "rare: such\nprobabilities are too high for the data, so a second table sets Brier score, calibration "
           "error and decisions\nat .5 of the probabilities as they are beside those shifted back to the training "
           "set's share of positives.\nThe first table and result.json hold the probabilities as they are; AUC and "
           "AP are the same for both.\n\n" +
           name_help("Augmentation (--augment)", cyclone::data::augmentations().names()) + "\n" +
           name_help("Thresholds (--threshold)", cyclone::metrics::known_threshold_goals()) +
           "\nExamples:\n"
           "  fixed_vs_clr --preset quick\n"
           "  fixed_vs_clr --schedules constant:0.02,triangular,one-cycle --seeds 5 --out runs/mine\n"
           "  fixed_vs_clr --resume --out runs/mine --seeds 8\n"
           "  fixed_vs_clr --preset quick --baselines honest --target-auc 0.95\n"
           "  fixed_vs_clr --preset quick --schedules triangular --balance none,weights,batch:4,focal:2\n"
           "  fixed_vs_clr --data nuclei16 --preset study-1to17 --epochs 4\n"
           "  fixed_vs_clr --data mnist --positive 8 --imbalance 17.5 --epochs 2\n"
           "  fixed_vs_clr --data photos.cyc --epochs 20 --target-auc 0.9\n"
           "Exit codes: 0 finished, 1 failed or stopped by Ctrl-C, 2 wrong options.";
}

// All that the option was given, in one list.
std::vector<std::string> checked_balances(const std::vector<std::string>& given) {
    std::string joined;
    for (const std::string& text : given) joined += (joined.empty() ? "" : ",") + text;
    auto names = split_at_commas("--balance", joined);
    for (const std::string& name : names) cyclone::lab::parse_balance(name);
    return names;
}

void check_values(const Settings& s) {
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
    check<UsageError>(s.momentum >= 0 && s.momentum < 1, "--momentum", "expected a value in [0, 1), got ", s.momentum);
    check<UsageError>(s.checkpoint_minutes >= 0 && s.checkpoint_minutes <= 1e6, "--checkpoint-minutes",
                      "expected 0 to 1000000, got ", s.checkpoint_minutes);
    check<UsageError>(s.evaluate_every >= 0, "--evaluate-every", "expected a number of updates, got ",
                      s.evaluate_every);
    check<UsageError>(!s.target_auc || (*s.target_auc > 0 && *s.target_auc <= 1), "--target-auc",
                      "expected an AUC above 0 and up to 1, got ", s.target_auc.value_or(0));
    check<UsageError>(int{s.overwrite} + int{s.resume} + int{s.report_only} <= 1, "--overwrite",
                      "only one of --overwrite, --resume and --report-only makes sense");
    check<UsageError>(!(s.resume || s.report_only) || !s.out.empty(), "--out", "expected the folder to go on with");
}

}  // namespace

Options::Options(support::CommandLine& line) {
    line.group("Data");
    line.option("--data", data_, support::kDataHelp);
    line.option("--positive", positive_class_, "number of the class to tell from the rest (default: 1 of two classes)");
    line.option("--imbalance", imbalance_, "negatives for each positive, by leaving images out");
    line.option("--positives", positives_, "positive training images to take");
    line.option("--negatives", negatives_, "negative training images to take");
    line.option("--difficulty", difficulty_, "of the synthetic patches: 1 as in the README, more is harder");
    line.option("--data-seed", data_seed_, "of the synthetic patches and of the choice of images");
    line.group("What to compare");
    line.option("--preset", preset_,
                "default (two minutes), quick (seconds), study-1to17 or study-1to36 (the study's sizes)");
    line.option("--schedules", schedules_, "names separated by commas, see below");
    line.option("--baselines", baselines_,
                "what stands beside the cyclical schedules: study (its time decay), honest (constants, one of them "
                "tuned, and the usual decays), all");
    line.option("--base-lr", base_lr_, "lowest rate of the cycle");
    line.option("--max-lr", max_lr_, "highest rate of the cycle");
    line.option("--step-size", step_size_, "half a cycle: 2epochs, or 4000 (updates)");
    line.option("--epochs", epochs_, "passes over the training set");
    line.option("--batch-size", batch_size_, "images an update");
    line.option("--momentum", momentum_, "of SGD; the study used none");
    line.option("--seeds", seeds_, "runs of each schedule, with seeds 1 to N");
    line.option("--balance", balances_,
                "remedies against class imbalance, names separated by commas, see below; every schedule is trained "
                "with each, e.g. none,weights (default: none)");
    line.option("--augment", augment_, "random changes of the training images in all runs, e.g. flip,shift:2");
    line.option("--threshold", threshold_,
                "hold a fifth of the training images out of all runs and tune each run's threshold on it, see below "
                "(default: none, decisions at .5 only)");
    line.group("How to run");
    line.option("--jobs", jobs_, "trainings at a time (default: as many as processors)");
    line.option("--threads", threads_, "threads of each training (default 1)");
    support::memory_limit_option(line, memory_limit_);
    line.option("--checkpoint-minutes", checkpoint_minutes_,
                "between the checkpoints from which --resume goes on in the middle of a run (default 5; 0: none)");
    line.flag("--each-epoch", each_epoch_, "test after every epoch as well (epoch_auc in result.json)");
    line.option("--evaluate-every", evaluate_every_, "updates between tests in the middle of training: AUC curves");
    line.group("Statistics");
    line.option("--baseline", baseline_,
                "schedule the others are compared with (default: constant:mean if it is there, else the first)");
    line.option("--target-auc", target_auc_, "count the updates needed to reach it");
    line.group("Output");
    line.option("--out", out_, "folder for runs, histories, result.json and pictures (default: runs/<preset>-<time>)");
    line.flag("--overwrite", overwrite_, "replace an earlier comparison in --out");
    line.flag("--resume", resume_,
              "go on with the comparison in --out: what is finished stays, runs under way go on from their "
              "checkpoint, new schedules, remedies and seeds are added");
    line.flag("--report-only", report_only_, "train nothing: tables and pictures again from --out");
    line.flag("--quiet", quiet_, "print the tables and the conclusion only");
    line.footer(footer());
}

void Options::apply(Settings& s) const {
    override_with(s.positive_class, positive_class_);
    override_with(s.imbalance, imbalance_);
    override_with(s.positives, positives_);
    override_with(s.negatives, negatives_);
    override_with(s.difficulty, difficulty_);
    override_with(s.data_seed, data_seed_);
    override_with(s.base_lr, base_lr_);
    override_with(s.max_lr, max_lr_);
    override_with(s.epochs, epochs_);
    override_with(s.batch_size, batch_size_);
    override_with(s.momentum, momentum_);
    override_with(s.threads, threads_);
    override_with(s.evaluate_every, evaluate_every_);
    if (each_epoch_) s.each_epoch = true;
    if (!augment_.empty()) s.augment = checked_augmentation(augment_);
    if (!threshold_.empty()) {
        s.threshold = threshold_;
        if (s.threshold != "none") cyclone::metrics::parse_threshold_goal(s.threshold);
    }
    if (step_size_.empty()) return;
    try {
        s.step_size = cyclone::parse_length(step_size_);
    } catch (const UsageError& error) {
        cyclone::fail<UsageError>("--step-size", error.what());
    }
}

Settings Options::settings(const TextPairs* stored) const {
    Settings s = preset_settings(preset_.empty() ? "default" : preset_);
    if (stored) {
        take_over(s, *stored);
        s.schedules.clear();
        s.balances.clear();
        s.seeds = 1;
        if (!preset_.empty()) s.preset = preset_;
    }
    if (!data_.empty()) s.data = data_;
    // The small presets' counts belong to the synthetic patches: a folder is taken whole.
    if (!stored && s.data != "synthetic" && s.preset.rfind("study", 0) != 0) s.positives = s.negatives = -1;
    apply(s);
    // The curve that a target is read off: forty points.
    if (!stored && target_auc_ && !evaluate_every_) s.evaluate_every = -1;

    check<UsageError>(!report_only_ || (schedules_.empty() && baselines_.empty() && balances_.empty() && !seeds_),
                      "--report-only", "trains nothing: leave --schedules, --baselines, --balance and --seeds away");
    std::vector<std::string> asked;
    if (!schedules_.empty()) asked = split_at_commas("--schedules", schedules_);
    if (!baselines_.empty()) {
        const auto cycles = cyclical(stored ? preset_settings(s.preset).schedules : s.schedules);
        asked = with_baselines(baselines_, asked.empty() ? cycles : asked);
    }
    if (stored)
        add_new(s.schedules, asked);
    else if (!asked.empty())
        s.schedules = asked;
    if (!balances_.empty()) s.balances = checked_balances(balances_);
    override_with(s.seeds, seeds_);

    s.jobs = jobs_.value_or(std::max(1, cyclone::available_processors() / std::max(1, s.threads)));
    override_with(s.checkpoint_minutes, checkpoint_minutes_);
    s.memory_limit = support::parse_memory_limit(memory_limit_);
    s.baseline = baseline_;
    s.target_auc = target_auc_;
    s.overwrite = overwrite_;
    s.resume = resume_;
    s.report_only = report_only_;
    s.quiet = quiet_;
    s.out = out_;
    Settings checked = s;
    checked.evaluate_every = std::max<std::int64_t>(0, s.evaluate_every);
    check_values(evaluate_every_ ? s : checked);
    if (s.out.empty()) s.out = "runs/" + s.preset + "-" + support::time_stamp();
    return s;
}
