#pragma once
// The project's programs, run as a user runs them.

#include <sys/wait.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>

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

}  // namespace cyclone::test
