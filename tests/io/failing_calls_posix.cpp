#include "io/failing_calls.h"

#include <cerrno>
#include <cstdarg>

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace cyclone::test {
namespace {

struct State {
    int at = 0;
    Failure failure = Failure::none;
    bool half_done = false;
    std::vector<std::string> calls;
};
thread_local State* state = nullptr;

// Books a call; true when it is to fail, with errno set.
bool fails(const char* name) {
    if (state == nullptr) return false;
    State* const current = state;
    state = nullptr;  // what follows may write
    current->calls.emplace_back(name);
    const bool now = static_cast<int>(current->calls.size()) == current->at;
    const Failure failure = current->failure;
    if (now && failure == Failure::end_process) _exit(77);
    state = current;
    if (!now || failure == Failure::none) return false;
    errno = failure == Failure::no_space ? ENOSPC : EIO;
    return true;
}

}  // namespace

FailingCalls::FailingCalls(int at, Failure failure) { state = new State{at, failure, false, {}}; }
FailingCalls::~FailingCalls() {
    delete state;
    state = nullptr;
}
const std::vector<std::string>& FailingCalls::calls() { return state->calls; }

namespace {

ssize_t write_or_fail(int descriptor, const void* bytes, size_t count) {
    if (state != nullptr && state->half_done) {
        errno = ENOSPC;
        return -1;
    }
    if (fails("write")) {
        if (state->failure != Failure::half || count < 2) return -1;
        state->half_done = true;
        count /= 2;
    }
    return syscall(SYS_write, descriptor, bytes, count);
}

}  // namespace
}  // namespace cyclone::test

using cyclone::test::fails;

extern "C" {

int open(const char* path, int flags, ...) {
    mode_t mode = 0;
    if ((flags & (O_CREAT | O_TMPFILE)) != 0) {
        va_list arguments;
        va_start(arguments, flags);
        mode = va_arg(arguments, mode_t);
        va_end(arguments);
    }
    return fails("open") ? -1 : static_cast<int>(syscall(SYS_openat, AT_FDCWD, path, flags, mode));
}

ssize_t write(int descriptor, const void* bytes, size_t count) {
    return cyclone::test::write_or_fail(descriptor, bytes, count);
}

int fsync(int descriptor) { return fails("fsync") ? -1 : static_cast<int>(syscall(SYS_fsync, descriptor)); }

int rename(const char* from, const char* to) noexcept {
    return fails("rename") ? -1 : static_cast<int>(syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0));
}
}
