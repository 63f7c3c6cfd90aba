#include <cyclone/metrics/report.h>

#include <cyclone/metrics/calibration.h>
#include <cyclone/metrics/ranking.h>

#include <cmath>
#include <iomanip>
#include <limits>
#include <ostream>
#include <sstream>

#include "metrics/checks.h"

namespace cyclone::metrics {

BinaryReport binary_report(std::span<const std::int64_t> labels, std::span<const double> probabilities,
                           double threshold) {
    check_lengths("binary_report", labels.size(), probabilities.size(), "probabilities");
    check_classes("binary_report", labels, 2);
    check_probabilities("binary_report", probabilities);
    const auto counts = binary_counts(labels, probabilities, threshold);
    return {
        .positives = counts.positives(),
        .negatives = counts.negatives(),
        .auc = roc_auc(labels, probabilities),
        .average_precision = average_precision(labels, probabilities),
        .brier = brier_score(labels, probabilities),
        .log_loss = log_loss(labels, probabilities),
        .ece = expected_calibration_error(labels, probabilities),
        .threshold = threshold,
        .counts = counts,
        .precision = precision(counts),
        .recall = recall(counts),
        .f1 = f1(counts),
        .accuracy = accuracy(counts),
        .balanced_accuracy = balanced_accuracy(counts),
        .mcc = mcc(counts),
    };
}

std::ostream& operator<<(std::ostream& out, const BinaryReport& report) {
    std::ostringstream text;  // keeps the caller's format flags out of the table, and the table's out of the caller
    text.imbue(std::locale::classic());
    text << std::fixed << std::setprecision(4);
    const auto row = [&](const char* name, double value, bool defined = true) {
        text << "  " << std::left << std::setw(20) << name << std::right << std::setw(10);
        if (defined && !std::isnan(value))
            text << value << '\n';
        else
            text << "n/a" << '\n';
    };
    const auto& counts = report.counts;
    const bool has_positives = report.positives > 0;
    text << counts.total() << " samples: " << report.positives << " positive, " << report.negatives << " negative\n";
    row("AUC", report.auc);
    row("average precision", report.average_precision, has_positives);
    row("Brier score", report.brier);
    row("log loss", report.log_loss);
    row("calibration error", report.ece);
    text << "called positive where p > " << std::defaultfloat << report.threshold << ":\n" << std::fixed;
    row("precision", report.precision, counts.called_positive() > 0);
    row("recall", report.recall, has_positives);
    row("F1", report.f1, has_positives || counts.called_positive() > 0);
    row("accuracy", report.accuracy);
    row("balanced accuracy", report.balanced_accuracy);
    row("MCC", report.mcc);
    const auto line = [&](const char* name, std::int64_t negative, std::int64_t positive) {
        text << "  " << std::left << std::setw(20) << name << std::right << std::setw(10) << negative << std::setw(12)
             << positive << '\n';
    };
    text << std::setw(32) << "called neg." << std::setw(12) << "called pos." << '\n';
    line("negatives", counts.true_negatives, counts.false_positives);
    line("positives", counts.false_negatives, counts.true_positives);
    return out << text.str();
}

}  // namespace cyclone::metrics
