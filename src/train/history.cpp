// The text of a history.

#include <cyclone/base/error.h>
#include <cyclone/io/atomic_file.h>
#include <cyclone/train/history.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

namespace cyclone::train {
namespace {

// The metrics of earlier versions first, so that their columns stay where they were.
std::vector<const metrics::Metric*> columns() {
    std::vector<const metrics::Metric*> metrics;
    for (const char* name : {"accuracy", "auc", "average_precision", "f1"})
        metrics.push_back(&metrics::table().at(name));
    const auto earlier = metrics;
    for (const metrics::Metric& metric : metrics::table())
        if (std::find(earlier.begin(), earlier.end(), &metric) == earlier.end()) metrics.push_back(&metric);
    return metrics;
}

template <class Number>
void append(std::string& text, Number value) {
    char digits[64];
    std::to_chars_result end{};
    if constexpr (std::is_floating_point_v<Number>)
        end = std::to_chars(digits, digits + sizeof digits, shown(value), std::chars_format::general, 9);
    else
        end = std::to_chars(digits, digits + sizeof digits, value);
    text.append(digits, end.ptr);
}

// The cells of an epoch in the line of its last update.
struct EpochColumns {
    std::vector<const metrics::Metric*> metrics = columns();
    bool has_error = false;  // a validation had a mean absolute error

    explicit EpochColumns(const std::vector<EpochRow>& rows) {
        for (const EpochRow& row : rows)
            has_error = has_error || (row.validation && row.validation->mean_absolute_error);
    }

    std::string header() const {
        std::string text = ",epoch_loss,validation_loss";
        for (const metrics::Metric* metric : metrics) text += ",validation_" + metric->name;
        return text + (has_error ? ",validation_mean_absolute_error" : "");
    }

    void append_empty(std::string& text) const { text.append(2 + metrics.size() + (has_error ? 1 : 0), ','); }

    void append_row(std::string& text, const EpochRow& row) const {
        append(text += ',', row.train_loss);
        if (!row.validation) {
            text.append(1 + metrics.size() + (has_error ? 1 : 0), ',');
            return;
        }
        append(text += ',', row.validation->loss);
        const bool has_classes = !std::isnan(row.validation->accuracy);
        for (const metrics::Metric* metric : metrics) {
            text += ',';
            if (has_classes) append(text, (*row.validation)[*metric]);
        }
        if (!has_error) return;
        text += ',';
        if (const auto error = row.validation->mean_absolute_error) append(text, *error);
    }
};

}  // namespace

void History::add(EpochRow row) {
    if (row.validation && row.validation->classes() > 2) row.validation->confusion.reset();
    epochs_.push_back(std::move(row));
}

const Series* History::series(std::string_view name) const {
    for (const Series& series : series_)
        if (series.name == name) return &series;
    return nullptr;
}

void History::record(std::string_view name, std::uint64_t update, double value) {
    auto* series = const_cast<Series*>(std::as_const(*this).series(name));
    if (!series) series = &series_.emplace_back(Series{.name = std::string(name)});
    check(series->update.empty() || series->update.back() < update, "history", "series ", series->name,
          ": expected an update after ", series->update.empty() ? 0 : series->update.back(), ", got ", update);
    series->update.push_back(update);
    series->value.push_back(value);
}

void History::reserve(std::size_t updates, std::size_t epochs) {
    updates_.reserve(updates);
    epochs_.reserve(epochs);
}

std::string History::csv() const {
    const EpochColumns of_epochs(epochs_);
    std::string text = "update,epoch,learning_rate,loss,images_per_second" + of_epochs.header();
    for (const Series& series : series_) text += "," + series.name;
    text += '\n';
    text.reserve(text.size() + updates_.size() * (64 + 14 * series_.size()));
    std::vector<std::size_t> places(series_.size(), 0);  // of the next value of each
    auto epoch = epochs_.begin();
    for (const UpdateRow& row : updates_) {
        append(text, row.update);
        append(text += ',', row.epoch);
        append(text += ',', row.lr);
        append(text += ',', row.loss);
        append(text += ',', row.images_per_second);
        if (epoch != epochs_.end() && row.update + 1 == epoch->updates)
            of_epochs.append_row(text, *epoch++);
        else
            of_epochs.append_empty(text);
        for (std::size_t i = 0; i < series_.size(); ++i) {
            const Series& series = series_[i];
            text += ',';
            if (places[i] < series.update.size() && series.update[places[i]] == row.update)
                append(text, series.value[places[i]++]);
        }
        text += '\n';
    }
    return text;
}

void History::write_csv(const std::filesystem::path& path) const { io::write_file_atomically(path, csv()); }

}  // namespace cyclone::train
