// The table of options.

#include "c/settings.h"

#include <cyclone/base/read_number.h>
#include <cyclone/base/threads.h>
#include <cyclone/data/augment.h>
#include <cyclone/metrics/threshold.h>
#include <cyclone/optim/parse.h>
#include <cyclone/schedule/parse.h>
#include <cyclone/train/early_stopping.h>
#include <cyclone/train/rebalancing.h>

#include <algorithm>
#include <cmath>
#include <string>

namespace cyclone::c {
namespace {

using Text = std::string_view;

struct Row {
    const char* key;
    const char* description;
    void (*set)(Settings& settings, Text key, Text value);
};

std::int64_t count_from_one(Text key, Text value) {
    const std::int64_t count = parse_count(key, value);
    check<UsageError>(count >= 1, key, "expected at least 1, got ", count);
    return count;
}

double number_where(Text key, Text value, bool (*good)(double), const char* range) {
    const double number = parse_number(key, value);
    check<UsageError>(std::isfinite(number) && good(number), key, "expected a number ", range, ", got ", number);
    return number;
}

double rate(Text key, Text value) {
    return number_where(
        key, value, [](double number) { return number > 0; }, "above 0");
}

double from_zero(Text key, Text value) {
    return number_where(
        key, value, [](double number) { return number >= 0; }, "from 0");
}

double below_one(Text key, Text value) {
    return number_where(
        key, value, [](double number) { return number >= 0 && number < 1; }, "in [0, 1)");
}

std::uint64_t seed(Text key, Text value) {
    std::uint64_t number = 0;  // all 64 bits: a double, and so parse_count(), has 53
    const auto [end, error] = read_number(value.data(), value.data() + value.size(), number);
    if (error == std::errc() && end == value.data() + value.size()) return number;
    return static_cast<std::uint64_t>(parse_count(key, value));
}

bool yes_or_no(Text key, Text value) {
    for (const char* yes : {"yes", "true", "1"})
        if (value == yes) return true;
    for (const char* no : {"no", "false", "0"})
        if (value == no) return false;
    fail<UsageError>(key, "expected yes or no, got ", quoted(value));
}

nn::WeightLayout layout(Text key, Text value) {
    if (value == "cyclone") return nn::WeightLayout::cyclone;
    if (value == "pytorch") return nn::WeightLayout::pytorch;
    fail<UsageError>(key, "expected cyclone or pytorch, got ", quoted(value));
}

const Row kRows[] = {
    {"model", "study, resnet:20 or another of networks, or layers: 'conv:32,5 relu pool flatten linear:classes'",
     [](Settings& s, Text, Text v) { s.model = v; }},
    {"init", "file of weights to start from, also NAME.onnx, as far as they fit the network",
     [](Settings& s, Text, Text v) { s.init = v; }},
    {"init-layout", "order of the elements in init: cyclone or pytorch",
     [](Settings& s, Text k, Text v) { s.init_layout = layout(k, v); }},
    {"schedule", "of the learning rate (one-cycle)",
     [](Settings& s, Text, Text v) {
         schedule::registry().row(name_in(v));
         s.schedule = v;
     }},
    {"base-lr", "lowest rate of a cycle (a fifteenth of max-lr)",
     [](Settings& s, Text k, Text v) { s.base_lr = from_zero(k, v); }},
    {"max-lr", "highest rate of a cycle (0.03)", [](Settings& s, Text k, Text v) { s.max_lr = rate(k, v); }},
    {"step-size", "half a cycle (2epochs), or 4000 (updates)",
     [](Settings& s, Text, Text v) {
         parse_length(v);
         s.step_size = v;
     }},
    {"optimizer", "such as sgd:momentum=0.9 or adamw:weight-decay=0.05 (sgd)",
     [](Settings& s, Text, Text v) {
         optim::registry().row(name_in(v));
         s.optimizer = v;
     }},
    {"momentum", "of sgd (0)", [](Settings& s, Text k, Text v) { s.momentum = below_one(k, v); }},
    {"weight-decay", "of the optimizer (0)", [](Settings& s, Text k, Text v) { s.weight_decay = from_zero(k, v); }},
    {"rebalance", "method against unbalanced classes (none)",
     [](Settings& s, Text, Text v) {
         train::parse_rebalancing(v);
         s.rebalance = v;
     }},
    {"augment", "random changes of the training images, such as flip,shift:2 (none)",
     [](Settings& s, Text, Text v) {
         data::parse_augmentation(v);
         s.augment = v;
     }},
    {"epochs", "passes over the training images (12)",
     [](Settings& s, Text k, Text v) { s.epochs = count_from_one(k, v); }},
    {"batch-size", "images per update (32)", [](Settings& s, Text k, Text v) { s.batch_size = count_from_one(k, v); }},
    {"accumulate", "batches per update, for batches that do not fit into memory (1)",
     [](Settings& s, Text k, Text v) { s.accumulate = count_from_one(k, v); }},
    {"slice", "images per slice, a multiple of 4, or 0 for whole batches (by the network's size)",
     [](Settings& s, Text k, Text v) {
         const std::int64_t slice = parse_count(k, v);
         check<UsageError>(slice % 4 == 0, k, "expected a multiple of 4, or 0 for whole batches, got ", slice);
         s.slice = slice;
     }},
    {"drop-last", "leave out the last update of an epoch if it has fewer images (no)",
     [](Settings& s, Text k, Text v) { s.drop_last = yes_or_no(k, v); }},
    {"precision", "of products in layers: f32, bf16, automatic or bf16-emulated (f32)",
     [](Settings& s, Text, Text v) { s.precision = usable(parse_precision(v)); }},
    {"seed", "of weights, batches, dropout and augmentation (1)",
     [](Settings& s, Text k, Text v) { s.seed = seed(k, v); }},
    {"monitor", "metric that picks the best epoch, with its direction: max:val_auc; none: the last (min:val_loss)",
     [](Settings& s, Text, Text v) {
         if (v != "none") train::Monitor{v};
         s.monitor = v;
     }},
    {"patience", "epochs without a better one after which it stops; 0: never (0)",
     [](Settings& s, Text k, Text v) { s.patience = parse_count(k, v); }},
    {"threshold", "what the threshold of two classes is tuned for on the validation set (f1)",
     [](Settings& s, Text, Text v) {
         metrics::threshold_goals().parse(v);
         s.threshold = v;
     }},
    {"threads", "0: those of the calling thread (0)",
     [](Settings& s, Text k, Text v) { s.threads = static_cast<int>(parse_count(k, v, most_threads())); }},
    {"range-from", "range test: rate of its first update (0.0001)",
     [](Settings& s, Text k, Text v) { s.range_from = rate(k, v); }},
    {"range-to", "range test: rate of its last update (10)",
     [](Settings& s, Text k, Text v) { s.range_to = rate(k, v); }},
    {"range-updates", "range test: updates of a sweep (300, and up to 1200 where nothing is learned in them)",
     [](Settings& s, Text k, Text v) { s.range_updates = count_from_one(k, v); }},
    {"range-seeds", "range test: sweeps, with seeds from seed on (3)",
     [](Settings& s, Text k, Text v) { s.range_seeds = count_from_one(k, v); }},
    {"range-trials",
     "range test: updates of each of the short cycles that confirm or correct the pair; 0: none (half of a sweep's, "
     "and up to four times that where nothing is learned in them)",
     [](Settings& s, Text k, Text v) { s.range_trials = parse_count(k, v); }},
    {"compare-seeds", "comparison: trainings of each schedule, with seeds from seed on (3)",
     [](Settings& s, Text k, Text v) { s.compare_seeds = count_from_one(k, v); }},
};

}  // namespace

void set(Settings& settings, std::string_view key, std::string_view value) {
    const std::string name = [key] {
        std::string text(key);
        std::replace(text.begin(), text.end(), '_', '-');
        return text;
    }();
    for (const Row& row : kRows)
        if (name == row.key) return row.set(settings, row.key, value);
    fail_unknown_name("option", key, setting_names());
}

std::vector<NamedItem> setting_names() {
    std::vector<NamedItem> names;
    for (const Row& row : kRows) names.push_back({row.key, row.key, row.description});
    return names;
}

}  // namespace cyclone::c
