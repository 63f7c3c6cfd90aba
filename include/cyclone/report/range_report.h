#pragma once
// A range test for people and programs: table, CSV, JSON, picture.

#include <cyclone/lab/range_test.h>
#include <cyclone/lab/trial_cycles.h>

#include <cstddef>
#include <filesystem>
#include <iosfwd>
#include <string>
#include <utility>
#include <vector>

namespace cyclone::report {

/// What the mean curve suggests, what each seed's own curve does, and how the sweeps ended, as a table with the pair
/// and its reason (or why there is none) below, after the table of the trials if there were any. The picture and the
/// tables fit into `width` columns.
void print_range_test(std::ostream& out, const lab::RangeTest& test, const lab::TrialCycles* trials = nullptr,
                      std::size_t width = 80);

/// `seed,update,learning_rate,loss,smoothed_or_metric`, one line per update; the last cell is empty where nothing was
/// measured.
std::string range_test_csv(const lab::RangeTest& test);

/// analysis::Suggestions of the mean curve and of each seed, the trials (null: there were none), the pair after them,
/// the mean curve with its band, and `settings` as they were in effect.
std::string range_test_json(const lab::RangeTest& test,
                            const std::vector<std::pair<std::string, std::string>>& settings,
                            const lab::TrialCycles* trials = nullptr);

/// The mean curve with the band of the seeds over the rate (logarithmic), every suggestion as a mark on the curve, the
/// pair (after the trials, if there were any) as a shaded range. Error when the file cannot be written, or when there
/// are no two points to draw.
void plot_range_test(const std::filesystem::path& svg, const lab::RangeTest& test,
                     const lab::TrialCycles* trials = nullptr);

/// The same with its tables, `settings` and provenance as a page in one file, which opens without network; its script
/// only adds a cursor. Without two points there is no picture.
void write_range_page(const std::filesystem::path& path, const lab::RangeTest& test,
                      const std::vector<std::pair<std::string, std::string>>& settings,
                      const lab::TrialCycles* trials = nullptr);

}  // namespace cyclone::report
