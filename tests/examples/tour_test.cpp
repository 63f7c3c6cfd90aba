// Every command of the tour, as its README has it, in a short form.

#include <sys/wait.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>

#include "support/catch.h"
#include "support/shared_files.h"

using namespace cyclone;

namespace {

namespace fs = std::filesystem;

const fs::path kTour = fs::path(CYCLONE_SOURCE_DIR) / "examples/tour";

// The README's indented lines that start a program.
std::vector<std::string> commands() {
    std::vector<std::string> found;
    std::istringstream text(test::whole_file(kTour / "README.md"));
    for (std::string line; std::getline(text, line);)
        if (line.rfind("    build/bin/", 0) == 0) found.push_back(line.substr(4));
    return found;
}

// The same command with the programs of this build, files in `folder`, and few data.
std::string short_form(const std::string& command, const fs::path& folder) {
    std::istringstream words(command);
    std::string program, word;
    words >> program;
    program = program.substr(std::string("build/bin/").size());
    std::string shortened = std::string(CYCLONE_PROGRAMS) + "/" + program;
    while (words >> word) {
        if (word == "--epochs" || word == "--seeds" || word == "--evaluate-every" || word == "--updates") {
            words >> word;  // its value
            continue;
        }
        if (word.rfind("build/tour/", 0) == 0) word = (folder / word.substr(11)).string();
        shortened += " " + word;
    }
    if (command.find("cyclone compare") != std::string::npos)
        shortened += " --positives 30 --negatives 90 --epochs 1 --seeds 2 --jobs 1 --evaluate-every 2 --quiet";
    if (command.find("find-lr") != std::string::npos)
        shortened += " --positives 30 --negatives 90 --updates 30 --seeds 1 --jobs 1 --quiet";
    return shortened;
}

}  // namespace

TEST_CASE("every command of the tour runs and writes what the chapter looks at") {
    const auto all = commands();
    CHECK(all.size() == 7);
    bool all_built = true;
    for (const std::string& command : all) {
        INFO(command);
        const std::string program = command.substr(10, command.find(' ') - 10);  // after "build/bin/"
        if (!fs::exists(fs::path(CYCLONE_PROGRAMS) / program)) {
            all_built = false;
            continue;
        }
        const test::TemporaryFolder temporary;
        const std::string shortened = short_form(command, temporary.path());
        INFO(shortened);
        const std::string log = (temporary / "log").string();
        const int status = std::system((shortened + " >" + log + " 2>&1").c_str());
        INFO(test::whole_file(log));
        CHECK(WIFEXITED(status));
        // A sweep as short as this one may find that it is too short.
        const bool no_pair = test::whole_file(log).find("no pair of rates") != std::string::npos;
        CHECK(WEXITSTATUS(status) == (no_pair ? 1 : 0));
        CHECK_FALSE(test::whole_file(log).empty());
    }
    if (!all_built) CYCLONE_SKIP("some programs of the tour are not built");
}

TEST_CASE("every picture of the tour is there and small") {
    const std::string text = test::whole_file(kTour / "README.md");
    int pictures = 0;
    for (std::size_t at = text.find("]("); at != std::string::npos; at = text.find("](", at + 1)) {
        const std::string target = text.substr(at + 2, text.find(')', at) - at - 2);
        INFO(target);
        CHECK(fs::exists(kTour / target));
        if (fs::path(target).extension() != ".svg") continue;
        ++pictures;
        CHECK(fs::file_size(kTour / target) < 40'000);
    }
    CHECK(pictures == 7);
}
