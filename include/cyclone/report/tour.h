#pragma once
// The tour: chapters of one command and one picture each, as a site of pages and as Markdown.

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace cyclone::report {

/// A number of a chapter's text, from the result.json of its command.
struct TourNumber {
    std::string name;  ///< {name} in a text is replaced by the number
    /// Names and places on the way to it: "schedules/name=triangular/auc/mean", "runs/0/seconds".
    std::string path;
    int digits = 2;  ///< significant ones; 0 for a text, as it is
};

/// One chapter. Its texts may hold `code`, [words](address) and {numbers}.
struct TourChapter {
    std::string name = {};                 ///< of its folder and pages: "noise-floor"
    std::string title = {};                ///< of the chapter
    std::vector<std::string> text = {};    ///< paragraphs before the command
    std::string command = {};              ///< subcommand and options without --out; empty: a chapter to read
    std::string quick = {};                ///< the same in seconds, for tests
    std::string picture = {};              ///< file in the command's folder
    std::string alt = {};                  ///< what the picture shows, for those who do not see it
    std::vector<std::string> found = {};   ///< paragraphs after the picture: what came out
    std::string result = {};               ///< the same in a line, for the contents; may be empty
    std::vector<std::string> look = {};    ///< what to look at: three things
    std::string exercise = {};             ///< may be empty
    std::string answer = {};               ///< to the exercise: folded
    std::string question = {};             ///< that is asked next; may be empty
    std::string reply = {};                ///< to the question
    std::string page = {};                 ///< file in the folder that answers to touch; empty: none
    std::vector<TourNumber> numbers = {};  ///< of the texts
    bool has_sandbox = false;              ///< the page has the valley that answers to touch
};

/// What the command of a chapter left.
struct TourOutcome {
    std::map<std::string, std::string> numbers;  ///< by TourNumber::name
    double seconds = 0;                          ///< the command took; 0: unknown
    std::string printed;                         ///< on standard output; may be empty
    std::string instead;                         ///< what ran instead of TourChapter::command: a short tour, or an
                                                 ///< earlier version's command
};

/// Writes what the command's own files do not tell into `folder`/tour.json: what ran (TourChapter::command, or
/// `instead`), its seconds and what it printed.
void write_outcome(const TourChapter& chapter, const TourOutcome& outcome, const std::filesystem::path& folder);
/// The numbers of a chapter from `folder`/result.json, and what write_outcome() left, where it is there. Error, naming
/// file and path, for what is missing or damaged.
TourOutcome read_outcome(const TourChapter& chapter, const std::filesystem::path& folder);

/// What a tour is made of: chapters by name, with the outcome of those whose command has run.
struct Tour {
    std::vector<TourChapter> chapters;            ///< in their order
    std::map<std::string, TourOutcome> outcomes;  ///< by TourChapter::name
    std::string machine;                          ///< "AMD EPYC, 2 processors, ..."; may be empty
};

/// The chapters and the glossary as Markdown with pictures NAME.svg beside it; a number without an outcome is "...".
/// `program` stands before the commands, `folder` is where they write.
std::string tour_markdown(const Tour& tour, const std::string& program, const std::string& folder);

/// Writes the site into `folder`, where the commands' folders lie as chapter names: index.html, NAME.html for each
/// chapter, lecture.html (one picture per screen), exercises.html and glossary.html. Each file appears whole or not at
/// all. Error when one cannot be written.
void write_tour(const std::filesystem::path& folder, const Tour& tour, const std::string& program);

}  // namespace cyclone::report
