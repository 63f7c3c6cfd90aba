#pragma once
// The answer of an experiment on standard output.

#include <cyclone/base/text_width.h>
#include <cyclone/report/laboratory.h>

#include <iostream>

#include "cli/shared.h"
#include "system/system.h"

namespace cyclone::cli {

/// As JSON, as its one sentence, or with its picture.
inline void print_finding(const lab::Finding& finding, bool json, bool quiet) {
    if (json)
        std::cout << io::to_json(finding);
    else if (quiet)
        std::cout << finding.words << '\n';
    else
        report::print(std::cout, finding, terminal_columns(system::kOutput).value_or(80), takes_colour());
}

}  // namespace cyclone::cli
