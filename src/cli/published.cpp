// The published results of the study, beside ours.

#include "cli/published.h"

#include <cyclone/report/table.h>

#include <fmt/format.h>

#include <algorithm>
#include <ostream>

namespace cyclone::cli {
namespace {

using analysis::Configuration;

struct Published {
    double mean, sd;
};

struct Row {
    const char* schedule;  // our name of it
    Published auc, precision, recall, f1;
};

// Three runs each; means from Tables III and V, standard deviations from Tables IV and VI.
const std::vector<Row> kOneTo17 = {
    {"triangular", {0.9940, 0.0004}, {0.4750, 0.0482}, {0.9590, 0.0009}, {0.6350, 0.0423}},
    {"triangular2", {0.9950, 0.0005}, {0.4790, 0.0450}, {0.9600, 0.0017}, {0.6300, 0.0401}},
    {"exp-range", {0.9950, 0.0005}, {0.5720, 0.0700}, {0.9420, 0.0253}, {0.7000, 0.0531}},
    {"time-decay", {0.6867, 0.1222}, {0.1327, 0.1880}, {0.4940, 0.3690}, {0.0914, 0.0798}},
};
const std::vector<Row> kOneTo36 = {
    {"triangular", {0.9969, 0.0005}, {0.9232, 0.0068}, {0.9527, 0.0009}, {0.9377, 0.0039}},
    {"triangular2", {0.9970, 0.0004}, {0.9155, 0.0142}, {0.9568, 0.0043}, {0.9356, 0.0074}},
    {"exp-range", {0.9971, 0.0007}, {0.8757, 0.0122}, {0.9547, 0.0070}, {0.9135, 0.0034}},
};

report::Cell cell(const Published& p) { return fmt::format("{:.4f} +- {:.4f}", p.mean, p.sd); }

}  // namespace

void print_published(std::ostream& out, const std::string& preset, const analysis::Results& results) {
    const auto& ours = results.configurations;
    const bool one_to_17 = preset == "study-1to17";
    if (!one_to_17 && preset != "study-1to36") return;
    report::Table table{
        .title = std::string("The study's ") + (one_to_17 ? "Tables III and IV" : "Tables V and VI") + " and this run",
        .header = {"schedule", "", "AUC", "precision", "recall", "F1"}};
    for (const Row& row : one_to_17 ? kOneTo17 : kOneTo36) {
        const auto found =
            std::find_if(ours.begin(), ours.end(), [&](const Configuration& c) { return c.name == row.schedule; });
        table.rows.push_back(
            {row.schedule, "study", cell(row.auc), cell(row.precision), cell(row.recall), cell(row.f1)});
        if (found == ours.end()) continue;
        auto& here = table.rows.emplace_back(std::vector<report::Cell>{"", "here"});
        for (const char* metric : {"auc", "precision", "recall", "f1"})
            here.push_back(report::Cell::spread(found->test[metric], 4));
    }
    report::print(out, table);
    out << "Where they cannot agree:\n"
           "- Other images: the study's are no longer to be had, so only the order of the schedules can be compared.\n"
        << fmt::format(
               "- The fraction of positives in the test set is {:.2f} % here and 1.05 % there; precision and F1 depend "
               "on it, AUC and recall do not.\n",
               100 * static_cast<double>(results.test_positives) /
                   static_cast<double>(std::max<std::int64_t>(results.test_images, 1)))
        << "- Precision, recall and F1 belong to the class of the higher probability (threshold 0.5), which nobody "
           "tuned,\n  there or here.\n";
    if (one_to_17)
        out << "- The study's \"fixed\" rate is time-decay, 0.002 / (1 + 0.96 t). Its printed F1 is the mean of the "
               "runs'; its\n  precision and recall would give 0.209.\n";
    else
        out << "- Table V has no row for the study's \"fixed\" rate.\n";
    out << "- The study set no seeds. Its three cyclical modes differ in AUC by no more than their standard "
           "deviations.\n";
}

}  // namespace cyclone::cli
