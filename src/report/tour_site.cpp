// The pages of the tour: contents, chapters, one picture per screen, exercises, glossary.
#include <cyclone/io/atomic_file.h>
#include <cyclone/report/glossary.h>
#include <cyclone/report/tour.h>

#include <cyclone/base/number_text.h>

#include <algorithm>
#include <cctype>

#include "report/html.h"
#include "report/page_data.h"
#include "report/report_page.h"
#include "report/tour_text.h"

namespace cyclone::report {
namespace {

constexpr const char* kTitle = "A tour of cyclical learning rates";
constexpr const char* kShort = "Its numbers and pictures show what a page looks like, and nothing else.";

constexpr const char* kStyle = R"css(<style>
.tour img { max-width: 100%; height: auto; display: block; }
.tour figure { overflow-x: auto; }
.tour figure img { min-width: 34rem; }
.tour .look li { margin: .4rem 0; }
.tour nav a[aria-current] { font-weight: 600; }
.contents { list-style: none; padding: 0; max-width: none; display: grid; gap: 1.2rem 1.6rem;
  grid-template-columns: repeat(auto-fill, minmax(min(100%, 20rem), 1fr)); }
.contents img { height: 11rem; object-fit: contain; object-position: left; }
</style>
)css";

constexpr const char* kLectureStyle = R"css(<style>
html { scroll-snap-type: y mandatory; }
main { max-width: none; padding: 0; }
.slide { min-height: 100vh; scroll-snap-align: start; display: flex; flex-direction: column; gap: 1vh; padding: 3vh 4vw; }
.slide h2 { border: 0; margin: 0; padding: 0; font-size: clamp(1.4rem, 4.5vh, 3.4rem); }
.slide img { flex: 1 1 50vh; min-height: 40vh; max-height: 64vh; max-width: 100%; object-fit: contain; object-position: left; }
.slide li { font-size: clamp(1rem, 2.5vh, 2rem); max-width: none; margin: .6vh 0; }
.slide ol { margin: 0; max-width: none; }
@media print { .slide { min-height: 0; break-after: page; } }
</style>
)css";

