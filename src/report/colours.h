#pragma once
// Which colour a schedule has in every table and picture: it follows from the name, not from the row.

#include <cyclone/analysis/results.h>

#include <cstddef>
#include <string>
#include <vector>

namespace cyclone::report {

/// What a colour depends on.
struct Coloured {
    std::string schedule;      ///< its name
    std::vector<double> rate;  ///< over the run; may be empty
};

/// One Mark::colour per line. Rates that stay are blue (darker from constant:base to constant:max), those that rise
/// and fall orange, those that only fall grey, and the study's time decay is dashed. Lines of one schedule (rebalancing
/// methods, averages) have its colour and other dashes. Without a rate: the palette of eight, by place.
std::vector<std::size_t> colours_of(const std::vector<Coloured>& lines);

/// Those of the configurations, in their order.
std::vector<std::size_t> colours_of(const analysis::Results& results);

/// Whether a rate rises somewhere: a cycle, not a constant or a decay.
bool rises(const std::vector<double>& rate);

}  // namespace cyclone::report
