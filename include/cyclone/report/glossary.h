#pragma once
// The words that the tour, the pages and the tables use, explained in one place.

#include <string>
#include <vector>

namespace cyclone::report {

/// A word, or several that belong together, and what it means in one or two sentences.
struct GlossaryEntry {
    std::string word;     ///< or words, separated by commas
    std::string meaning;  ///< plain text
};

/// Words of one subject, in an order in which they can be read.
struct GlossaryPart {
    std::string title;                   ///< of the subject
    std::vector<GlossaryEntry> entries;  ///< at least one
};

/// Training, rates and cycles, metrics (the rows of metrics::table(), those a program added too), uncertainty.
std::vector<GlossaryPart> glossary();

}  // namespace cyclone::report
