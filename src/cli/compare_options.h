#pragma once
// What `cyclone compare` is asked to do: its options and presets.

#include <string>

#include "cli/compare_settings.h"
#include "cli/place.h"

namespace cyclone::cli {

class CompareOptions {
public:
    explicit CompareOptions(Options& options);

    const std::string& out() const { return s_.out; }
    bool resumes() const { return s_.resume; }
    /// UsageError if processes that share the runs do not name their folder, or would empty it.
    Place place() const;

    /// Everything in effect, checked for what belongs together: the preset or `stored` (the settings of a folder that
    /// is resumed), and what was given on top. By default as many trainings at a time as `processors` have room for.
    /// UsageError names the option.
    CompareSettings& settings(const Settings* stored, int processors);

private:
    void choose_schedules(const Settings* stored);

    Options& options_;
    CompareSettings s_;
};

}  // namespace cyclone::cli
