#include "options.h"

#include <cyclone/base/nearest_name.h>
#include <cyclone/base/threads.h>
#include <cyclone/report/range_report.h>

#include <algorithm>
#include <cmath>
#include <sstream>

#include "support/memory_limit.h"
#include "support/output_folder.h"

namespace {

namespace lab = cyclone::lab;
using cyclone::check;
using cyclone::UsageError;

lab::RangeMetric metric_of(std::string text) {
    std::replace(text.begin(), text.end(), '_', '-');
    std::vector<std::string> names;
    for (const auto metric : {lab::RangeMetric::train_loss, lab::RangeMetric::validation_loss,
                              lab::RangeMetric::accuracy, lab::RangeMetric::balanced_accuracy}) {
        std::string name = lab::name_of(metric);
        std::replace(name.begin(), name.end(), ' ', '-');
        if (name == text) return metric;
        names.push_back(name);
    }
    const std::string nearest = cyclone::nearest_name(text, names);
    cyclone::fail<UsageError>("--metric", "expected train-loss, validation-loss, accuracy or balanced-accuracy, got '",
                              text, "'", nearest.empty() ? "" : " (did you mean " + nearest + "?)");
}

}  // namespace

Options::Options(support::CommandLine& line) {
    lab::RangeTestOptions& test = given_.test;
    line.group("Data");
    line.show_defaults();
    line.option("--data", given_.source.data, support::kDataHelp);
    line.option("--positives", positives_, "positive training images to take");
    line.option("--negatives", negatives_, "negative training images to take");
    line.option("--positive", given_.source.positive_class,
                "number of the class to tell from the rest; -1: 1 of two classes");
    line.option("--imbalance", given_.source.imbalance, "negatives for each positive; 0: as they are");
    line.option("--difficulty", given_.source.difficulty, "of the synthetic patches: 1 as in the README");
    line.option("--data-seed", given_.source.data_seed, "of the synthetic patches and of the choice of images");
    line.option("--balanced", test.balanced, "train on so many images of each class (the study: 3000); 0: on all");
    line.group("Sweep");
    line.option("--from", test.from, "first learning rate");
    line.option("--to", test.to, "last learning rate; divergence ends the sweep before");
    line.option("--updates", test.updates, "updates from the first to the last rate");
    line.flag("--linear", linear_, "raise the rate by the same amount each time, not by the same factor");
    line.option("--metric", metric_, "train-loss, validation-loss, accuracy or balanced-accuracy");
    line.option("--every", test.evaluate_every, "updates from one validation to the next");
    line.option("--seeds", seeds_, "sweeps, with seeds 1 to N");
    line.option("--batch-size", test.batch_size, "images an update");
    line.option("--momentum", given_.momentum, "of SGD; the study used none");
    line.option("--smoothing", test.smoothing, "weight of the past in the smoothed loss");
    line.group("How to run");
    line.show_defaults(false);
    line.option("--jobs", jobs_, "sweeps at a time (default: as many as processors)");
    line.option("--threads", test.threads, "threads of each sweep (default 1)");
    support::memory_limit_option(line, memory_limit_);
    line.group("Output");
    line.option("--out", given_.out, "folder for curve.csv, result.json and curve.svg (default: runs/find_lr-<time>)");
    line.flag("--overwrite", given_.overwrite, "replace an earlier result in --out");
    line.flag("--quiet", given_.quiet, "print the table and the pair only");
    line.footer(
        "Examples:\n"
        "  find_lr\n"
        "  find_lr --data nuclei16 --seeds 5\n"
        "  find_lr --data nuclei16 --linear --from 0.001 --to 0.5 --metric balanced-accuracy --balanced 3000\n"
        "Exit codes: 0 finished (also without a suggestion), 1 failed or stopped by Ctrl-C, 2 wrong options.");
}

Settings Options::settings() const {
    Settings s = given_;
    s.test.metric = metric_of(metric_);
    s.source.memory_limit = support::parse_memory_limit(memory_limit_);
    if (linear_) s.test.sweep = lab::Sweep::linear;
    if (s.source.data != "synthetic") s.source.positives = s.source.negatives = -1;
    const auto positive = [](auto value, const char* option) {
        check<UsageError>(value >= 1, option, "expected at least 1, got ", value);
    };
    if (positives_) positive(s.source.positives = *positives_, "--positives");
    if (negatives_) positive(s.source.negatives = *negatives_, "--negatives");
    positive(s.test.updates, "--updates");
    positive(s.test.evaluate_every, "--every");
    positive(s.test.batch_size, "--batch-size");
    positive(seeds_, "--seeds");
    positive(s.test.threads, "--threads");
    s.test.jobs = jobs_.value_or(std::max(1, cyclone::available_processors() / s.test.threads));
    positive(s.test.jobs, "--jobs");
    check<UsageError>(s.test.balanced >= 0, "--balanced", "expected a number of images, or 0 for all, got ",
                      s.test.balanced);
    check<UsageError>(std::isfinite(s.test.from) && s.test.from > 0, "--from", "expected a rate > 0, got ",
                      s.test.from);
    check<UsageError>(std::isfinite(s.test.to) && s.test.to > s.test.from, "--to", "expected a rate above --from (",
                      s.test.from, "), got ", s.test.to);
    check<UsageError>(s.momentum >= 0 && s.momentum < 1, "--momentum", "expected a value in [0, 1), got ", s.momentum);
    check<UsageError>(s.test.smoothing >= 0 && s.test.smoothing < 1, "--smoothing", "expected a value in [0, 1), got ",
                      s.test.smoothing);
    s.test.seeds.clear();
    for (int seed = 1; seed <= seeds_; ++seed) s.test.seeds.push_back(static_cast<std::uint64_t>(seed));
    if (s.out.empty()) s.out = "runs/find_lr-" + support::time_stamp();
    return s;
}

std::vector<std::pair<std::string, std::string>> Settings::listed() const {
    std::vector<std::pair<std::string, std::string>> list;
    const auto add = [&list](const char* name, const auto& value) {
        std::ostringstream text;
        text.imbue(std::locale::classic());
        text << value;
        list.emplace_back(name, text.str());
    };
    add("data", source.data);
    add("positives", source.positives);
    add("negatives", source.negatives);
    add("positive_class", source.positive_class);
    add("imbalance", source.imbalance);
    add("difficulty", source.difficulty);
    add("data_seed", source.data_seed);
    add("balanced", test.balanced);
    add("from", test.from);
    add("to", test.to);
    add("updates", test.updates);
    add("sweep", test.sweep == lab::Sweep::linear ? "linear" : "exponential");
    add("evaluate_every", test.evaluate_every);
    add("batch_size", test.batch_size);
    add("momentum", momentum);
    add("smoothing", test.smoothing);
    add("stop_factor", test.stop_factor);
    add("jobs", test.jobs);
    add("threads", test.threads);
    return list;
}
