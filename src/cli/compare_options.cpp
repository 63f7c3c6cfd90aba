// The options and presets of `cyclone compare`.

#include "cli/compare_options.h"

#include <cyclone/base/error.h>
#include <cyclone/base/nearest_name.h>
#include <cyclone/data/augment.h>
#include <cyclone/lab/comparison.h>
#include <cyclone/metrics/threshold.h>
#include <cyclone/schedule/parse.h>
#include <cyclone/train/rebalancing.h>

#include <algorithm>
#include <cmath>

#include "cli/comparison.h"
#include "cli/patches.h"
#include "cli/process.h"
#include "cli/shared.h"
#include "cli/train_inputs.h"

namespace cyclone::cli {
namespace {

const std::vector<std::string> kPresets = {"default", "quick", "study-1to17", "study-1to36"};

// The study: 12 epochs, half cycle 2 epochs = three cycles, rates 0.002-0.03, batch 32.
CompareSettings study_settings(CompareSettings s) {
    s.positives = 3'459;
    s.negatives = s.preset == "study-1to17" ? 60'541 : 124'541;
    s.epochs = 12;
    s.base_lr = 0.002;
    s.max_lr = 0.03;
    s.schedules = {"time-decay", "constant:base", "constant:mean", "triangular", "triangular2", "exp-range"};
    return s;
}

CompareSettings preset_settings(const std::string& name) {
    if (std::find(kPresets.begin(), kPresets.end(), name) == kPresets.end()) {
        const std::string nearest = nearest_name(name, kPresets);
        fail<UsageError>("--preset", "expected default, quick, study-1to17 or study-1to36, got '", name, "'",
                         nearest.empty() ? "" : " (did you mean " + nearest + "?)");
    }
    CompareSettings s;
    s.preset = name;
    if (name.starts_with("study")) return study_settings(s);
    // The study's shape in small: fewer patches, as many cycles, and rates that suit so few updates.
    const bool quick = name == "quick";
    s.positives = quick ? 150 : 270;
    s.negatives = quick ? 2'625 : 4'730;
    s.epochs = 6;
    s.step_size = "1 epoch";
    s.base_lr = 0.01;
    s.max_lr = 0.1;
    s.seeds = quick ? 2 : 3;
    s.schedules = {"time-decay", "constant:base", "constant:mean",  "constant:max",
                   "triangular", "triangular2",   "exp-range:0.999"};
    if (quick) s.schedules = {"time-decay", "constant:mean", "triangular"};
    return s;
}

std::vector<std::string> cyclical(const std::vector<std::string>& schedules) {
    std::vector<std::string> cycles;
    for (const std::string& name : schedules)
        if (parse_schedule(name, {}).is_cyclical()) cycles.push_back(name);
    return cycles;
}

// The schedules of a set of baselines, and the cyclical ones that they stand beside.
std::vector<std::string> with_baselines(const std::string& set, const std::vector<std::string>& cycles) {
    const std::vector<std::string> study = {"time-decay"};
    const std::vector<std::string> honest = {"time-decay",   "constant:base",  "constant:mean",
                                             "constant:max", "constant:tuned", "linear",
                                             "cosine",       "step",           "one-cycle"};
    const std::vector<std::string> more = {"polynomial", "exponential", "multi-step", "cosine-restarts", "one-cycle-3"};
    check<UsageError>(set == "study" || set == "honest" || set == "all", "--baselines",
                      "expected study, honest or all, got '", set, "'");
    std::vector<std::string> schedules = set == "study" ? study : honest;
    if (set == "all") schedules.insert(schedules.end(), more.begin(), more.end());
    for (const std::string& cycle : cycles)
        if (std::find(schedules.begin(), schedules.end(), cycle) == schedules.end()) schedules.push_back(cycle);
    return schedules;
}

void check_values(const CompareSettings& s) {
    const auto positive = [](auto value, const char* option) {
        check<UsageError>(value >= 1, option, "expected at least 1, got ", value);
    };
    if (s.positives != -1) positive(s.positives, "--positives");
    if (s.negatives != -1) positive(s.negatives, "--negatives");
    positive(s.epochs, "--epochs");
    positive(s.batch_size, "--batch-size");
    positive(s.seeds, "--seeds");
    positive(*s.jobs, "--jobs");
    check_threads(s.threads);
    check<UsageError>(s.alike_within > 0 && std::isfinite(s.alike_within), "--alike-within",
                      "expected a difference above 0, got ", s.alike_within);
    optimizer_of(s.optimizer, s.momentum);
    check<UsageError>(s.checkpoint_minutes >= 0 && s.checkpoint_minutes <= 1e6, "--checkpoint-minutes",
                      "expected 0 to 1000000, got ", s.checkpoint_minutes);
    check<UsageError>(s.evaluate_every >= 0, "--evaluate-every", "expected a number of updates, got ",
                      s.evaluate_every);
    check_target_value(s);
    check<UsageError>(!s.tuned_rates || (*s.tuned_rates >= 3 && *s.tuned_rates <= 1000), "--tuned-rates",
                      "expected 3 to 1000 rates, got ", s.tuned_rates.value_or(0));
    check<UsageError>(!s.resume || !s.out.empty(), "--out", "expected the folder to resume");
}

void check_averages(const std::vector<std::string>& names) {
    try {
        for (const std::string& name : names) lab::check_average(name);
    } catch (const UsageError& error) {
        fail<UsageError>("--average", error.what());
    }
    check<UsageError>(
        std::count_if(names.begin(), names.end(), [](const auto& n) { return n.starts_with("ema"); }) <= 1, "--average",
        "expected one ema at most");
}

void add_data_options(Options& options, CompareSettings& s) {
    options.option("DATA", s.data, kDataHelp).usual();
    options.group("Data");
    options
        .option("--positive CLASS", s.positive_class,
                "name or number of the class to tell from the rest (default: the second of two)")
        .usual();
    options.option(
        "--imbalance", s.imbalance,
        "negatives per positive, by leaving images out (default: as they are); synthetic: as many are drawn");
    options.option("--positives", s.positives, "positive training images to take (default: all; synthetic: 270)");
    options.option("--negatives", s.negatives,
                   "negative training images to take (default: all; synthetic: 4730, or as many as --imbalance says)");
    options.option("--difficulty", s.difficulty, "of the synthetic patches: 1 as in the README, more is harder");
    options.option("--data-seed", s.data_seed, "of the synthetic patches and of the choice of images");
    s.reading.add_meaning(options);
    s.reading.add_image_files(options);
}

void add_training_options(Options& options, CompareSettings& s) {
    options.group("What to compare");
    options
        .option("--preset", s.preset,
                "default (two minutes; what is taken without this option), quick (seconds), study-1to17 or study-1to36 "
                "(the study's sizes)")
        .usual();
    options.option("--schedules LIST", s.schedules, "names separated by commas (default: the preset's)").usual();
    options
        .option("--baselines SET", s.baselines,
                "what stands beside the cyclical schedules: study (its time decay), honest (constants, one of them "
                "tuned, and the usual decays), all")
        .usual();
    options.option("--base-lr", s.base_lr, "lowest rate of the cycle").usual();
    options.option("--max-lr", s.max_lr, "highest rate of the cycle").usual();
    options.option("--step-size LENGTH", s.step_size, "half a cycle: 2epochs, or 4000 (updates)");
    options.option("--epochs", s.epochs, "passes over the training set").usual();
    options.option("--batch-size", s.batch_size, "images per update");
    options.option("--model", s.model, kModelHelp);
    options.option("--optimizer", s.optimizer, "such as sgd:momentum=0.9,nesterov or adamw:weight-decay=0.05");
    options.option("--momentum", s.momentum, "of sgd; the study used none");
    options.option("--tuned-rates N", s.tuned_rates,
                   "constants that constant:tuned tries, from --base-lr to twice --max-lr (default: 6)");
    options.option("--seeds", s.seeds, "runs of each schedule, with seeds 1 to N").usual();
    options.option("--rebalance LIST", s.rebalance,
                   "methods against class imbalance, separated by commas; every schedule is trained with each of them");
    options.option("--augment", s.augment, "random changes of the training images in all runs, such as flip,shift:2");
    options.option(
        "--average LIST", s.average,
        "swa, ema:0.99 or snapshots, separated by commas: rows with the averages of every schedule's weights");
    options.option("--threshold GOAL", s.threshold,
                   "hold a fifth of the training images out of all runs and tune each run's threshold on it (default: "
                   "none, decisions at 0.5 only)");
}

void add_run_options(Options& options, CompareSettings& s) {
    options.group("How to run");
    options.option("--jobs", s.jobs, "trainings at a time (default: as many as processors)").incidental();
    options.option("--threads", s.threads, "threads of each training");
    add_precision(options, s.precision);
    options
        .option("--shard I/N", s.shard,
                "this is the I-th (from 1) of N processes with the same options that share the runs in --out, on this "
                "or other machines (default: what mpirun or Slurm says)")
        .incidental();
    s.reading.add_memory_limit(options);
    options
        .option("--checkpoint-minutes X", s.checkpoint_minutes,
                "between the checkpoints from which --resume resumes a run (0: none)")
        .incidental();
    options.option("--each-epoch", s.each_epoch, "test after every epoch as well (epoch_auc in result.json)");
    options.option("--evaluate-every", s.evaluate_every,
                   "updates between tests during training, for AUC curves; 0: none (default: ten tests per run, with "
                   "a target forty)");
    options.group("Statistics");
    options
        .option("--baseline ROW", s.baseline,
                "schedule that the others are compared with (default: constant:mean if it is there, else the first)")
        .incidental();
    options.option("--target-auc X", s.target_auc, "count the updates needed to reach it").incidental();
    options.option("--alike-within X", s.alike_within, "differences of AUC and AP that do not matter").incidental();
    options.group("Output");
    options
        .option("--out FOLDER", s.out, "for runs, histories, results and report.html (default: runs/<preset>-<time>)")
        .incidental()
        .usual();
    options.option("--overwrite", s.overwrite, "replace an earlier comparison in --out").incidental();
    options
        .option("--watch", s.watch,
                "write report.html as runs end; an open page loads itself again until all have ended")
        .incidental();
    options.option("--tensorboard", s.tensorboard, kTensorboardHelp).incidental();
    options
        .option("--resume", s.resume,
                "resume the comparison in --out: what is finished stays, new schedules, rebalancing methods and seeds "
                "are added")
        .incidental()
        .usual();
    options.option("--quiet", s.quiet, "print the tables and the conclusion only").incidental();
    options.option("--json", s.json, "print the results as JSON, nothing else").incidental();
    options.only_one_of({"--overwrite", "--resume"});
    options.former("--report-only", "a subcommand: cyclone report FOLDER");
}

}  // namespace

CompareOptions::CompareOptions(Options& options) : options_(options), s_(preset_settings("default")) {
    add_data_options(options, s_);
    add_training_options(options, s_);
    add_run_options(options, s_);
    options.example("--preset quick");
    options.example("photos.cyc --schedules constant:0.02,triangular --out run");
    options.example("--resume --out run --seeds 8");
    options.example("mnist --positive 8 --imbalance 17.5 --epochs 2");
    options.example("--preset quick --rebalance none,weights,batch:4,focal:2");
    options.note(
        "Without DATA it draws patches. \"The study\" is that of F. I. Tushar, 2018, whose \"fixed\" rate was a time "
        "decay. cyclone help glossary explains the words of tables and pages.");
    options.note(
        "constant:tuned is a schedule, too: the best of a grid of constants on a part of the training set, found "
        "without rebalancing and the same in all rows.");
    options.note("Exit codes: 0 finished, 1 failed or stopped by Ctrl-C (--resume resumes), 2 wrong use.");
    options.topics(
        {"formats", "schedules", "networks", "layers", "optimizers", "rebalancing", "augmentation", "thresholds"});
}

void CompareOptions::choose_schedules(const Settings* stored) {
    std::vector<std::string> asked;
    if (options_.given("--schedules")) asked = different_names("--schedules", s_.schedules);
    if (!s_.baselines.empty())
        asked = with_baselines(s_.baselines, asked.empty() ? cyclical(preset_settings(s_.preset).schedules) : asked);
    if (stored || !asked.empty()) s_.schedules = asked;
    s_.baselines.clear();  // they are among the schedules now
    s_.rebalance = different_names("--rebalance", s_.rebalance);
    for (const std::string& name : s_.rebalance) train::parse_rebalancing(name);
}

Place CompareOptions::place() const {
    Place place = find_place(s_.shard);
    if (!place.shares()) return place;
    const std::string who = "; this is " + place.text.substr(0, place.text.find(", which")) + " (hint: ";
    const char* alone = "--shard 1/1 for a process that works alone)";
    check<UsageError>(!s_.out.empty(), "--out", "expected the folder that the processes share", who, alone);
    check<UsageError>(!s_.overwrite, "--overwrite", "one process would remove the runs of the others", who,
                      "remove the folder before, or ", alone);
    return place;
}

CompareSettings& CompareOptions::settings(const Settings* stored, int processors) {
    const std::string preset = s_.preset;
    s_ = preset_settings(preset);
    if (stored) {
        s_ = settings_of_folder(*stored);
        s_.schedules.clear();
        s_.rebalance.clear();
        s_.seeds = 1;
    }
    options_.read_given();
    // The small presets' counts belong to the synthetic patches: other data are taken whole.
    if (!stored && s_.data != kSynthetic && !s_.preset.starts_with("study")) {
        s_.positives = s_.negatives = -1;
        options_.read_given();
    }
    choose_schedules(stored);
    s_.model = model_text(s_.model);
    s_.augment = data::parse_augmentation(s_.augment).any() ? s_.augment : "none";
    check_averages(s_.averages());
    if (s_.threshold != "none") metrics::threshold_goals().parse(s_.threshold);
    try {
        s_.step_size = parse_length(s_.step_size).describe();
    } catch (const UsageError& error) {
        fail<UsageError>("--step-size", error.what());
    }
    if (!s_.jobs) s_.jobs = std::max(1, processors / std::max(1, s_.threads));
    s_.reading.read();
    check_values(s_);
    s_.precision = settled_precision(s_.precision);
    check_rates(options_, s_.base_lr, s_.max_lr, stored ? "the folder's" : "that of the preset " + s_.preset);
    if (!stored && !options_.given("--evaluate-every")) s_.evaluate_every = -1;
    if (s_.out.empty()) s_.out = "runs/" + s_.preset + "-" + time_stamp();
    return s_;
}

}  // namespace cyclone::cli
