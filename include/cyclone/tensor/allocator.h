#pragma once
// The caching allocator. A training step allocates the same sizes again and again, so freed blocks are kept and reused.
// Each thread has its own cache, and a block returns to the cache it came from: a loader thread that feeds a trainer
// thread does not grow memory, and threads do not contend.

#include <cstddef>
#include <cstdint>
#include <new>

namespace cyclone {

/// At least `bytes` bytes, 64-byte aligned, contents undefined. OutOfMemory when the system has no memory left.
void* allocate_block(std::size_t bytes);
/// Returns a block of allocate_block(); any thread may call it. nullptr is ignored.
void release_block(void* block) noexcept;

/// Returns the memory of all unused blocks to the system.
void release_cached_memory();

/// What the allocator has taken from the system.
struct AllocatorStats {
    std::uint64_t system_allocations = 0;  ///< blocks taken from the system (a steady training step adds none)
    std::uint64_t system_bytes = 0;        ///< bytes now held from the system, in use or cached
};
/// Summed over all threads.
AllocatorStats allocator_stats();

/// Lets containers and shared_ptr control blocks live in the caching allocator.
template <class T>
struct CachingAllocator {
    /// @cond  the requirements of an allocator
    using value_type = T;
    CachingAllocator() = default;
    template <class U>
    CachingAllocator(const CachingAllocator<U>&) {}
    T* allocate(std::size_t n) { return static_cast<T*>(cyclone::allocate_block(n * sizeof(T))); }
    void deallocate(T* p, std::size_t) noexcept { cyclone::release_block(p); }
    template <class U>
    bool operator==(const CachingAllocator<U>&) const {
        return true;
    }
    /// @endcond
};

}  // namespace cyclone
