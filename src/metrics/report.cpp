// The metrics of two classes as a value and as a table.

#include <cyclone/base/text_width.h>
#include <cyclone/metrics/report.h>

#include <cmath>
#include <iomanip>
#include <ostream>
#include <sstream>

#include "metrics/checks.h"

namespace cyclone::metrics {
namespace {

constexpr int kNameWidth = 20, kCellWidth = 10;
constexpr std::int64_t kLargestMatrix = 20;  // classes

}  // namespace

BinaryReport binary_report(std::span<const std::int64_t> labels, std::span<const double> probabilities,
                           double threshold) {
    check_lengths("binary_report", labels.size(), probabilities.size(), "probabilities");
    check_classes("binary_report", labels, 2);
    check_probabilities("binary_report", probabilities);
    const Predictions predictions = Predictions::of_two(labels, probabilities);
    const MetricInput input(predictions, threshold);
    return {evaluate(input), input.counts.positives(), input.counts.negatives(), threshold, input.counts};
}

std::string cell(const Metric& metric, const MetricValues& values, const BinaryCounts* counts) {
    const double value = values[metric];
    if (std::isnan(value) || (counts && metric.defined && !metric.defined(*counts))) return "n/a";
    std::ostringstream text;
    text.imbue(std::locale::classic());
    text << std::fixed << std::setprecision(metric.digits) << value;
    return text.str();
}

void print(std::ostream& out, const ConfusionMatrix& matrix, const std::vector<std::string>& class_names) {
    constexpr std::size_t kName = 22, kCell = 9;
    if (matrix.classes() > kLargestMatrix) return;
    const auto name = [&](std::int64_t c) {
        const auto i = static_cast<std::size_t>(c);
        return i < class_names.size() ? class_names[i] : std::to_string(c);
    };
    std::ostringstream text;
    text.imbue(std::locale::classic());
    text << fitted("true \\ predicted", kName);
    for (std::int64_t c = 0; c < matrix.classes(); ++c) text << ' ' << fitted(name(c), kCell, true);
    text << '\n';
    for (std::int64_t label = 0; label < matrix.classes(); ++label) {
        text << fitted(name(label), kName);
        for (std::int64_t c = 0; c < matrix.classes(); ++c) text << ' ' << std::setw(kCell) << matrix(label, c);
        text << '\n';
    }
    out << text.str();
}

std::ostream& operator<<(std::ostream& out, const BinaryReport& report) {
    std::ostringstream text;  // keeps the caller's format flags out of the table, and the table's out of the caller
    text.imbue(std::locale::classic());
    const BinaryCounts& counts = report.counts;
    const auto rows = [&](bool use_threshold) {
        for (const Metric& metric : table())
            if (metric.uses_threshold == use_threshold)
                text << "  " << std::left << std::setw(kNameWidth) << metric.title << std::right
                     << std::setw(kCellWidth) << cell(metric, report, &counts) << '\n';
    };
    text << counts.total() << " samples: " << report.positives << " positive, " << report.negatives << " negative\n";
    rows(false);
    text << "called positive where p > " << report.threshold << ":\n";
    rows(true);
    const auto line = [&](const char* name, std::int64_t negative, std::int64_t positive) {
        text << "  " << std::left << std::setw(kNameWidth) << name << std::right << std::setw(kCellWidth) << negative
             << std::setw(12) << positive << '\n';
    };
    text << std::setw(32) << "called neg." << std::setw(12) << "called pos." << '\n';
    line("negatives", counts.true_negatives, counts.false_positives);
    line("positives", counts.false_negatives, counts.true_positives);
    return out << text.str();
}

}  // namespace cyclone::metrics
