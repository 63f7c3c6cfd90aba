// cyclone tour: its pages, and that examples/tour/README.md is what it writes.

#include <algorithm>
#include <cctype>
#include <cmath>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include "support/catch.h"
#include "support/programs.h"
#include "support/shared_files.h"

using namespace cyclone;
using test::whole_file;

namespace {

namespace fs = std::filesystem;

const fs::path kReadme = fs::path(CYCLONE_SOURCE_DIR) / "examples/tour";

test::ProgramResult tour(const std::string& arguments) { return test::run_program("cyclone", "tour " + arguments); }

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    return lines;
}

// Whether `line` is `pattern` with a text in place of each "...".
bool fits(const std::string& line, const std::string& pattern) {
    std::size_t place = 0;
    for (std::size_t from = 0; from <= pattern.size();) {
        const std::size_t gap = std::min(pattern.find("...", from), pattern.size());
        const std::string piece = pattern.substr(from, gap - from);
        const std::size_t found = line.find(piece, place);
        if (found == std::string::npos || (from == 0 && found != 0)) return false;
        place = found + piece.size();
        from = gap + 3;
    }
    return pattern.ends_with("...") || place == line.size();
}

std::vector<double> numbers_in(const std::string& text) {
    static const std::regex number("-?[0-9]+(\\.[0-9]+)?(e-?[0-9]+)?");
    std::vector<double> values;
    for (std::sregex_iterator i(text.begin(), text.end(), number), end; i != end; ++i)
        values.push_back(std::stod(i->str()));
    return values;
}

struct Estimate {
    double mean, low, high;
};

// "6.5 [5.93, 7.14]" and the like, which are taken out of the line.
std::vector<Estimate> estimates_in(std::string& line) {
    static const std::string number = "([-+]?[0-9.]+(?:e-?[0-9]+)?)";
    static const std::regex estimate(number + " \\[" + number + ", " + number + "\\]");
    std::vector<Estimate> found;
    for (std::sregex_iterator i(line.begin(), line.end(), estimate), end; i != end; ++i)
        found.push_back({std::stod((*i)[1]), std::stod((*i)[2]), std::stod((*i)[3])});
    line = std::regex_replace(line, estimate, "#");
    return found;
}

// What was computed again may differ in its last digits on another processor: a mean over seeds within the interval
// that its seeds leave open, any other number by a fifth.
void check_line(std::string kept, std::string now) {
    INFO(now);
    INFO(kept);
    const auto was = estimates_in(kept), is = estimates_in(now);
    REQUIRE(is.size() == was.size());
    for (std::size_t i = 0; i < is.size(); ++i) {
        const double rounded = 0.01 * std::abs(was[i].mean);
        CHECK(is[i].mean >= was[i].low - rounded);
        CHECK(is[i].mean <= was[i].high + rounded);
        CHECK(is[i].high - is[i].low == Approx(was[i].high - was[i].low).epsilon(0.5).margin(2 * rounded));
    }
    const auto numbers = numbers_in(now), earlier = numbers_in(kept);
    REQUIRE(numbers.size() == earlier.size());
    for (std::size_t n = 0; n < numbers.size(); ++n) CHECK(numbers[n] == Approx(earlier[n]).epsilon(0.2));
    CHECK(std::regex_replace(now, std::regex("[-0-9.e]+"), "#") ==
          std::regex_replace(kept, std::regex("[-0-9.e]+"), "#"));
}

// The README again, with the numbers of these chapters; of the others with "..." in their places.
void check_readme(const std::string& chapters) {
    const test::TemporaryFolder temporary;
    const auto result = tour("--quiet" + chapters + " --out " + (temporary / "site").string() + " --markdown " +
                             temporary.path().string());
    INFO(result.err);
    REQUIRE(result.code == 0);
    const auto kept = lines_of(whole_file(kReadme / "README.md")), now = lines_of(whole_file(temporary / "README.md"));
    REQUIRE(kept.size() == now.size());
    for (std::size_t i = 0; i < kept.size(); ++i) {
        if (kept[i].starts_with("Each chapter has one command")) continue;  // names the machine
        if (now[i].find("...") == std::string::npos) {
            check_line(kept[i], now[i]);
            continue;
        }
        INFO(now[i]);
        INFO(kept[i]);
        CHECK(fits(kept[i], now[i]));
    }
}

std::vector<std::string> links_in(const std::string& html) {
    std::vector<std::string> links;
    for (const char* attribute : {"href=\"", "src=\""})
        for (std::size_t at = html.find(attribute); at != std::string::npos; at = html.find(attribute, at + 1)) {
            const std::size_t from = html.find('"', at) + 1;
            links.push_back(html.substr(from, html.find('"', from) - from));
        }
    return links;
}

}  // namespace

