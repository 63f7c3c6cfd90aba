#pragma once
// What a child process says before it ends: for files that may crash whoever reads them.

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <string>
#include <utility>

#include "support/catch.h"

namespace cyclone::test {

/// Runs work(pipe) in a forked child, which must not return; gives what it wrote and its wait status.
template <class Work>
std::pair<std::string, int> answer_of_child(Work&& work) {
    std::array<int, 2> ends{};
    REQUIRE(pipe(ends.data()) == 0);
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        work(ends[1]);
        _exit(2);
    }
    close(ends[1]);
    std::string text;
    std::array<char, 4096> buffer{};
    for (ssize_t n = 0; (n = read(ends[0], buffer.data(), buffer.size())) > 0;)
        text.append(buffer.data(), static_cast<std::size_t>(n));
    close(ends[0]);
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    return {text, status};
}

}  // namespace cyclone::test
