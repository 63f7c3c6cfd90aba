// Claims: created exclusively, kept alive, taken over.
#include "lab/claims.h"

#include <cyclone/base/error.h>

#include <sys/file.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

namespace cyclone::lab {
namespace {

namespace fs = std::filesystem;

constexpr int kTries = 100;  // of one take(): as many others would have to be quicker

[[noreturn]] void fail_with(int error, const fs::path& file, const char* what) {
    fail(file.string(), what, ": ", std::generic_category().message(error));
}

class Descriptor {
public:
    Descriptor(const fs::path& file, int flags) : value_(::open(file.c_str(), flags | O_CLOEXEC, 0666)) {}
    ~Descriptor() {
        if (value_ >= 0) ::close(value_);
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    operator int() const { return value_; }
    int release() { return std::exchange(value_, -1); }

private:
    int value_;
};

// Names the kernel that runs, also to containers; empty where the system does not tell.
const std::string& kernel() {
    static const std::string id = [] {
        std::string text;
        std::getline(std::ifstream("/proc/sys/kernel/random/boot_id"), text);
        return text;
    }();
    return id;
}

std::string owner() {
    std::array<char, 65> host{};
    ::gethostname(host.data(), host.size() - 1);
    return kernel() + ' ' + host.data() + ' ' + std::to_string(::getpid()) + '\n';
}

std::int64_t nanoseconds(const timespec& time) { return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec; }

bool is_there(const fs::path& file) {
    struct stat status {};
    return ::lstat(file.c_str(), &status) == 0;
}

}  // namespace

Claims::Claims(fs::path folder, fs::path clock, ClaimTimes times)
    : folder_(std::move(folder)), clock_(std::move(clock)), times_(times) {}

Claims::~Claims() {
    {
        const std::lock_guard lock(mutex_);
        ending_ = true;
    }
    end_.notify_all();
    if (beater_.joinable()) beater_.join();
    for (const auto& [name, mine] : mine_) give_up(name, mine);
}

fs::path Claims::file(const std::string& name, int number) const {
    return folder_ / (name + '.' + std::to_string(number));
}

int Claims::newest(const std::string& name) const {
    int number = 0;
    while (is_there(file(name, number + 1))) ++number;
    return number;
}

Claim Claims::take(const std::string& name) {
    const std::lock_guard lock(mutex_);
    if (const auto mine = mine_.find(name); mine != mine_.end()) {
        if (!mine->second.lost) return Claim::mine;
        give_up(name, mine->second);
        mine_.erase(mine);
    }
    for (int attempt = 0; attempt < kTries; ++attempt) {
        const int number = newest(name);
        const Look there = number == 0 ? Look::dead : look(file(name, number));
        if (there == Look::alive) return Claim::elsewhere;
        if (there == Look::unsure) return Claim::unsure;
        if (there == Look::dead && create(name, number + 1)) return Claim::mine;
    }
    return Claim::unsure;
}

bool Claims::create(const std::string& name, int number) {
    if (!beater_.joinable()) {
        try {
            beater_ = std::thread([this] { beat(); });
        } catch (const std::system_error& error) {
            fail(folder_.string(), "no thread can be started: ", error.what(),
                 " (hint: the limits of processes and of memory, ulimit -u and -v, or of the container)");
        }
    }
    const fs::path path = file(name, number);
    Descriptor claim(path, O_RDWR | O_CREAT | O_EXCL);
    if (claim < 0 && errno == EEXIST) return false;
    if (claim < 0 && errno == ENOENT) {  // another process that had nothing left to do removed the empty folder
        fs::create_directories(folder_);
        return false;
    }
    if (claim < 0) fail_with(errno, path, "cannot write");
    ::flock(claim, LOCK_EX | LOCK_NB);  // on a file system without locks the time has to do
    const std::string text = owner();
    const ssize_t written = ::write(claim, text.data(), text.size());
    if (written != static_cast<ssize_t>(text.size())) {
        const int error = written < 0 ? errno : ENOSPC;
        ::unlink(path.c_str());
        fail_with(error, path, "cannot write");
    }
    seen_.erase(file(name, number - 1).filename().string());
    mine_[name] = {.descriptor = claim, .number = number};
    claim.release();
    return true;
}

bool Claims::keeps(const std::string& name) const {
    const std::lock_guard lock(mutex_);
    const auto mine = mine_.find(name);
    return mine != mine_.end() && !mine->second.lost;
}

void Claims::release(const std::string& name) {
    const std::lock_guard lock(mutex_);
    const auto mine = mine_.find(name);
    if (mine == mine_.end()) return;
    give_up(name, mine->second);
    mine_.erase(mine);
}

// The newest first: whoever comes in between finds a dead one and follows it.
void Claims::give_up(const std::string& name, const Mine& mine) const {
    try {
        // What now has the name of a lost claim may be another process's.
        struct stat status {};
        const bool gone = ::fstat(mine.descriptor, &status) != 0 || status.st_nlink == 0;
        const bool followed = mine.lost || gone || is_there(file(name, mine.number + 1));
        for (int number = mine.number; !followed && number >= 1; --number) ::unlink(file(name, number).c_str());
    } catch (const std::exception&) {  // no memory: the claim ends with its lock and its time
    }
    ::close(mine.descriptor);
}

Claims::Look Claims::look(const fs::path& file) {
    // A file system over a network shows the file as it is now to whoever opens it.
    const Descriptor claim(file, O_RDONLY | O_NONBLOCK | O_NOFOLLOW);
    if (claim < 0 && (errno == ENOENT || errno == ESTALE)) return Look::gone;
    if (claim < 0) fail_with(errno, file, "cannot be read");
    struct stat status {};
    if (::fstat(claim, &status) != 0) return Look::gone;
    check(S_ISREG(status.st_mode), file.string(),
          "expected a file by which a process claims a run (hint: remove what is there)");
    std::array<char, 256> bytes{};
    const ssize_t count = ::read(claim, bytes.data(), bytes.size());
    const std::string_view text(bytes.data(), count > 0 ? static_cast<std::size_t>(count) : 0);
    if (!kernel().empty() && text.starts_with(kernel() + ' ')) {
        if (::flock(claim, LOCK_SH | LOCK_NB) == 0) return Look::dead;
        if (errno == EWOULDBLOCK) return Look::alive;
    }
    // Who does not write the line at once does not do so at all.
    const bool whole = text.find('\n') != std::string_view::npos;
    return watch(file, nanoseconds(status.st_mtim), whole ? times_.dead : times_.beat);
}

// Of another machine, or half a claim. One from the future is not touched either.
Claims::Look Claims::watch(const fs::path& file, std::int64_t touched, std::chrono::nanoseconds limit) {
    if (std::abs(now() - touched) > limit.count()) return Look::dead;
    Seen& seen = seen_[file.filename().string()];
    const auto looked = std::chrono::steady_clock::now();
    const bool watched = seen.touched != 0 && looked - seen.at < 2 * times_.beat;
    seen.at = looked;
    if (watched && seen.touched == touched) return looked - seen.changed < 2 * times_.beat ? Look::alive : Look::unsure;
    seen.touched = touched;
    seen.changed = watched ? looked : looked - 2 * times_.beat;
    return watched ? Look::alive : Look::unsure;
}

std::int64_t Claims::now() const {
    const Descriptor clock(clock_, O_RDWR | O_CREAT);
    struct stat status {};
    if (clock < 0 || ::futimens(clock, nullptr) != 0 || ::fstat(clock, &status) != 0)
        fail_with(errno, clock_, "cannot be touched");
    return nanoseconds(status.st_mtim);
}

void Claims::beat() {
    std::unique_lock lock(mutex_);
    while (!end_.wait_for(lock, times_.beat, [this] { return ending_; }))
        for (auto& [name, mine] : mine_) {
            struct stat status {};
            try {
                mine.lost = mine.lost || ::futimens(mine.descriptor, nullptr) != 0 ||
                            ::fstat(mine.descriptor, &status) != 0 || status.st_nlink == 0 ||
                            is_there(file(name, mine.number + 1));
                if (mine.lost) any_lost_ = true;
            } catch (const std::exception&) {  // no memory for the name: at the next beat
            }
        }
}

bool Claims::any_elsewhere() {
    const std::lock_guard lock(mutex_);
    std::error_code none;
    for (const auto& entry : fs::directory_iterator(folder_, none)) {
        const Look there = look(entry.path());
        if (there == Look::alive || there == Look::unsure) return true;
    }
    return false;
}

void Claims::remove_dead() const {
    std::vector<fs::path> dead;
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(folder_, ignored)) dead.push_back(entry.path());
    for (const fs::path& claim : dead) fs::remove(claim, ignored);
}

}  // namespace cyclone::lab
