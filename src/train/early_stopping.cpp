// Monitors, and early stopping by them.

#include <cyclone/base/error.h>
#include <cyclone/train/early_stopping.h>

#include <cmath>
#include <limits>

namespace cyclone::train {
namespace {

constexpr std::string_view kTrainLoss = "train_loss", kValidationLoss = "val_loss", kPrefix = "val_";

// Names of earlier versions.
struct Alias {
    std::string_view name, metric;
};
constexpr Alias kAliases[] = {{"ap", "average_precision"}};

NamedItem item(std::string_view name, bool maximize, std::string description) {
    const std::string text(name);
    return {text, (maximize ? "max:" : "min:") + text, std::move(description)};
}

const metrics::Metric* metric_of(std::string_view name) {
    if (!name.starts_with(kPrefix)) return nullptr;
    name.remove_prefix(kPrefix.size());
    for (const Alias& alias : kAliases)
        if (name == alias.name) name = alias.metric;
    return metrics::table().find(name);
}

}  // namespace

Monitor::Monitor(std::string_view text) {
    const bool has_direction = text.starts_with("min:") || text.starts_with("max:");
    name_ = has_direction ? text.substr(4) : text;
    metric_ = metric_of(name_);
    if (!metric_ && name_ != kTrainLoss && name_ != kValidationLoss) fail_unknown_name("monitor", name_, names());
    maximize_ = metric_ && metric_->higher_is_better;
    const std::string wanted = (maximize_ ? "max:" : "min:") + name_;
    check<UsageError>(has_direction, "monitor", "expected a direction as well, ", wanted, ", got ", quoted(text));
    check<UsageError>(text == wanted, "monitor", quoted(text), " would pick the worst epoch, expected ", wanted);
}

double Monitor::value(const EpochRow& row) const {
    if (name_ == kTrainLoss) return row.train_loss;
    check<UsageError>(row.validation.has_value(), "monitor", name_,
                      " needs a validation set (hint: FitOptions::validation)");
    return metric_ ? (*row.validation)[*metric_] : row.validation->loss;
}

const EpochRow* Monitor::best(const History& history) const {
    double best = -std::numeric_limits<double>::infinity();
    const EpochRow* at = nullptr;
    for (const EpochRow& row : history.epochs())
        if (const double score = (*this)(row); score > best) best = score, at = &row;
    return at;
}

std::vector<NamedItem> Monitor::names() {
    std::vector<NamedItem> items{item(kTrainLoss, false, "The mean loss of the training batches of the epoch."),
                                 item(kValidationLoss, false, "The mean cross-entropy of the validation set.")};
    for (const metrics::Metric& metric : metrics::table())
        items.push_back(item(std::string(kPrefix) + metric.name, metric.higher_is_better, metric.description));
    for (const Alias& alias : kAliases)
        items.push_back(item(std::string(kPrefix) + std::string(alias.name),
                             metrics::table().at(alias.metric).higher_is_better,
                             "The same as " + std::string(kPrefix) + std::string(alias.metric) + "."));
    return items;
}

std::string Monitor::why_undefined(const data::Dataset& validation) {
    const auto counts = validation.class_counts();
    for (std::size_t c = 0; c < counts.size(); ++c)
        if (counts[c] == 0) return "class " + quoted(validation.class_names[c]) + " has no image there";
    return {};
}

std::uint64_t EarlyStopping::counts_from() const {
    const auto peak = schedule && !schedule->is_cyclical() ? schedule->peak() : std::nullopt;
    return peak ? schedule->length().value_or(*peak) : 0;
}

Control EarlyStopping::operator()(const History& history) const {
    const EpochRow* best = patience > 0 ? monitor.best(history) : nullptr;
    if (!best) return Control::proceed;
    // What counts against the patience since the best epoch.
    const bool cycles = schedule && schedule->is_cyclical();
    const std::uint64_t from = counts_from();
    std::int64_t epochs = 0;
    std::uint64_t updates = 0;
    for (const EpochRow* row = best + 1; row <= &history.epochs().back(); ++row) {
        if (std::isnan(monitor.value(*row)) || row->updates <= from) continue;
        ++epochs;
        updates += row->updates - row[-1].updates;
    }
    if (!cycles) return epochs >= patience ? Control::stop : Control::proceed;
    std::uint64_t needed = 0;
    for (std::int64_t i = 0; i < patience && needed <= updates; ++i) {
        const auto cycle = schedule->cycle_at(best->updates + needed);
        needed += cycle ? cycle->end - cycle->begin : schedule->period().value_or(1);
    }
    return updates >= needed ? Control::stop : Control::proceed;
}

}  // namespace cyclone::train
