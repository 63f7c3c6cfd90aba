#pragma once
// Python with packages that serve as oracles: `make oracles` puts them below the build folder.

#include <sys/wait.h>

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
inline PythonResult run_python(const std::string& script, const std::string& arguments) {
    const TemporaryFolder temporary;
    const std::string out = (temporary / "out").string();
    const std::string command = "OMP_NUM_THREADS=1 " + oracle_python() + " " + CYCLONE_SOURCE_DIR + "/tests/" + script +
                                " " + arguments + " >" + out + " 2>&1";
    const int status = std::system(command.c_str());
    return {WIFEXITED(status) ? WEXITSTATUS(status) : 128, whole_file(out)};
}

}  // namespace cyclone::test

/// Skips the test case where the script said that a package, or Python, is missing.
#define CYCLONE_NEED_ORACLE(result)                  \
    if ((result).code == 77 || (result).code == 127) \
    CYCLONE_SKIP("no Python with its packages (make oracles, or set CYCLONE_ORACLES): " + (result).out.substr(0, 100))
