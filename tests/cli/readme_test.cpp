// The commands that the READMEs show: each is one that the program takes, and those of the first page run.

#include <cctype>
#include <map>
#include <regex>
#include <sstream>

#include "cli/train_program.h"
#include "support/catch.h"
#include "support/programs.h"

using namespace cyclone;
using test::run_program;
namespace fs = std::filesystem;

namespace {

struct Shown {
    std::string file, arguments;  ///< what stands behind "cyclone"
};

// Lines of code blocks with what continues them, without comments.
std::vector<std::string> code_lines(const fs::path& file) {
    std::vector<std::string> lines;
    std::istringstream text(test::whole_file(file));
    bool goes_on = false;
    for (std::string line; std::getline(text, line);) {
        if (!line.starts_with("    ")) {
            goes_on = false;
            continue;
        }
        line = std::regex_replace(line, std::regex("(^|\\s)#.*"), "");
        const bool more = line.ends_with("\\");
        if (more) line.pop_back();
        goes_on ? void(lines.back() += line) : lines.push_back(line);
        goes_on = more;
    }
    return lines;
}

std::vector<Shown> commands_in(const fs::path& file) {
    static const std::regex command("(?:^|[ /'])cyclone ([a-z-]+(?: [^|;']*'[^']*'| [^|;']+)*)");
    std::vector<Shown> found;
    for (std::string line : code_lines(file)) {
        if (line.find("cyclone") == std::string::npos || line.find("...") != std::string::npos) continue;
        line = line.substr(0, line.find(":::"));  // GNU parallel's arguments
        line = std::regex_replace(line, std::regex("\\$seed|\\{\\}"), "1");
        std::smatch match;
        if (std::regex_search(line, match, command)) found.push_back({file.string(), match[1]});
    }
    return found;
}

std::vector<fs::path> readmes() {
    const fs::path root = CYCLONE_SOURCE_DIR;
    std::vector<fs::path> files = {root / "README.md"};
    for (const char* below : {"src", "examples", "tests"})
        for (const auto& entry : fs::recursive_directory_iterator(root / below))
            if (entry.path().filename() == "README.md") files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    return files;
}

}  // namespace

TEST_CASE("every command in a README is one that the program takes") {
    std::size_t count = 0;
    for (const fs::path& file : readmes())
        for (const Shown& shown : commands_in(file)) {
            INFO(shown.file);
            INFO(shown.arguments);
            const auto result = run_program("cyclone", shown.arguments + " --help");  // reads the options, runs nothing
            INFO(result.err);
            CHECK(result.code == 0);
            ++count;
        }
    CHECK(count > 50);
}

TEST_CASE("the commands of the first READMEs run, shortened, on a folder of small images") {
    const test::TemporaryFolder temporary;
    const fs::path here = temporary.path();
    for (const char* photos : {"photos", "more_photos"}) test::write_folder(here / photos, 20);
    // In an order in which each finds what it needs.
    const std::vector<std::pair<std::string, std::string>> shortened = {
        {"convert", ""},
        {"train", " --epochs 2 --batch-size 8 --threads 1" + test::kModel},
        {"predict", ""},
        {"evaluate", ""},
        {"compare", " --epochs 2 --batch-size 8 --jobs 2" + test::kModel},
        {"find-lr", " --updates 60 --trials 0 --batch-size 8" + test::kModel},
        {"schedules", ""},
        {"lab", " --quick"}};
    std::vector<std::string> all;
    for (const char* file : {"src/cli/README.md", "README.md"})
        for (const Shown& shown : commands_in(fs::path(CYCLONE_SOURCE_DIR) / file)) all.push_back(shown.arguments);
    const auto has = [](const std::string& text, const char* part) { return text.find(part) != std::string::npos; };
    std::map<std::string, int> count;
    for (const auto& [subcommand, more] : shortened)
        for (const std::string& arguments : all) {
            const std::string first = arguments.substr(0, arguments.find(' '));
            const bool needs_no_data = first == "schedules" || first == "lab";
            if (first != subcommand || !(has(arguments, "photos") || needs_no_data)) continue;
            if (has(arguments, "--shard") || has(arguments, "--resume") || has(arguments, "*")) continue;
            if (first == "train" || first == "compare")
                for (const char* earlier : {"run", "runs"}) fs::remove_all(here / earlier);
            INFO(arguments + more);
            const auto result =
                run_program("cyclone", "--version && cd " + here.string() + " && " + std::string(CYCLONE_PROGRAMS) +
                                           "/cyclone " + arguments + more + " >out 2>err");
            const std::string error = test::whole_file(here / "err");
            INFO(error);
            // A range test of so few images may find no pair, which is an answer.
            CHECK((result.code == 0 || (first == "find-lr" && has(error, "no pair of rates"))));
            ++count[first];
        }
    for (const auto& [subcommand, more] : shortened) {
        INFO(subcommand);
        CHECK(count[subcommand] > 0);
    }
}