// The arrow keys turn the slides; without the script the wheel, Page Down and a finger do.
constexpr const char* kLectureScript = R"html(<script>
"use strict";
addEventListener("keydown", (event) => {
  const step = {ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1}[event.key];
  if (!step) return;
  event.preventDefault();
  const slides = [...document.querySelectorAll(".slide")];
  const now = slides.findIndex((slide) => slide.getBoundingClientRect().bottom > innerHeight / 2);
  const next = slides[Math.min(slides.length - 1, Math.max(0, now + step))];
  next.scrollIntoView({behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth"});
});
</script>
)html";

// For whoever knows what a gradient is and nothing else of this. `glossary` is its address.
std::vector<std::string> introduction(const std::string& glossary) {
    return {
        "Training moves the weights of a network by updates: new weight = weight - learning rate x gradient. A "
        "cyclical learning rate (CLR) rises and falls again and again during one training, between a base and a "
        "maximum, where other schedules stay constant or only fall. The tour shows what that does, when it pays and "
        "when it does not. It asks for no more than what a gradient is; other words are explained where they first "
        "occur, and all of them in the [glossary](" +
            glossary + ").",
        "How to read the answers: every measurement is repeated with several seeds, the numbers that random draws "
        "(data, first weights, batches) follow from. `6.5 [5.93, 7.14]` is the mean over the seeds and the "
        "interval in which the mean over all seeds lies, with 95 % confidence. A claim holds where every interval "
        "lies within what is claimed; it does not hold where one lies outside altogether; otherwise the seeds "
        "cannot tell, and the answer says how many would.",
        "All of it runs on drawn images and small networks, or on a formula without a network. Whether it holds "
        "for your network is not known: `cyclone compare YOUR-DATA` measures it."};
}

/// A chapter with its place and what its command left.
struct View {
    const Tour* tour = nullptr;
    std::size_t place = 0;

    const TourChapter& chapter() const { return tour->chapters[place]; }
    const TourOutcome* outcome() const { return outcome_of(*tour, chapter()); }
    std::string heading() const { return std::to_string(place + 1) + ". " + chapter().title; }
    std::string html(const std::string& text) const { return inline_html(with_numbers(text, chapter(), outcome())); }
    std::string file() const { return chapter().name + ".html"; }
    /// What came out, in a line; nothing for a chapter without a command.
    std::string result() const { return with_numbers(chapter().result, chapter(), outcome()); }
    /// GitHub's address of the heading: small letters, '-' for blanks, no punctuation.
    std::string anchor() const {
        std::string text = "#";
        for (const unsigned char c : heading())
            if (std::isalnum(c) || c == '-')
                text += static_cast<char>(std::tolower(c));
            else if (c == ' ')
                text += '-';
        return text;
    }
    bool has_picture() const { return outcome() && !chapter().picture.empty(); }
    std::string image() const {
        return "<img src=\"" + html_escaped(chapter().name + "/" + chapter().picture) + "\" alt=\"" +
               html_escaped(chapter().alt) + "\">";
    }
};

std::vector<View> views(const Tour& tour) {
    std::vector<View> list;
    for (std::size_t i = 0; i < tour.chapters.size(); ++i) list.push_back({&tour, i});
    return list;
}

std::string link(const std::string& file, const std::string& words) {
    return element("a href=\"" + html_escaped(file) + "\"", html_escaped(words)) + " ";
}

std::string navigation(const Tour& tour, std::size_t place) {
    std::string html = "<nav>" + link("index.html", "Contents");
    if (place > 0) html += link(tour.chapters[place - 1].name + ".html", "Previous");
    if (place + 1 < tour.chapters.size()) html += link(tour.chapters[place + 1].name + ".html", "Next");
    return html + link("lecture.html", "Lecture") + link("exercises.html", "Exercises") +
           link("glossary.html", "Glossary") + "</nav>\n";
}

std::string list_of(const View& view, const std::string& tag) {
    std::string html;
    for (const std::string& item : view.chapter().look) html += element("li", view.html(item)) + "\n";
    return html.empty() ? "" : element(tag, "\n" + html) + "\n";
}

std::string command_of(const View& view, const std::string& program) {
    if (view.chapter().command.empty()) return {};
    const std::string command = program + " " + view.chapter().command + " --out " + view.chapter().name;
    return element("p", text_element("code class=\"command\"", command)) + "\n";
}

/// What the chapter's command left: its picture, and where it answers to touch.
std::string shown(const View& view) {
    const TourChapter& chapter = view.chapter();
    if (chapter.command.empty()) return {};
    if (!view.outcome()) return report_note("This command has not run here yet: there is no picture and no number.");
    std::string html;
    if (const std::string& instead = view.outcome()->instead; !instead.empty())
        html += report_note("Not the command above: cyclone " + instead + " was run instead. " + kShort);
    if (view.has_picture())
        html += element("figure", element("a href=\"" + html_escaped(chapter.name + "/" + chapter.picture) + "\"",
                                          view.image())) +
                "\n";
    for (const std::string& paragraph : chapter.found) html += element("p", view.html(paragraph)) + "\n";
    if (!chapter.page.empty())
        html += element("p", link(chapter.name + "/" + chapter.page, "The page of this run") +
                                 "has all of its numbers, and where it was computed.") +
                "\n";
    return html;
}

std::string exercise(const View& view) {
    if (view.chapter().exercise.empty()) return {};
    return element("p", view.html(view.chapter().exercise)) + "\n" +
           fold_out("Answer", element("p", view.html(view.chapter().answer))) + "\n";
}

std::string chapter_page(const View& view, const std::string& program) {
    const TourChapter& chapter = view.chapter();
    std::string body = kStyle + std::string("<div class=\"tour\">\n") + navigation(*view.tour, view.place) +
                       text_element("h1", view.heading()) + "\n";
    for (const std::string& paragraph : chapter.text) body += element("p", view.html(paragraph)) + "\n";
    body += command_of(view, program) + shown(view);
    body += report_section("look", "Look at", list_of(view, "ol class=\"look\""));
    if (chapter.has_sandbox) body += "<section id=\"training\"></section>\n";
    body += report_section("exercise", "Exercise", exercise(view));
    if (!chapter.question.empty())
        body += report_section("asked", "Asked next: " + chapter.question, element("p", view.html(chapter.reply)));
    if (const TourOutcome* outcome = view.outcome(); outcome && !outcome->printed.empty())
        body += fold_out("What the command printed", text_element("pre class=\"scroll\"", outcome->printed));
    body += navigation(*view.tour, view.place) + "</div>\n";
    if (chapter.has_sandbox)
        body += "<script type=\"application/json\" id=\"data\">{\"rows\": []}</script>\n" + page_script();
    return report_page(view.heading(), body);
}

std::string contents_page(const Tour& tour) {
    std::string items;
    double seconds = 0;
    for (const View& view : views(tour)) {
        if (view.outcome()) seconds += view.outcome()->seconds;
        const std::string picture = view.has_picture() ? view.image() : "";
        const std::string result = view.outcome() ? view.result() : "";
        items += element("li", element("a href=\"" + html_escaped(view.file()) + "\"",
                                       picture + html_escaped(view.heading())) +
                                   (result.empty() ? "" : "<br>" + text_element("span class=\"soft\"", result))) +
                 "\n";
    }
    const bool is_short = std::any_of(tour.outcomes.begin(), tour.outcomes.end(),
                                      [](const auto& outcome) { return !outcome.second.instead.empty(); });
    std::string where = tour.machine;
    if (seconds > 0)
        where += (where.empty() ? "" : ". ") + std::string("The commands took ") +
                 number_text::significant(seconds, 2) + " s together.";
    std::string body = kStyle + std::string("<div class=\"tour\">\n") + text_element("h1", kTitle) + "\n";
    for (const std::string& paragraph : introduction("glossary.html"))
        body += element("p", inline_html(paragraph)) + "\n";
    body += element("p",
                    "One command and one picture per chapter. Every number in the text comes from the command in front "
                    "of it.") +
            "\n" +
            (is_short ? report_note(std::string("A short tour (--quick), in some chapters at least. ") + kShort) : "") +
            "<nav>" + link("lecture.html", "Lecture: one picture per screen") +
            link("exercises.html", "All exercises") + link("glossary.html", "Glossary") + "</nav>\n" +
            element("ol class=\"contents\"", "\n" + items) + "\n" +
            (where.empty() ? "" : text_element("p class=\"soft\"", where) + "\n");
    return report_page(kTitle, body + "</div>\n");
}

std::string glossary_page() {
    return report_page(kTitle + std::string(": glossary"),
                       kStyle + std::string("<div class=\"tour\">\n<nav>") + link("index.html", "Contents") +
                           "</nav>\n" + text_element("h1", "Glossary") + "\n" + glossary_html() + "</div>\n");
}

std::string lecture_page(const Tour& tour) {
    std::string slides;
    for (const View& view : views(tour)) {
        if (view.chapter().look.empty()) continue;
        slides += element("section class=\"slide\"", "\n" + text_element("h2", view.heading()) + "\n" +
                                                         (view.has_picture() ? view.image() + "\n" : "") +
                                                         list_of(view, "ol")) +
                  "\n";
    }
    return report_page(kTitle + std::string(": lecture"), kLectureStyle + slides + kLectureScript);
}

std::string exercises_page(const Tour& tour) {
    std::string body = kStyle + std::string("<div class=\"tour\">\n<nav>") + link("index.html", "Contents") +
                       "</nav>\n" + text_element("h1", "Exercises") + "\n";
    for (const View& view : views(tour)) {
        const std::string text = exercise(view);
        if (text.empty()) continue;
        body += report_section(view.chapter().name, view.heading(),
                               text + element("p", link(view.file(), "The chapter")) + "\n");
    }
    return report_page(kTitle + std::string(": exercises"), body + "</div>\n");
}

/// Markdown has no way to break a line inside a list or a paragraph: one line each.
std::string markdown_of(const View& view, const std::string& program, const std::string& folder) {
    const TourChapter& chapter = view.chapter();
    const auto filled = [&](const std::string& text) { return with_numbers(text, chapter, view.outcome()); };
    std::string out = "## " + view.heading() + "\n\n";
    for (const std::string& paragraph : chapter.text) out += filled(paragraph) + "\n\n";
    if (!chapter.command.empty())
        out += "    " + program + " " + chapter.command + " --out " + folder + "/" + chapter.name + "\n\n";
    if (const TourOutcome* outcome = view.outcome(); outcome && !outcome->instead.empty())
        out += "Not the command above: `" + program + " " + outcome->instead + "` was run instead. " + kShort + "\n\n";
    if (!chapter.picture.empty()) out += "![" + chapter.alt + "](" + chapter.name + ".svg)\n\n";
    for (const std::string& paragraph : chapter.found) out += filled(paragraph) + "\n\n";
    if (!chapter.look.empty()) {
        out += "Look at\n\n";
        for (const std::string& item : chapter.look) out += "1. " + filled(item) + "\n";
        out += "\n";
    }
    if (!chapter.exercise.empty())
        out += "**Exercise.** " + filled(chapter.exercise) + "\n\n<details><summary>Answer</summary>\n\n" +
               filled(chapter.answer) + "\n\n</details>\n\n";
    if (!chapter.question.empty()) out += "**Asked next: " + chapter.question + "** " + filled(chapter.reply) + "\n\n";
    return out;
}

std::string glossary_markdown() {
    std::string out = "## Glossary\n";
    for (const GlossaryPart& part : glossary()) {
        out += "\n### " + part.title + "\n\n| word | what it means |\n|---|---|\n";
        for (const GlossaryEntry& entry : part.entries) out += "| " + entry.word + " | " + entry.meaning + " |\n";
    }
    return out;
}

}  // namespace

