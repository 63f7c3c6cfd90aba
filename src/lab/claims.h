#pragma once
// Which process works on what, where several share a folder: files that only one of them can create.

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <map>
#include <mutex>
#include <string>
#include <thread>

namespace cyclone::lab {

/// Whose a claim is.
enum class Claim {
    mine,
    elsewhere,  ///< of a process that lives
    unsure,     ///< of a process that lived a while ago: ask again
};

/// How often a process touches its claims, and after how long without that it counts as dead.
struct ClaimTimes {
    std::chrono::milliseconds beat{10'000}, dead{120'000};
};

/// A claim of NAME is a file NAME.1, created exclusively (O_CREAT | O_EXCL). Its process holds a lock on it (flock),
/// and touches it at every beat. Processes of the same machine, that is under the same kernel, learn from the lock
/// whether it lives; others from the time of the file, compared with that of a file touched just now: both are of one
/// clock, the file server's. Half a claim, of a process that died between creating and writing it, is dead after a
/// beat. A dead process's claim is not removed but followed by NAME.2, which again only one process can create; so two
/// that find the same dead claim cannot both get it. A process that was thought dead and wakes up finds that its claim
/// has a successor. Errors name the file.
class Claims {
public:
    /// The files are in `folder`; `clock` is the file to touch, on the same file system.
    Claims(std::filesystem::path folder, std::filesystem::path clock, ClaimTimes times = {});
    /// Gives all up.
    ~Claims();
    Claims(const Claims&) = delete;
    Claims& operator=(const Claims&) = delete;

    /// Claims NAME, unless a living process has it.
    Claim take(const std::string& name);
    /// Whether this process still has it: false once another one thought it dead.
    bool keeps(const std::string& name) const;
    /// Whether it still has everything that it took and did not give up: a question for every update of a run.
    bool keeps_all() const { return !any_lost_.load(std::memory_order_relaxed); }
    /// Gives it up; nothing where this process has none.
    void release(const std::string& name);

    /// Whether any claim may be of another process that lives.
    bool any_elsewhere();
    /// Removes the claims of dead processes. Only where any_elsewhere() is false and no other process can come.
    void remove_dead() const;

private:
    enum class Look { gone, dead, alive, unsure };
    struct Mine {
        int descriptor = -1, number = 0;
        bool lost = false;
    };
    struct Seen {  // a claim of another machine
        std::int64_t touched = 0;
        std::chrono::steady_clock::time_point at = {}, changed = {};  // looked at; last seen to be touched
    };
    std::filesystem::path file(const std::string& name, int number) const;
    int newest(const std::string& name) const;
    bool create(const std::string& name, int number);
    Look look(const std::filesystem::path& file);
    Look watch(const std::filesystem::path& file, std::int64_t touched, std::chrono::nanoseconds limit);
    std::int64_t now() const;
    void give_up(const std::string& name, const Mine& mine) const;
    void beat();

    const std::filesystem::path folder_, clock_;
    const ClaimTimes times_;
    mutable std::mutex mutex_;
    std::condition_variable end_;
    bool ending_ = false;
    std::atomic<bool> any_lost_{false};  // ever
    std::map<std::string, Mine> mine_;
    std::map<std::string, Seen> seen_;  // by the name of the file
    std::thread beater_;
};

}  // namespace cyclone::lab
