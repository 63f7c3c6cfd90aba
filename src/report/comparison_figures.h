#pragma once
// Which plots the report of a comparison shows, and what to look at in each.

#include <cyclone/analysis/results.h>
#include <cyclone/report/svg.h>

#include <filesystem>
#include <vector>

namespace cyclone::report {

/// The plots of the sections of the page. Those without anything to show have no marks.
struct Figures {
    std::vector<Plot> paired;            ///< a cycle against its baseline on the same batches: the first is the widest
    Plot course;                         ///< rates, losses and AUC over the updates, below each other
    Plot narrow_course;                  ///< the same for a phone
    std::vector<Plot> budget, quality;   ///< after the course; on the test set
    std::vector<Plot> reliability = {};  ///< one per configuration
};

Figures draw_figures(const analysis::Results& results);

/// Writes the first of the plots of a section as a file; none where it shows nothing.
void write_first(const std::filesystem::path& svg, const std::vector<Plot>& plots);

/// Rates, losses and (where there are any) AUCs over the updates, also as curves.svg.
Plot course_plot(const analysis::Results& results, int width, bool with_auc);

/// The loss of a model that knows the fractions of the two classes in the training set and nothing else; NaN where that
/// is no measure: without both classes, and with rebalancing methods, whose losses are of other things.
double fractions_only(const analysis::Results& results);

/// The AUC as a near_one axis can show it: 1 becomes half a pair in the wrong order.
double shown_auc(const analysis::Results& results, double auc);

}  // namespace cyclone::report
