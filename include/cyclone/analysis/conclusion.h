#pragma once
// What the numbers of a comparison bear out, in sentences.

#include <cyclone/analysis/configuration.h>
#include <cyclone/analysis/statistics.h>

#include <string>
#include <vector>

namespace cyclone::analysis {

/// The verdicts in sentences, one per difference, the rule behind them, and where verdicts are open the command that
/// adds seeds: `add_seeds`, which lacks no more than " --seeds N".
std::vector<std::string> verdict_sentences(const Statistics& statistics, const std::string& add_seeds = {});

/// Sentences by fixed rules: the highest mean AUC, configurations that call nothing positive, the verdicts of
/// `statistics` (see Verdict), configurations whose learning-rate budget is a thousandth of another's, and diverged
/// runs.
std::vector<std::string> conclusion(const std::vector<Configuration>& configurations, const Statistics& statistics = {},
                                    const std::string& add_seeds = {});

}  // namespace cyclone::analysis
