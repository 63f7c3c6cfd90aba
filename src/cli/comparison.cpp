// The data of a comparison, and what is told of its runs.

#include "cli/comparison.h"

#include <cyclone/base/text_width.h>
#include <cyclone/cyclone.h>

#include <iostream>

#include "cli/patches.h"
#include "cli/published.h"
#include "cli/shared.h"
#include "system/system.h"

namespace cyclone::cli {

ComparisonData load_comparison_data(const CompareSettings& s) {
    data::Splits all = load_patches({.data = s.data,
                                     .positives = s.positives,
                                     .negatives = s.negatives,
                                     .difficulty = s.difficulty,
                                     .data_seed = s.data_seed,
                                     .positive_class = s.positive_class,
                                     .imbalance = s.imbalance,
                                     .held_out = s.threshold == "none" ? 0 : kHeldOut,
                                     .tries_rates = s.tunes_constant(),
                                     .open = s.reading.read()});
    return {std::move(all.train), std::move(*all.test), std::move(all.validation)};
}

void check_target_value(const CompareSettings& s) {
    check<UsageError>(!s.target_auc || (*s.target_auc > 0 && *s.target_auc <= 1), "--target-auc",
                      "expected an AUC above 0 and up to 1, got ", s.target_auc.value_or(0));
}

void check_target(const CompareSettings& s) {
    check<UsageError>(!s.target_auc || s.evaluate_every > 0, "--target-auc", "the runs in ", s.out,
                      " have no AUC curves (hint: --evaluate-every in a new folder)");
}

analysis::AnalysisOptions analysis_options(const CompareSettings& s, const lab::ComparisonRecord& record) {
    const std::string add = s.can_grow ? program + " compare --resume --out " + shell_quoted(s.out) : "";
    return {.record = record,
            .baseline = s.baseline,
            .target_auc = s.target_auc,
            .threshold_goal = s.threshold == "none" ? "" : s.threshold,
            .alike_within = s.alike_within,
            .add_seeds = add,
            .add_schedules = add};
}

void report_comparison(const CompareSettings& s, const lab::ComparisonFolder& folder,
                       const lab::ComparisonRecord& record, const std::vector<lab::Run>& runs,
                       std::span<const std::int64_t> labels, const data::Dataset* images) {
    const auto results = analysis::analyse(lab::with_averages(runs), labels, analysis_options(s, record));
    folder.write_curves(runs);
    report::write(folder.path(), results, {.test = images});
    if (s.json) {
        std::cout << analysis::to_json(results);
        return;
    }
    report::print(std::cout, results, terminal_columns(system::kOutput).value_or(report::kNoLimit));
    if (s.preset.rfind("study", 0) == 0) std::cout << '\n';
    print_published(std::cout, s.preset, results);
    if (s.quiet) return;
    std::cout << "\nreport.html, runs, histories, result.json and pictures are in " << folder.path().string() << '\n'
              << "the words of the tables: " << program << " help glossary\n";
}

}  // namespace cyclone::cli
