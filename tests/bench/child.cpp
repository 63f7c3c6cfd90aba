#include "bench/child.h"

#include "bench/growth.h"
#include "bench/raw_network.h"
#include "bench/training.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <sstream>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace bench {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

/// A process whose standard output is a pipe; ended and waited for in any case.
class Process {
public:
    Process(const std::string& program, const std::string& task) {
        int ends[2];
        cyclone::check(pipe2(ends, O_CLOEXEC) == 0, program, "pipe: ", std::strerror(errno));
        posix_spawn_file_actions_t actions;
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
        std::string name = "bench", option = "--child", value = task;
        char* arguments[] = {name.data(), option.data(), value.data(), nullptr};
        const int error = posix_spawn(&pid_, program.c_str(), &actions, nullptr, arguments, environ);
        posix_spawn_file_actions_destroy(&actions);
        close(ends[1]);
        output_ = ends[0];
        if (error != 0) {
            close(output_);
            cyclone::fail(program, std::strerror(error));
        }
    }
    ~Process() {
        close(output_);
        if (pid_ <= 0) return;
        kill(pid_, SIGKILL);
        waitpid(pid_, nullptr, 0);
    }
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;

    /// Reads what is there, waiting up to `seconds`; false at the end of the output.
    bool read_into(std::string& text, double seconds, const std::string& task) {
        pollfd wait{output_, POLLIN, 0};
        int ready = 0;
        do ready = poll(&wait, 1, std::max(0, static_cast<int>(1000 * seconds)));
        while (ready < 0 && errno == EINTR);
        cyclone::check(ready > 0, "--child " + task, "no answer in time");
        char part[256];
        const ssize_t count = read(output_, part, sizeof part);
        if (count <= 0) return false;
        text.append(part, static_cast<std::size_t>(count));
        return true;
    }

    int wait_for_end() {
        int status = 0;
        while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
        }
        pid_ = -1;
        return status;
    }

private:
    pid_t pid_ = -1;
    int output_ = -1;
};

// Of this process since it began to run this program: ru_maxrss would start from the parent's.
double peak_memory_mb() {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);)
        if (line.rfind("VmHWM:", 0) == 0) return std::stod(line.substr(6)) * 1024 / 1e6;
    cyclone::fail("/proc/self/status", "no line VmHWM");
}

void answer(double number) {
    std::printf("%.6f\n", number);
    std::fflush(stdout);
}

double train(const cyclone::data::Dataset& data, std::int64_t updates) {
    Training training(data, 32);
    for (std::int64_t i = 0; i < updates; ++i) training.step();
    return peak_memory_mb();
}

}  // namespace

ChildResult run_child(const std::string& task, double timeout_seconds) {
    const std::string where = "--child " + task;
    ChildResult result;
    std::string text;
    const auto start = Clock::now();
    Process process("/proc/self/exe", task);
    while (process.read_into(text, timeout_seconds - seconds_since(start), task))
        if (result.seconds == 0 && text.find('\n') != std::string::npos) result.seconds = seconds_since(start);
    const int status = process.wait_for_end();
    cyclone::check(WIFEXITED(status) && WEXITSTATUS(status) == 0, where, "ended with ",
                   WIFSIGNALED(status) ? "signal " : "code ",
                   WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
    std::istringstream line(text);
    cyclone::check(result.seconds > 0 && static_cast<bool>(line >> result.number), where,
                   "expected a line with a number, got '", text, "'");
    return result;
}

int child_main(const std::string& task) {
    if (task == "cyclone-update") {
        Training training(random_patches(64), 32);
        training.step();
        answer(0);
        return 0;
    }
    if (task == "raw-update") {
        raw_study_cnn(32).run();
        answer(0);
        return 0;
    }
    std::istringstream parts(task);
    std::string kind;
    std::int64_t patches = 0, updates = 0;
    char colon = 0;
    std::getline(parts, kind, ':');
    parts >> patches >> colon >> updates;
    const bool synthetic = kind == "synthetic";
    cyclone::check<cyclone::UsageError>((synthetic || kind == "memory") && patches >= 64 && updates >= 1, "--child",
                                        "unknown task '", task, "'");
    if (synthetic) {
        const std::int64_t positives = patches * 2 / 37;  // the study's 1 : 17.5
        cyclone::data::Dataset data =
            cyclone::data::synthetic_patches({.positives = positives, .negatives = patches - positives});
        data.standardization = cyclone::data::Standardization::fit(data.images);
        answer(train(data, updates));
    } else {
        answer(train(random_patches(patches), updates));
    }
    return 0;
}

}  // namespace bench