TEST_CASE("a tour is pages whose links and pictures are there, with the numbers of their commands") {
    const test::TemporaryFolder temporary;
    const fs::path site = temporary / "site";
    const auto result = tour("--quick --chapters cycle,noise-floor --out " + site.string());
    INFO(result.err);
    REQUIRE(result.code == 0);
    std::size_t pictures = 0;
    for (const char* page :
         {"index.html", "lecture.html", "exercises.html", "glossary.html", "cycle.html", "noise-floor.html"}) {
        INFO(page);
        const std::string html = whole_file(site / page);
        REQUIRE_FALSE(html.empty());
        for (const std::string& link : links_in(html)) {
            INFO(link);
            if (link.starts_with("https://")) continue;
            CHECK(fs::exists(site / link));
            pictures += link.ends_with(".svg") ? 1 : 0;
        }
    }
    CHECK(pictures == 2 + 2 + 2 * 2);  // contents, lecture, each chapter with a link around its picture
    const std::string cycle = whole_file(site / "cycle.html");
    CHECK_THAT(cycle,
               Catch::Contains("<a href=\"cycle/report.html\">") && Catch::Contains("<code>constant:mean</code>"));
    CHECK(std::regex_search(cycle, std::regex("It is 0\\.[0-9]+ for the cycle and 0\\.[0-9]+ for the constant")));
    const std::string contents = whole_file(site / "index.html");
    CHECK(std::regex_search(contents, std::regex("AUC 0\\.[0-9]+ for the cycle, 0\\.[0-9]+ for a constant")));
    CHECK(std::regex_search(contents, std::regex("claim: (holds|does not hold|the seeds cannot tell)")));
    CHECK_THAT(contents, Catch::Contains("A short tour"));
    CHECK_THAT(cycle, Catch::Contains("cyclone compare --positives 30") && Catch::Contains("was run instead"));
    CHECK_THAT(contents, !Catch::Contains("..."));  // nothing stands for chapters that have not run
    CHECK_THAT(whole_file(site / "valley.html"),
               Catch::Contains("has not run here yet") && Catch::Contains("\"rows\": []"));
    // A later call takes what lies there, and does not train again.
    const auto again = tour("--chapters references --overwrite --out " + site.string());
    CHECK(again.code == 0);
    // It says of these chapters what it said before.
    CHECK(whole_file(site / "cycle.html") == cycle);
    CHECK_THAT(whole_file(site / "index.html"), Catch::Contains("A short tour"));
    std::ofstream(site / "cycle" / "tour.json") << "{";
    const auto damaged = tour("--chapters references --overwrite --out " + site.string());
    CHECK(damaged.code == 0);
    CHECK_THAT(damaged.err, Catch::Contains("tour.json") && Catch::Contains("--chapters cycle"));
}

TEST_CASE("the README of the tour is what the program writes") { check_readme(" --chapters valley,noise-floor"); }

// Minutes: cyclone_test_cli "every number of the tour*"
TEST_CASE("every number of the tour comes out again, within what its seeds leave open", "[.]") { check_readme(""); }

TEST_CASE("links to chapters and to the glossary of the README are its headings") {
    const std::string text = whole_file(kReadme / "README.md");
    std::set<std::string> headings;
    for (const std::string& line : lines_of(text)) {
        if (!line.starts_with("## ")) continue;
        std::string address;
        for (const char c : line.substr(3))
            if (std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == ' ')
                address += c == ' ' ? '-' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
        headings.insert(address);
    }
    std::size_t links = 0;
    for (std::size_t at = text.find("](#"); at != std::string::npos; at = text.find("](#", at + 1)) {
        const std::string target = text.substr(at + 3, text.find(')', at) - at - 3);
        INFO(target);
        CHECK(headings.contains(target));
        ++links;
    }
    CHECK(links == 14 + 1);
}

TEST_CASE("every picture of the tour is there and small") {
    const std::string text = whole_file(kReadme / "README.md");
    int pictures = 0;
    for (std::size_t at = text.find("]("); at != std::string::npos; at = text.find("](", at + 1)) {
        const std::string target = text.substr(at + 2, text.find(')', at) - at - 2);
        INFO(target);
        if (!target.ends_with(".svg")) continue;
        ++pictures;
        REQUIRE(fs::exists(kReadme / target));
        CHECK(fs::file_size(kReadme / target) < 100'000);
    }
    CHECK(pictures == 13);
}

TEST_CASE("every command of the tour runs in its short form") {
    const test::TemporaryFolder temporary;
    const auto result = tour("--quick --out " + (temporary / "site").string());
    INFO(result.err);
    REQUIRE(result.code == 0);
    for (const std::string& line : lines_of(tour("--list").out)) {
        const std::string name = line.substr(0, line.find(' '));
        if (name.empty() || name == "chapter" || name == "references" || name[0] == '-') continue;
        INFO(name);
        CHECK_THAT(whole_file(temporary / "site" / (name + ".html")), !Catch::Contains("has not run here yet"));
    }
}

TEST_CASE("tour answers every mistake in one line") {
    const test::TemporaryFolder temporary;
    const std::string folder = temporary.path().string();
    std::ofstream(temporary / "mine.txt") << "not a tour";
    for (const test::Mistake& mistake : std::vector<test::Mistake>{
             {"--chapters noise-flor --out " + folder + "/a", "noise-floor"},
             {"--out " + folder, "is not empty and holds no earlier result"},
             {"--chapter valley", "--chapters"},
         })
        test::check_mistake("tour", mistake);
}
