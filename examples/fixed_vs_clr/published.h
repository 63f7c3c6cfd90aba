#pragma once
// The study's published figures, to be set beside ours.

#include <cyclone/analysis/summary.h>
#include <cyclone/data/dataset.h>

#include <iosfwd>
#include <string>
#include <vector>

/// For the presets study-1to17 (Tables III and IV) and study-1to36 (Tables V and VI): a line with the study's figures
/// and one with ours for each schedule that both have, and why they cannot agree in full. Nothing for other presets.
void print_published(std::ostream& out, const std::string& preset,
                     const std::vector<cyclone::analysis::ScheduleSummary>& ours, double test_positives_percent);