std::string tour_markdown(const Tour& tour, const std::string& program, const std::string& folder) {
    std::string out = std::string("# ") + kTitle + "\n\n";
    for (const std::string& paragraph : introduction("#glossary")) out += paragraph + "\n\n";
    out +=
        "Each chapter has one command, one picture, three things to look at and an exercise. Every number in the text "
        "comes from the command in front of it";
    out += tour.machine.empty() ? ".\n\n" : " (" + tour.machine + ").\n\n";
    out += "`make build` makes the program; `" + program + " tour --out " + folder +
           "` runs all of them and writes this page and its pictures again, as a "
           "site with a lecture mode and a page of exercises.\n\n| chapter | what came out |\n|---|---|\n";
    for (const View& view : views(tour))
        out += "| [" + view.heading() + "](" + view.anchor() + ") | " + view.result() + " |\n";
    out += "\n";
    for (const View& view : views(tour)) out += markdown_of(view, program, folder);
    return out + glossary_markdown();
}

void write_tour(const std::filesystem::path& folder, const Tour& tour, const std::string& program) {
    for (const View& view : views(tour)) io::write_file_atomically(folder / view.file(), chapter_page(view, program));
    io::write_file_atomically(folder / "lecture.html", lecture_page(tour));
    io::write_file_atomically(folder / "exercises.html", exercises_page(tour));
    io::write_file_atomically(folder / "glossary.html", glossary_page());
    io::write_file_atomically(folder / "index.html", contents_page(tour));
}

}  // namespace cyclone::report
