#pragma once
// The words that the tour, the pages and the tables use, explained in one place.

#include <string>
#include <vector>

namespace cyclone::report {

/// A word, or several that belong together, and what it means in one or two sentences.
struct GlossaryEntry {
    std::string word;
    std::string meaning;
};

/// Words of one subject, in an order in which they can be read.
struct GlossaryPart {
    std::string title;
    std::vector<GlossaryEntry> entries;
};

/// Training, rates and cycles, metrics (the rows of metrics::table(), those a program added too), uncertainty.
std::vector<GlossaryPart> glossary();

}  // namespace cyclone::report
