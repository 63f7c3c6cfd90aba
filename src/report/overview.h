#pragma once
// The first screen of a comparison's page: the result in a sentence, a row per configuration, what to try next.

#include <cyclone/analysis/results.h>

#include <string>

namespace cyclone::report {

/// HTML. The rows are sorted by the mean AUC, the best first; a configuration without one comes last.
std::string overview(const analysis::Results& results);

}  // namespace cyclone::report
