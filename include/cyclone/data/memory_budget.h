#pragma once
// MemoryBudget: how much memory data may take. Readers ask it before they allocate.

#include <cstdint>
#include <string_view>

namespace cyclone::data {

/// What a new process may take without making others swap: the system's estimate (MemAvailable of /proc/meminfo), less
/// where a limit of this process's control group or of one above it (version 1 or 2) leaves less. 2^62 where neither is
/// known.
std::uint64_t free_memory();

/// The memory limit of one call of a reader, for all sets and files of the data together. A number of bytes converts to
/// one: `read_npy(path, 1'000'000'000)`.
class MemoryBudget {
public:
    /// `limit` in bytes; 0: half of free_memory().
    MemoryBudget(std::uint64_t limit = 0);

    /// Bytes.
    std::uint64_t left() const { return limit_ - taken_; }
    /// Error unless `bytes` more fit.
    void check_room(std::uint64_t bytes, std::string_view where) const;
    /// check_room(), and counts them.
    void take(std::uint64_t bytes, std::string_view where);

private:
    bool chosen_ = false;  // by the caller
    std::uint64_t limit_ = 0, taken_ = 0;
};

}  // namespace cyclone::data
