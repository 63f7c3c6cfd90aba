// The tour's texts with their numbers, as HTML and as Markdown.
#include "report/tour_text.h"

#include <cyclone/base/error.h>
#include <cyclone/base/number_text.h>
#include <cyclone/io/atomic_file.h>
#include <cyclone/io/input_file.h>
#include <cyclone/io/json_fields.h>

#include <algorithm>
#include <charconv>

#include <nlohmann/json.hpp>

#include "report/html.h"

namespace cyclone::report {
namespace {

using Json = nlohmann::json;

constexpr const char* kRun = "tour.json";

/// What ran in a chapter's folder.
struct ChapterRun {
    std::string command, printed;
    double seconds = 0;
};

void fields(io::JsonFields& f, ChapterRun& run) {
    f("command", run.command);
    f("seconds", run.seconds);
    f("printed", run.printed);
}

/// What stands at one step of a path: a field, a place in a list, or the item of a list whose field has a value.
const Json* at(const Json& json, std::string_view step) {
    if (const auto equal = step.find('='); equal != std::string_view::npos && json.is_array()) {
        const std::string field(step.substr(0, equal)), wanted(step.substr(equal + 1));
        const auto found = std::find_if(json.begin(), json.end(), [&](const Json& item) {
            return item.is_object() && item.contains(field) && item[field].is_string() &&
                   item[field].get_ref<const std::string&>() == wanted;
        });
        return found == json.end() ? nullptr : &*found;
    }
    if (json.is_array()) {
        std::size_t place = 0;
        const auto read = std::from_chars(step.data(), step.data() + step.size(), place);
        return read.ec == std::errc() && place < json.size() ? &json[place] : nullptr;
    }
    const std::string field(step);
    return json.is_object() && json.contains(field) ? &json[field] : nullptr;
}

std::string number_at(const Json& root, const TourNumber& number, const std::string& file) {
    const Json* json = &root;
    for (std::string_view rest = number.path; json && !rest.empty();) {
        const std::size_t end = std::min(rest.find('/'), rest.size());
        json = at(*json, rest.substr(0, end));
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    const bool right = json && (number.digits == 0 ? json->is_string() : json->is_number());
    check(right, file, "expected ", number.digits == 0 ? "a text" : "a number", " at ", number.path, ", got ",
          json ? json->type_name() : "nothing");
    return number.digits == 0 ? json->get<std::string>() : number_text::significant(json->get<double>(), number.digits);
}

}  // namespace

void write_outcome(const TourChapter& chapter, const TourOutcome& outcome, const std::filesystem::path& folder) {
    ChapterRun run{outcome.instead.empty() ? chapter.command : outcome.instead, outcome.printed, outcome.seconds};
    io::write_file_atomically(folder / kRun, io::to_json(run));
}

TourOutcome read_outcome(const TourChapter& chapter, const std::filesystem::path& folder) {
    TourOutcome outcome;
    if (const auto file = folder / kRun; std::filesystem::exists(file)) {
        ChapterRun run;
        io::from_json(io::read_text(file.string()), file.string(), run);
        outcome = {{}, run.seconds, run.printed, run.command == chapter.command ? "" : run.command};
    }
    if (chapter.numbers.empty()) return outcome;
    const std::string file = (folder / "result.json").string();
    const Json json = Json::parse(io::read_text(file), nullptr, false);
    check(!json.is_discarded(), file, "expected JSON (damaged?)");
    for (const TourNumber& number : chapter.numbers) outcome.numbers[number.name] = number_at(json, number, file);
    return outcome;
}

const TourOutcome* outcome_of(const Tour& tour, const TourChapter& chapter) {
    const auto found = tour.outcomes.find(chapter.name);
    return found == tour.outcomes.end() ? nullptr : &found->second;
}

std::string with_numbers(const std::string& text, const TourChapter& chapter, const TourOutcome* outcome) {
    std::string filled;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const std::size_t end = text[i] == '{' ? text.find('}', i) : std::string::npos;
        if (end == std::string::npos) {
            filled += text[i];
            continue;
        }
        const std::string name = text.substr(i + 1, end - i - 1);
        const bool known = std::any_of(chapter.numbers.begin(), chapter.numbers.end(),
                                       [&](const TourNumber& number) { return number.name == name; });
        check(known, chapter.name, "its text has an unknown number {", name, "}");
        filled += outcome ? outcome->numbers.at(name) : "...";
        i = end;
    }
    return filled;
}

std::string inline_html(std::string_view text) {
    std::string html;
    while (!text.empty()) {
        const std::size_t special = std::min(text.find_first_of("`["), text.size());
        html += html_escaped(text.substr(0, special));
        text.remove_prefix(special);
        if (text.empty()) break;
        const std::size_t end = text.find(text[0] == '`' ? '`' : ']', 1);
        if (text[0] == '`' && end != std::string_view::npos) {
            html += text_element("code", std::string(text.substr(1, end - 1)));
            text.remove_prefix(end + 1);
            continue;
        }
        const bool links = text[0] == '[' && end != std::string_view::npos && text.substr(end + 1, 1) == "(";
        const std::size_t close = links ? text.find(')', end) : std::string_view::npos;
        if (close == std::string_view::npos) {
            html += html_escaped(text.substr(0, 1));
            text.remove_prefix(1);
            continue;
        }
        html += element("a href=\"" + html_escaped(text.substr(end + 2, close - end - 2)) + "\"",
                        html_escaped(text.substr(1, end - 1)));
        text.remove_prefix(close + 1);
    }
    return html;
}

}  // namespace cyclone::report
