#pragma once
// Python with packages that serve as oracles: `make oracles` puts them below the build folder.

#ifndef _WIN32
#include <sys/wait.h>
#endif

#include <cstdlib>
#include <string>

#include "support/shared_files.h"

namespace cyclone::test {

struct PythonResult {
    int code = -1;
    std::string out;
};

/// The interpreter: CYCLONE_ORACLES/bin/python, that of `make oracles`, or python3.
inline std::string oracle_python() {
    const char* named = std::getenv("CYCLONE_ORACLES");
    const std::filesystem::path folder = named ? named : std::string(CYCLONE_SOURCE_DIR) + "/build/oracles";
    const std::filesystem::path python = folder / "bin/python";
    return std::filesystem::exists(python) ? python.string() : "python3";
}

/// Runs tests/`script` with `arguments`; its output, standard error included. Exit code 77: a package is missing.
inline PythonResult run_python([[maybe_unused]] const std::string& script,
                               [[maybe_unused]] const std::string& arguments) {
#ifdef _WIN32
    return {77, "not looked for on Windows"};
#else
    const TemporaryFolder temporary;
    const std::string out = (temporary / "out").string();
    const std::string command = "OMP_NUM_THREADS=1 " + oracle_python() + " " + CYCLONE_SOURCE_DIR + "/tests/" + script +
                                " " + arguments + " >" + out + " 2>&1";
    const int status = std::system(command.c_str());
    return {WIFEXITED(status) ? WEXITSTATUS(status) : 128, whole_file(out)};
#endif
}

}  // namespace cyclone::test

/// Skips the test case where the script said that a package, or Python, is missing.
#define CYCLONE_NEED_ORACLE(result)                  \
    if ((result).code == 77 || (result).code == 127) \
    CYCLONE_SKIP("no Python with its packages (make oracles, or set CYCLONE_ORACLES): " + (result).out.substr(0, 100))
