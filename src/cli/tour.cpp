// cyclone tour: runs the command of each chapter and writes the chapters as a site, or as Markdown.

#include <cyclone/base/error.h>
#include <cyclone/base/number_text.h>
#include <cyclone/base/registry.h>
#include <cyclone/io/atomic_file.h>
#include <cyclone/lab/provenance.h>
#include <cyclone/report/table.h>
#include <cyclone/report/tour.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <iostream>
#include <memory>
#include <sstream>

#include "cli/commands.h"
#include "cli/process.h"
#include "cli/shared.h"
#include "cli/tour_chapters.h"

namespace cyclone::cli {
namespace {

namespace fs = std::filesystem;
using report::Tour;
using report::TourChapter;

struct TourSettings {
    std::string out = "tour", markdown;
    std::vector<std::string> chapters;
    bool list = false, quick = false, overwrite = false, quiet = false;
};

/// Standard output of a command, for its page.
class Captured {
public:
    Captured() : before_(std::cout.rdbuf(text_.rdbuf())) {}
    ~Captured() { std::cout.rdbuf(before_); }
    Captured(const Captured&) = delete;
    Captured& operator=(const Captured&) = delete;
    std::string text() const { return text_.str(); }

private:
    std::ostringstream text_;
    std::streambuf* before_;
};

std::vector<std::string> words_of(const std::string& command) {
    std::istringstream stream(command);
    return {std::istream_iterator<std::string>(stream), {}};
}

/// Runs the chapter's command; the result lies in `folder`.
report::TourOutcome run_chapter(const TourChapter& chapter, const fs::path& folder, bool quick) {
    std::vector<std::string> words = words_of(quick ? chapter.quick : chapter.command);
    const Command& command = command_named(words[0]);
    words.erase(words.begin());
    for (const std::string& word : {std::string("--out"), folder.string(), std::string("--overwrite")})
        words.push_back(word);
    const auto start = std::chrono::steady_clock::now();
    const Captured output;
    const int code = run_command(command, words);
    if (interrupted) fail(chapter.name, "stopped by a signal (the chapters before it are in their folders)");
    check(code == 0, chapter.name, "its command ended with code ", code, ":\n", output.text());
    report::write_outcome(chapter,
                          {.numbers = {},
                           .seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(),
                           .printed = output.text(),
                           .instead = quick ? chapter.quick : ""},
                          folder);
    return report::read_outcome(chapter, folder);
}

bool wanted(const TourSettings& s, const TourChapter& chapter) {
    if (chapter.command.empty()) return false;
    return s.chapters.empty() || std::find(s.chapters.begin(), s.chapters.end(), chapter.name) != s.chapters.end();
}

void check_names(const std::vector<std::string>& names, const std::vector<TourChapter>& chapters) {
    std::vector<NamedItem> known;
    known.reserve(chapters.size());
    for (const TourChapter& chapter : chapters) known.push_back({chapter.name, chapter.name, chapter.title});
    for (const std::string& name : names)
        if (std::none_of(known.begin(), known.end(), [&](const NamedItem& item) { return item.name == name; }))
            fail_unknown_name("chapter", name, known);
}

/// What a chapter that is not run this time left earlier; none where there is nothing, or of another version.
void take_earlier(Tour& tour, const TourChapter& chapter, const fs::path& folder) {
    if (chapter.command.empty() || !fs::exists(folder / chapter.picture)) return;
    try {
        tour.outcomes[chapter.name] = report::read_outcome(chapter, folder);
    } catch (const Error& error) {
        std::cerr << "cyclone tour: " << error.what() << ": left out (hint: --chapters " << chapter.name << ")\n";
    }
}

void write_markdown(const Tour& tour, const fs::path& site, const fs::path& folder) {
    fs::create_directories(folder);
    for (const TourChapter& chapter : tour.chapters)
        if (tour.outcomes.contains(chapter.name) && !chapter.picture.empty())
            fs::copy_file(site / chapter.name / chapter.picture, folder / (chapter.name + ".svg"),
                          fs::copy_options::overwrite_existing);
    io::write_file_atomically(folder / "README.md", report::tour_markdown(tour, "build/bin/cyclone", "build/tour"));
}

std::string machine() {
    const lab::Provenance here = lab::this_process();
    return here.processor + ", " + here.processors + " processors, " + here.backend + ", " + here.time.substr(0, 10);
}

int show_tour(const TourSettings& s) {
    Tour tour{.chapters = tour_chapters(), .outcomes = {}, .machine = machine()};
    check_names(s.chapters, tour.chapters);
    if (s.list) {
        report::Table table{.header = {"chapter", "title", "command"}};
        for (const TourChapter& chapter : tour.chapters)
            table.rows.push_back({chapter.name, chapter.title, chapter.command});
        report::print(std::cout, table);
        return 0;
    }
    const fs::path folder = s.out;
    make_output_folder(folder, "index.html", s.overwrite);
    catch_interrupts();
    for (const TourChapter& chapter : tour.chapters) {
        if (!wanted(s, chapter)) {
            take_earlier(tour, chapter, folder / chapter.name);
            continue;
        }
        if (!s.quiet)
            std::cout << chapter.name << ": cyclone " << (s.quick ? chapter.quick : chapter.command) << std::endl;
        const auto& outcome = tour.outcomes[chapter.name] = run_chapter(chapter, folder / chapter.name, s.quick);
        if (!s.quiet) std::cout << "  " << number_text::significant(outcome.seconds, 2) << " s" << std::endl;
        report::write_tour(folder, tour, "cyclone");  // grows: a long tour can be read from its first chapter on
    }
    report::write_tour(folder, tour, "cyclone");
    if (!s.markdown.empty()) write_markdown(tour, folder, s.markdown);
    if (!s.quiet) std::cout << "\nopen " << (folder / "index.html").string() << '\n';
    return 0;
}

}  // namespace

Body setup_tour(Options& options) {
    const auto s = std::make_shared<TourSettings>();
    options.option("--out FOLDER", s->out, "for the pages, and the results of each chapter").usual();
    options.option("--chapters NAMES", s->chapters, "run these only, separated by commas (default: all)").usual();
    options.option("--list", s->list, "list the chapters with their commands and end").usual();
    options.option("--quick", s->quick, "short runs, which show how it works and nothing else").usual();
    options.option("--markdown FOLDER", s->markdown, "the chapters as README.md with their pictures, too").usual();
    options.option("--overwrite", s->overwrite, "replace the pages of an earlier tour").usual();
    options.option("--quiet", s->quiet, "print nothing").usual();
    options.example("");
    options.example("--chapters noise-floor,range-test --overwrite");
    options.note("About five minutes on two cores. Opens without network; lecture.html has one picture per screen.");
    return [s] {
        std::vector<std::string> names;
        for (const std::string& text : s->chapters)
            for (const std::string& name : split_at_commas("--chapters", text)) names.push_back(name);
        s->chapters = names;
        return show_tour(*s);
    };
}

}  // namespace cyclone::cli
