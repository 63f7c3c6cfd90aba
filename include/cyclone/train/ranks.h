#pragma once
// Ranks: the processes, on one or many machines, that train one network together (data-parallel). Each works on some
// slices of every batch; the gradients are added in the order of the slices, so that any number of ranks gives the
// bits of one process. mpi::start_ranks() makes them of the processes of an MPI launcher.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cyclone::train {

/// One of the ranks, as it sees the others. All of them call the same functions in the same order; where one of them
/// ends, the others end too, and do not wait for ever.
class Ranks {
public:
    virtual ~Ranks() = default;

    virtual int rank() const = 0;  ///< from 0
    virtual int size() const = 0;  ///< how many there are
    /// Sends to[r] to rank r and fills from[r] with what rank r sends here, for each r, this one included: both sides
    /// know the size.
    virtual void exchange(std::span<const std::span<const std::byte>> to,
                          std::span<const std::span<std::byte>> from) = 0;
    /// Ends the processes of all ranks, whatever they are doing; `code` becomes the exit code.
    [[noreturn]] virtual void abort(int code) = 0;

    bool is_first() const { return rank() == 0; }  ///< the one that writes files and messages
    /// The part of `count` things that a rank has: from first up to second. The first rank has one of them, if any has.
    std::pair<std::int64_t, std::int64_t> part_of(std::int64_t count, int rank) const;

    /// Of `all`, each rank has filled the part from begins[rank()] to begins[rank() + 1]; now all have all of it.
    template <class T>
    void share(std::span<T> all, std::span<const std::size_t> begins) {
        share_bytes(std::as_writable_bytes(all), sizeof(T), begins);
    }
    /// Whether it is so on any rank.
    bool any(bool here);
    /// Whether these bytes are the same on all ranks, by their checksum.
    bool same(std::string_view bytes);
    /// What the first rank gives; what the others give is not used.
    std::string from_first(std::string bytes);

private:
    void share_bytes(std::span<std::byte> all, std::size_t size, std::span<const std::size_t> begins);
};

}  // namespace cyclone::train
