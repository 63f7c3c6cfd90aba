#pragma once
// The progress line of a search for learning rates.

#include <cyclone/analysis/find_rates.h>
#include <cyclone/train/progress.h>

#include <iostream>
#include <optional>
#include <string>

namespace cyclone::cli {

/// While it lives, sweeps and trials of `search` have a line each, and what is made again is printed.
class SearchProgress {
public:
    SearchProgress(analysis::FindRatesOptions& search, bool silent) {
        if (silent) return;
        search.before = [this](std::string_view what, std::int64_t updates) {
            line_.emplace("find-lr, " + std::string(what), updates);
        };
        search.sweep.on_update = [this] { line_->add(); };
        search.report = [this](const std::string& text) {
            line_.reset();
            std::cout << text << '\n' << std::flush;
        };
    }
    SearchProgress(const SearchProgress&) = delete;
    SearchProgress& operator=(const SearchProgress&) = delete;

private:
    std::optional<train::Progress> line_;
};

}  // namespace cyclone::cli
