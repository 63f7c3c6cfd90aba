#pragma once
// What the numbers of a comparison bear out, in sentences.

#include <cyclone/analysis/configuration.h>
#include <cyclone/analysis/statistics.h>

#include <string>
#include <vector>

namespace cyclone::analysis {

/// The verdicts in sentences, one per difference, and the rule behind them.
std::vector<std::string> verdict_sentences(const Statistics& statistics);

/// Sentences by fixed rules: the highest mean AUC, the verdicts of `statistics` (see Verdict), configurations whose
/// learning-rate budget is a thousandth of another's, and diverged runs. One seed gives no conclusion about
/// differences.
std::vector<std::string> conclusion(const std::vector<Configuration>& configurations,
                                    const Statistics& statistics = {});

}  // namespace cyclone::analysis
