// Runs a piece of work in a child process with limits.

#include "data/hdf5/isolated.h"

#include <cyclone/base/error.h>

#include <fcntl.h>
#include <poll.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstring>
#include <fstream>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define CYCLONE_RESERVES_ADDRESSES 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define CYCLONE_RESERVES_ADDRESSES 1
#endif
#endif

namespace cyclone::data {
namespace {

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

// Bytes of addresses this process has; 0 where the system does not say.
std::uint64_t address_space() {
    std::ifstream in("/proc/self/statm");
    std::uint64_t pages = 0;
    in >> pages;
    return pages * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

template <class Resource>
void limit(Resource what, std::uint64_t value) {
    const rlimit wanted{static_cast<rlim_t>(value), static_cast<rlim_t>(value)};
    setrlimit(what, &wanted);
}

void limit_child(const IsolationLimits& limits, [[maybe_unused]] std::uint64_t addresses) {
    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_FSIZE, 0);
    limit(RLIMIT_CPU, static_cast<std::uint64_t>(std::ceil(limits.seconds * 100)));
#ifdef __linux__
    prctl(PR_SET_PDEATHSIG, SIGKILL);  // a busy loop must not outlive us
#endif
#ifndef CYCLONE_RESERVES_ADDRESSES
    if (addresses > 0) limit(RLIMIT_AS, addresses + limits.memory);
#endif
    const int nowhere = open("/dev/null", O_WRONLY);  // what a crashing library prints is of no use
    if (nowhere >= 0) dup2(nowhere, STDERR_FILENO);
}

constexpr char kData = 'D', kError = 'E', kEnd = '.';

}  // namespace

void ToParent::frame(char kind, const void* bytes, std::size_t count) {
    std::array<char, 9> head{kind};
    const auto length = static_cast<std::uint64_t>(count);
    std::memcpy(head.data() + 1, &length, 8);
    const std::array<std::pair<const char*, std::size_t>, 2> parts{
        {{head.data(), head.size()}, {static_cast<const char*>(bytes), count}}};
    for (auto [at, left] : parts)
        while (left > 0) {
            const ssize_t done = ::write(pipe_, at, left);
            if (done < 0 && errno == EINTR) continue;
            if (done <= 0) _exit(3);  // the parent has given up
            at += done;
            left -= static_cast<std::size_t>(done);
        }
}

void ToParent::write(const void* bytes, std::size_t count) { frame(kData, bytes, count); }

FromChild::FromChild(int pipe, std::string where, double seconds)
    : pipe_(pipe), where_(std::move(where)), seconds_(seconds) {}

void FromChild::raw(void* into, std::size_t count) {
    auto* at = static_cast<char*>(into);
    double deadline = now() + seconds_;
    while (count > 0) {
        const double left = deadline - now();
        check(left > 0, where_, "reading timed out after ", seconds_, " s without data");
        pollfd wait{pipe_, POLLIN, 0};
        const int ready = poll(&wait, 1, static_cast<int>(std::min(left * 1000 + 1, 1e6)));
        if (ready < 0 && errno != EINTR) fail(where_, "waiting for the reader process failed");
        if (ready <= 0) continue;
        const ssize_t got = ::read(pipe_, at, count);
        if (got < 0 && errno == EINTR) continue;
        check(got > 0, where_, "the reader process crashed or exceeded its limits; the file is corrupt or malicious");
        at += got;
        count -= static_cast<std::size_t>(got);
        deadline = now() + seconds_;
    }
}

void FromChild::next_frame() {
    char kind = 0;
    raw(&kind, 1);
    raw(&left_, 8);
    if (kind == kData) return;
    if (kind == kError) {
        std::string message(std::min<std::uint64_t>(left_, 10'000), '\0');
        raw(message.data(), message.size());
        throw Error(message);
    }
    fail(where_, "the reader process ended before it sent all data");
}

void FromChild::read(void* into, std::size_t count) {
    auto* at = static_cast<char*>(into);
    while (count > 0) {
        while (left_ == 0) next_frame();
        const std::size_t part = std::min<std::uint64_t>(left_, count);
        raw(at, part);
        at += part;
        count -= part;
        left_ -= part;
    }
}

void run_isolated(const std::string& where, const IsolationLimits& limits, const std::function<void(ToParent&)>& work,
                  const std::function<void(FromChild&)>& receive) {
    std::array<int, 2> ends{};
    check(pipe2(ends.data(), O_CLOEXEC) == 0, where, "no pipe to a reader process: ", std::strerror(errno));
    const std::uint64_t addresses = address_space();
    const pid_t child = fork();
    if (child == 0) {
        std::signal(SIGPIPE, SIG_DFL);
        close(ends[0]);
        limit_child(limits, addresses);
        ToParent out(ends[1]);
        try {
            work(out);
            out.frame(kEnd, nullptr, 0);
        } catch (const std::exception& error) {
            const std::string text = dynamic_cast<const Error*>(&error) ? error.what() : where + ": " + error.what();
            out.frame(kError, text.data(), text.size());
        }
        _exit(0);
    }
    close(ends[1]);
    // Whatever happens below: the pipe is closed and the child is gone.
    struct Reaper {
        int pipe;
        pid_t child;
        ~Reaper() {
            close(pipe);
            if (child <= 0) return;
            kill(child, SIGKILL);
            while (waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
            }
        }
    } const reaper{ends[0], child};
    check(child > 0, where, "no reader process could be started: ", std::strerror(errno));
    FromChild from(ends[0], where, limits.seconds);
    receive(from);
}

}  // namespace cyclone::data
