// Picks the best epoch and ends a training that no longer gets better.

#include "cli/monitor.h"

#include <cyclone/base/error.h>
#include <cyclone/base/nearest_name.h>
#include <cyclone/io/atomic_file.h>
#include <cyclone/metrics/multiclass.h>

#include <cmath>
#include <fstream>
#include <limits>
#include <vector>

#include <fmt/format.h>

namespace cyclone::cli {
namespace {

using train::EpochRow;

struct Metric {
    const char* name;
    bool higher_is_better;
    bool only_binary;
    double (*value)(const EpochRow&);
};

const Metric kMetrics[] = {
    {"train_loss", false, false, [](const EpochRow& row) { return row.train_loss; }},
    {"val_loss", false, false, [](const EpochRow& row) { return row.validation->loss; }},
    {"val_accuracy", true, false, [](const EpochRow& row) { return row.validation->accuracy; }},
    {"val_balanced_accuracy", true, false,
     [](const EpochRow& row) {
         const auto& e = *row.validation;
         return e.binary ? e.binary->balanced_accuracy : e.balanced_accuracy;
     }},
    {"val_auc", true, false,
     [](const EpochRow& row) {
         const auto& e = *row.validation;
         return e.binary ? e.binary->auc : e.auc;
     }},
    {"val_f1", true, false,
     [](const EpochRow& row) {
         const auto& e = *row.validation;
         return e.binary ? e.binary->f1 : e.f1;
     }},
    {"val_mcc", true, false,
     [](const EpochRow& row) {
         const auto& e = *row.validation;
         return e.binary ? e.binary->mcc : metrics::mcc(*e.confusion);
     }},
    {"val_ap", true, true, [](const EpochRow& row) { return row.validation->binary->average_precision; }},
};

const Metric& metric_of(const std::string& name) {
    std::vector<std::string> names;
    for (const Metric& metric : kMetrics) {
        if (name == metric.name) return metric;
        names.emplace_back(metric.name);
    }
    const std::string nearest = nearest_name(name, names);
    fail<UsageError>("--monitor", "unknown figure '", name, "'",
                     nearest.empty() ? "" : ", did you mean '" + nearest + "'?", " (known: ", metric_names(), ")");
}

}  // namespace

std::string metric_names() {
    std::string text;
    for (const Metric& metric : kMetrics) text += (text.empty() ? "" : ", ") + std::string(metric.name);
    return text;
}

Monitor::Monitor(const std::string& text, std::int64_t classes) {
    const bool lowest = text.starts_with("min:");
    maximize_ = text.starts_with("max:");
    name_ = maximize_ || lowest ? text.substr(4) : text;
    const Metric& metric = metric_of(name_);
    const std::string wanted = (metric.higher_is_better ? "max:" : "min:") + name_;
    check<UsageError>(maximize_ || lowest, "--monitor", "expected the direction as well, ", wanted, ", got '", text,
                      "'");
    check<UsageError>(maximize_ == metric.higher_is_better, "--monitor", "'", text,
                      "' would pick the worst epoch, expected ", wanted);
    check<UsageError>(!metric.only_binary || classes == 2, "--monitor", name_, " is for two classes, these data have ",
                      classes);
    value_ = metric.value;
}

double Monitor::score(const EpochRow& row) const { return maximize_ ? value_(row) : -value_(row); }

Patience::Patience(std::filesystem::path file, double epochs, bool resume) : file_(std::move(file)), epochs_(epochs) {
    if (!resume) return;
    std::ifstream in(file_);
    std::string line;
    std::getline(in, line);
    std::int64_t epoch = 0;
    char comma = 0;
    while (std::getline(in, line)) {
        std::istringstream row(line);
        std::string score;
        if (row >> epoch >> comma >> score && epoch >= 1) scores_[epoch] = std::strtod(score.c_str(), nullptr);
    }
}

void Patience::add(std::int64_t epoch, double score) {
    scores_.erase(scores_.lower_bound(epoch), scores_.end());
    scores_[epoch] = score;
    std::string text = "epoch,score\n";
    for (const auto& [number, value] : scores_) text += fmt::format("{},{}\n", number, value);
    io::write_file_atomically(file_, text);
}

bool Patience::exhausted() const {
    if (epochs_ <= 0 || scores_.empty()) return false;
    double best = -std::numeric_limits<double>::infinity();
    std::int64_t at = 0;
    for (const auto& [epoch, score] : scores_)
        if (score > best) best = score, at = epoch;
    return static_cast<double>(scores_.rbegin()->first - at) >= epochs_;
}

}  // namespace cyclone::cli
