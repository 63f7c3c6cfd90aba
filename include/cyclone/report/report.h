#pragma once
// report.html: a comparison as one page that opens without network, is whole without scripts, prints, answers to touch,
// and can be taught from.

#include <cyclone/analysis/results.h>
#include <cyclone/data/dataset.h>

#include <filesystem>
#include <string>

namespace cyclone::report {

/// What the page shows besides the results.
struct PageOptions {
    const data::Dataset* test = nullptr;  ///< the test set; without it the page shows no images
    /// Heads the page.
    std::string title = "Fixed against cyclical learning rates";
    int refresh_seconds = 0;  ///< above 0, an open page loads itself again: of a comparison that is under way
};

/// Writes the page; the file appears whole or not at all. It links the live page where live.html stands beside it, and
/// is whole without. Every text is escaped and an undefined metric is "n/a".
/// Errors: the file cannot be written; a test set of another size than that of the results.
void write_page(const std::filesystem::path& path, const analysis::Results& results, const PageOptions& options = {});

/// Everything that shows the results, into `folder`, which is made if necessary: result.json, report.html, curves.svg,
/// budget.svg, paired.svg where there is a cycle to draw, and auc.svg where the AUC was measured during training.
void write(const std::filesystem::path& folder, const analysis::Results& results, const PageOptions& options = {});

/// Puts a copy of the live page that `make web` builds (a network that trains in the browser) as live.html into
/// `folder`, whose report.html then links it when it is written. Error for a file that is no such page.
void add_live_page(const std::filesystem::path& folder, const std::filesystem::path& page);

}  // namespace cyclone::report
