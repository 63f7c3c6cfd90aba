#pragma once
// The project's programs, run as a user runs them.

#include <sys/wait.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "support/catch.h"
#include "support/shared_files.h"

namespace cyclone::test {

struct ProgramResult {
    int code = -1;
    std::string out, err;
};

/// Runs `program arguments` through a shell; `arguments` may redirect.
inline ProgramResult run_program(const std::string& program, const std::string& arguments) {
    const TemporaryFolder temporary;
    const std::string out = (temporary / "out").string(), err = (temporary / "err").string();
    const std::string command =
        std::string(CYCLONE_PROGRAMS) + "/" + program + " >" + out + " 2>" + err + " " + arguments;
    const int status = std::system(command.c_str());
    return {WIFEXITED(status) ? WEXITSTATUS(status) : 128, whole_file(out), whole_file(err)};
}

inline std::int64_t lines_in(const std::string& text) { return std::count(text.begin(), text.end(), '\n'); }

/// Arguments that are wrong, and what the one line on standard error says.
struct Mistake {
    std::string arguments, text;
    int code = 2;
};

/// `cyclone subcommand arguments more` ends with one line and nothing on standard output.
inline void check_mistake(const std::string& subcommand, const Mistake& mistake, const std::string& more = "") {
    INFO(mistake.arguments);
    const auto result = run_program("cyclone", subcommand + " " + mistake.arguments + more);
    INFO(result.err);
    CHECK(result.code == mistake.code);
    CHECK(lines_in(result.err) == 1);
    CHECK_THAT(result.err, Catch::Contains(mistake.text));
    CHECK(result.out.empty());
}

}  // namespace cyclone::test
