#pragma once
// The caching allocator: a training step asks for the same sizes again and again, so freed blocks are kept and reused.
// Each thread has a cache of its own; a block returns to the cache it came from, so that a loader thread feeding a
// trainer thread does not grow memory, and no two threads contend.

#include <cstddef>
#include <cstdint>
#include <new>

namespace cyclone {

/// At least `bytes` bytes, 64-byte aligned, contents undefined. Throws Error when the system has no memory left.
void* allocate(std::size_t bytes);
/// Gives a block of allocate() back; any thread may call it. nullptr is ignored.
void release(void* block) noexcept;

/// Returns the memory of all unused blocks to the system.
void release_cached_memory();

struct AllocatorStats {
    std::uint64_t system_allocations =
        0;                           ///< times the system was asked for a block (a steady training step adds none)
    std::uint64_t system_bytes = 0;  ///< bytes now held from the system, in use or cached
};
AllocatorStats allocator_stats();

/// Lets containers and shared_ptr control blocks live in the caching allocator.
template <class T>
struct CachingAllocator {
    using value_type = T;
    CachingAllocator() = default;
    template <class U>
    CachingAllocator(const CachingAllocator<U>&) {}
    T* allocate(std::size_t n) { return static_cast<T*>(cyclone::allocate(n * sizeof(T))); }
    void deallocate(T* p, std::size_t) noexcept { cyclone::release(p); }
    template <class U>
    bool operator==(const CachingAllocator<U>&) const {
        return true;
    }
};

}  // namespace cyclone
