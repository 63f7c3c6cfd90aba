#include "options.h"

#include <cyclone/base/error.h>
#include <cyclone/base/version.h>
#include <cyclone/data/augment.h>
#include <cyclone/io/atomic_file.h>
#include <cyclone/lab/balance.h>
#include <cyclone/metrics/threshold.h>
#include <cyclone/nn/parse.h>
#include <cyclone/optim/parse.h>
#include <cyclone/schedule/parse.h>
#include <cyclone/train/classifier.h>

#include <charconv>
#include <cmath>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "monitor.h"
#include "support/memory_limit.h"
#include "support/output_folder.h"

namespace {

using cyclone::check;
using cyclone::UsageError;
using Json = nlohmann::ordered_json;

template <class Names>
std::string table_of(const char* title, const Names& names) {
    std::string text = fmt::format("{}:\n", title);
    for (const auto& row : names) text += fmt::format("  {:<40} {}\n", row.usage, row.description);
    return text;
}

std::string help_tables() {
    return table_of("Layers (--model)", cyclone::nn::layers().names()) +
           table_of("Schedules (--schedule)", cyclone::schedule::registry().names()) +
           table_of("Optimizers (--optimizer)", cyclone::optim::registry().names()) +
           table_of("Balance (--balance)", cyclone::lab::known_balance_names()) +
           table_of("Augmentation (--augment)", cyclone::data::augmentations().names()) +
           table_of("Thresholds (--threshold)", cyclone::metrics::known_threshold_goals()) +
           fmt::format("Figures (--monitor): {}\n", metric_names());
}

// "28" or "28x32".
void read_size(const std::string& text, cyclone::data::ImageOptions& images) {
    const auto number = [&](std::string_view part) {
        std::int64_t value = 0;
        const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), value);
        check<UsageError>(error == std::errc() && end == part.data() + part.size() && value >= 1 && value <= 16'384,
                          "--size", "expected pixels such as 28 or 28x32 (height x width), got '", text, "'");
        return value;
    };
    const std::string_view view = text;
    const std::size_t x = view.find('x');
    images.height = number(view.substr(0, x));
    images.width = x == std::string_view::npos ? images.height : number(view.substr(x + 1));
}

void check_values(const Settings& s) {
    const auto positive = [](std::int64_t value, const char* option) {
        check<UsageError>(value >= 1, option, "expected at least 1, got ", value);
    };
    check<UsageError>(!s.data.empty(), "DATA", "expected the data to train on: a folder or a file (see --help)");
    positive(s.epochs, "--epochs");
    positive(s.batch, "--batch");
    check<UsageError>(s.threads >= 0, "--threads", "expected at least 1, got ", s.threads);
    check<UsageError>(s.patience >= 0, "--patience", "expected at least 1, or 0 for none, got ", s.patience);
    check<UsageError>(s.base_lr >= 0 && s.base_lr <= s.max_lr && std::isfinite(s.max_lr), "--base-lr",
                      "expected 0 <= base <= max, got ", s.base_lr, " and --max-lr ", s.max_lr);
    check<UsageError>(s.momentum >= 0 && s.momentum < 1, "--momentum", "expected a value in [0, 1), got ", s.momentum);
    check<UsageError>(s.weight_decay >= 0 && std::isfinite(s.weight_decay), "--weight-decay",
                      "expected a number >= 0, got ", s.weight_decay);
    try {
        cyclone::optim::registry().row(cyclone::name_in(s.optimizer));
    } catch (const UsageError& error) {
        cyclone::fail<UsageError>("--optimizer", error.what());
    }
    check<UsageError>(!(s.resume && s.overwrite), "--resume", "only one of --resume and --overwrite makes sense");
}

// Decides nothing about the result, so it may differ in a training that goes on.
bool is_incidental(const std::string& option) {
    for (const char* other :
         {"--help", "--out", "--resume", "--overwrite", "--quiet", "--threads", "--memory-limit", "--profile"})
        if (option == other) return true;
    return false;
}

}  // namespace

