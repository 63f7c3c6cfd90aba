#pragma once
// The texts of the tour's chapters, with their numbers filled in, as HTML.

#include <cyclone/report/tour.h>

#include <string>
#include <string_view>

namespace cyclone::report {

/// `text` with {name} replaced by the outcome's number, or by "..." where there is none. An unknown name is an Error:
/// the chapter's text is wrong.
std::string with_numbers(const std::string& text, const TourChapter& chapter, const TourOutcome* outcome);

/// `code`, [words](address) and plain text as HTML.
std::string inline_html(std::string_view text);

/// The outcome of a chapter; null where its command has not run.
const TourOutcome* outcome_of(const Tour& tour, const TourChapter& chapter);

}  // namespace cyclone::report
