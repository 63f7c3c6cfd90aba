#pragma once
// cyclone compare as a child process: small comparisons, limits on what they may write, and what is in their folder.

#include <sys/resource.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include <unistd.h>
#include <nlohmann/json.hpp>

#include "support/catch.h"
#include "support/programs.h"
#include "support/shared_files.h"

namespace cyclone::test {

/// Starts cyclone with these arguments; no file that it writes may grow beyond `largest_file` bytes.
inline pid_t start(const std::vector<std::string>& arguments, const std::string& out = "/dev/null",
                   const std::string& err = "/dev/null", rlim_t largest_file = RLIM_INFINITY) {
    const std::string program = std::string(CYCLONE_PROGRAMS) + "/cyclone";
    std::vector<char*> argv = {const_cast<char*>(program.c_str())};
    for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
    argv.push_back(nullptr);
    std::fflush(nullptr);  // else the child prints once more what waits to be printed
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        if (!std::freopen(out.c_str(), "w", stdout) || !std::freopen(err.c_str(), "w", stderr)) _exit(126);
        const rlimit limit{largest_file, largest_file};
        if (largest_file != RLIM_INFINITY) setrlimit(RLIMIT_FSIZE, &limit);
        execv(program.c_str(), argv.data());
        _exit(127);
    }
    return child;
}

inline int exit_code(pid_t child) {
    int status = 0;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

/// start() and its end.
inline ProgramResult run(const std::vector<std::string>& arguments, rlim_t largest_file = RLIM_INFINITY) {
    const TemporaryFolder temporary;
    const std::string out = (temporary / "out").string(), err = (temporary / "err").string();
    const int code = exit_code(start(arguments, out, err, largest_file));
    return {code, whole_file(out), whole_file(err)};
}

inline std::vector<std::string> as_compare(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "compare");
    return arguments;
}

inline ProgramResult compare(const std::vector<std::string>& arguments, rlim_t largest_file = RLIM_INFINITY) {
    return run(as_compare(arguments), largest_file);
}

inline ProgramResult report(const std::filesystem::path& folder, const std::vector<std::string>& more = {}) {
    std::vector<std::string> arguments = {"report", folder.string()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run(arguments);
}

// The smallest comparison that is one.
inline std::vector<std::string> tiny(const std::filesystem::path& out, const std::vector<std::string>& more = {}) {
    std::vector<std::string> arguments = {"--positives", "40",    "--negatives", "120",
                                          "--epochs",    "1",     "--seeds",     "1",
                                          "--jobs",      "1",     "--schedules", "constant:0.01,triangular",
                                          "--quiet",     "--out", out.string()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
}

inline ProgramResult resume(const std::filesystem::path& out, const std::vector<std::string>& more = {}) {
    std::vector<std::string> arguments = {"--resume", "--out", out.string()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return compare(arguments);
}

inline nlohmann::json result_of(const std::filesystem::path& out) {
    return nlohmann::json::parse(whole_file(out / "result.json"));
}

// What is in the tables but times.
inline nlohmann::json figures(nlohmann::json result) {
    for (auto& run : result["runs"]) run.erase("seconds"), run.erase("images_per_second");
    return {result["runs"], result["statistics"]};
}

inline std::filesystem::file_time_type time_of(const std::filesystem::path& out, const std::string& run) {
    return std::filesystem::last_write_time(out / "runs" / run);
}

// Names of files, without those of a fixed name.
inline std::vector<std::string> names_in(const std::filesystem::path& folder) {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder))
        names.push_back(entry.path().filename().string());
    std::sort(names.begin(), names.end());
    return names;
}

}  // namespace cyclone::test