Options::Options(support::CommandLine& line) : line_(line) {
    line.group("Data");
    line.option(
        "DATA", s_.data,
        "folder of images (a subfolder a class, perhaps below train, val, test), NPZ, CSV, HDF5, flat file, MNIST's, "
        "CIFAR's or the study's folder");
    line.option("--validation", s_.validation,
                "share of the training images, or other data (default: the data's "
                "own validation set, else 0.15)");
    line.option("--test", s_.test, "share, other data, or 0 for none (default: the data's own, else 0.15)");
    line.show_defaults();
    line.option("--split-seed", s_.split_seed, "of the choice of validation and test images");
    line.show_defaults(false);
    line.option("--size", size_, "height x width that image files are brought to, such as 28 or 28x32");
    line.option("--fit", fit_, "how: resize, crop or pad (default with --size: resize)");
    line.show_defaults();
    line.option("--channels", s_.images.channels, "of image files: 1 grey, 3 colour, 0 as they are");
    line.option("--most-bad", s_.images.most_bad, "share of the image files that may be unreadable");
    line.group("Training");
    line.option("--model", s_.model,
                "study (the study's CNN), layers such as 'conv:32,5 relu pool flatten "
                "linear:classes', or a JSON file with them");
    line.option("--schedule", s_.schedule, "of the learning rate, see below");
    line.show_defaults(false);
    line.option("--base-lr", s_.base_lr, "lowest rate of a cycle (default: a fifteenth of --max-lr)");
    line.show_defaults();
    line.option("--max-lr", s_.max_lr, "highest rate of a cycle");
    line.option("--step-size", s_.step_size, "half a cycle: 2epochs, or 4000 (updates)");
    line.flag("--find-lr", s_.find_lr, "a range test first, whose pair of rates replaces --base-lr and --max-lr");
    line.option("--optimizer", s_.optimizer, "such as sgd:momentum=0.9 or adamw:weight-decay=0.05 (see below)");
    line.option("--momentum", s_.momentum, "of sgd");
    line.option("--weight-decay", s_.weight_decay, "of the optimizer");
    line.option("--balance", s_.balance, "remedy against unbalanced classes, see below");
    line.option("--augment", s_.augment, "random changes of the training images, see below: flip,shift:2");
    line.option("--epochs", s_.epochs, "passes over the training images");
    line.option("--batch", s_.batch, "images an update");
    line.option("--seed", s_.seed, "of weights, batches, dropout and augmentation");
    line.group("Choice");
    line.option("--monitor", s_.monitor, "figure that picks the best epoch, with its direction: max:val_ap");
    line.option("--patience", s_.patience,
                "stop after so many epochs without a better figure; cycles with a cyclical schedule; 0: never");
    line.option("--threshold", s_.threshold, "what the threshold of two classes is tuned for, see below");
    line.group("How to run");
    line.show_defaults(false);
    line.option("--threads", s_.threads, "default: as many as processors");
    support::memory_limit_option(line, memory_limit_);
    line.flag("--resume", s_.resume, "go on with the training in --out");
    line.group("Output");
    line.option("--out", s_.out, "folder for weights, history, figures (default: runs/train-<time>)");
    line.flag("--overwrite", s_.overwrite, "replace an earlier training in --out");
    line.flag("--quiet", s_.quiet, "print the results only");
    line.footer(help_tables() +
                "Examples:\n"
                "  train photos --size 32 --out run                # a subfolder of images for each class\n"
                "  train data.npz --balance weights --augment flip,shift:2 --monitor max:val_ap\n"
                "  train data.npz --model 'conv:16,3 relu pool flatten linear:classes' --find-lr\n"
                "  train --resume --out run\n"
                "Exit codes: 0 finished, 1 failed or stopped by Ctrl-C (--resume goes on), 2 wrong options.");
}

void Options::fill_in(const TextPairs& stored) {
    for (const std::string& name : line_.names()) {
        if (is_incidental(name)) continue;
        std::string was;
        for (const auto& [key, value] : stored)
            if (key == name) was = value;
        if (!line_.given(name) && !was.empty()) line_.set(name, was);
        check<UsageError>(line_.text(name) == was, name, "the training in ", s_.out, " has ",
                          was.empty() ? "the default" : "'" + was + "'", ", got '", line_.text(name),
                          "' (hint: leave it out with --resume, or train into another folder)");
    }
}

Settings Options::settings() {
    check<UsageError>(!s_.resume || !s_.out.empty(), "--out", "expected the folder to go on with");
    if (s_.resume && has_config(s_.out)) fill_in(read_config(s_.out).options);
    check<UsageError>(!s_.resume || !s_.data.empty(), "--resume", "there is no training in ", s_.out);
    if (!line_.given("--base-lr")) s_.base_lr = s_.max_lr / 15;
    check_values(s_);
    if (!size_.empty()) read_size(size_, s_.images);
    s_.memory_limit = support::parse_memory_limit(memory_limit_);
    s_.images.fit = cyclone::data::parse_image_fit(!size_.empty() && !line_.given("--fit") ? "resize" : fit_);
    if (s_.out.empty()) s_.out = "runs/train-" + support::time_stamp();
    return s_;
}

TextPairs Options::given() const {
    TextPairs pairs;
    for (const std::string& name : line_.names())
        if (!is_incidental(name) && line_.given(name)) pairs.emplace_back(name, line_.text(name));
    return pairs;
}

bool has_config(const std::string& folder) {
    std::error_code error;
    return std::filesystem::exists(folder + "/config.json", error);
}

Config read_config(const std::string& folder) {
    const std::string file = folder + "/config.json";
    std::ifstream in(file);
    const Json json = Json::parse(in, nullptr, false);
    try {
        Config config;
        for (const auto& [name, value] : json.at("options").items())
            config.options.emplace_back(name, value.get<std::string>());
        for (const auto& [name, value] : json.at("facts").items())
            config.facts.emplace_back(name, value.get<std::string>());
        config.base_lr = json.at("base_lr").get<double>();
        config.max_lr = json.at("max_lr").get<double>();
        config.command = json.at("command").get<std::string>();
        return config;
    } catch (const Json::exception&) {
        cyclone::fail(file, "is damaged or not of a training (hint: --overwrite begins anew)");
    }
}

void write_config(const std::string& folder, const Config& config) {
    const auto object = [](const TextPairs& pairs) {
        Json json = Json::object();
        for (const auto& [name, value] : pairs) json[name] = value;
        return json;
    };
    const Json json{{"program", "train"},           {"version", cyclone::version()},
                    {"command", config.command},    {"options", object(config.options)},
                    {"base_lr", config.base_lr},    {"max_lr", config.max_lr},
                    {"facts", object(config.facts)}};
    cyclone::io::write_file_atomically(folder + "/config.json",
                                       json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
}
