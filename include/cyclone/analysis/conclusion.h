#pragma once
// What the numbers of a comparison bear out, in sentences.

#include <cyclone/analysis/configuration.h>
#include <cyclone/analysis/statistics.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace cyclone::analysis {

/// The result in one sentence: what is better than the baseline, alike, worse, and where the seeds cannot tell.
std::string headline(const std::vector<Configuration>& configurations, const Statistics& statistics = {});

/// How many seeds would close the open verdicts, at most 20 besides those that were lost because a run of `rows`
/// diverged; 0 where none is open or as many are there.
std::int64_t seeds_to_try(const Statistics& statistics, const std::vector<Configuration>& rows = {});

/// When each configuration got to the target AUC, the fastest first; nothing without a target or where none did.
std::string arrival_sentence(const std::vector<Configuration>& configurations, std::optional<double> target_auc);

/// Whether the order by AUC is that of the learning-rate budgets, where it nearly is (rank correlation of at least 0.8
/// over at least four schedules); else nothing.
std::string budget_sentence(const std::vector<Configuration>& configurations);

/// The verdicts in sentences, one per difference, the rule behind them, and where verdicts are open the command that
/// adds seeds: `add_seeds`, which lacks no more than " --seeds N".
std::vector<std::string> verdict_sentences(const Statistics& statistics, const std::string& add_seeds = {},
                                           const std::vector<Configuration>& rows = {});

/// Sentences by fixed rules: the highest mean AUC, configurations that call nothing positive, the verdicts of
/// `statistics` (see Verdict), configurations whose learning-rate budget is a thousandth of another's, and diverged
/// runs.
std::vector<std::string> conclusion(const std::vector<Configuration>& configurations, const Statistics& statistics = {},
                                    const std::string& add_seeds = {});

}  // namespace cyclone::analysis
