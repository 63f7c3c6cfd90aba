// Size classes, per-thread caches of free blocks, and their return from other threads.

#include <cyclone/base/error.h>
#include <cyclone/base/out_of_memory.h>
#include <cyclone/base/threads.h>
#include <cyclone/tensor/allocator.h>

#include <array>
#include <atomic>
#include <bit>
#include <mutex>
#include <vector>

#include "system/system.h"

namespace cyclone {
namespace {

constexpr std::size_t kAlignment = 64;
constexpr int kClasses = 96;                                  // four per power of two, from 64 bytes up
constexpr std::size_t kLargestCached = std::size_t{1} << 28;  // larger blocks go straight back to the system
constexpr std::size_t kCacheLimit = std::size_t{1} << 30;     // bytes of unused blocks one cache may keep

struct Cache;

// Stands in the 64 bytes before every block.
struct Header {
    Cache* home;
    Header* next;
    std::size_t capacity;
    int size_class;
};
static_assert(sizeof(Header) <= kAlignment);

struct Cache {
    std::mutex mutex;
    std::array<Header*, kClasses> free{};
    std::size_t cached_bytes = 0;
};

std::atomic<std::uint64_t> system_allocations{0};
std::atomic<std::uint64_t> system_bytes{0};

// Size classes 64 * 2^k * {1, 1.25, 1.5, 1.75}: at most a quarter of a block is unused.
int class_of(std::size_t bytes) {
    const std::size_t units = bytes <= kAlignment ? 1 : (bytes + kAlignment - 1) / kAlignment;
    if (units <= 4) return static_cast<int>(units) - 1;
    const int power = static_cast<int>(std::bit_width(units - 1)) - 1;
    const std::size_t quarter = std::size_t{1} << (power - 2);
    const std::size_t step = (units - (std::size_t{1} << power) + quarter - 1) / quarter;
    return 4 * (power - 1) + static_cast<int>(step) - 1;
}

std::size_t capacity_of(int size_class) {
    if (size_class < 4) return kAlignment * static_cast<std::size_t>(size_class + 1);
    const int power = (size_class + 0) / 4 + 1;
    const std::size_t step = static_cast<std::size_t>(size_class % 4) + 1;
    return kAlignment * ((std::size_t{1} << power) + step * (std::size_t{1} << (power - 2)));
}

// Caches outlive their threads (blocks may still point to them) and are handed to the next new thread.
class CachePool {
public:
    Cache* borrow() {
        const std::lock_guard lock(mutex_);
        if (idle_.empty()) {
            all_.push_back(new Cache);
            return all_.back();
        }
        Cache* cache = idle_.back();
        idle_.pop_back();
        return cache;
    }
    void give_back(Cache* cache) {
        const std::lock_guard lock(mutex_);
        idle_.push_back(cache);
    }
    std::vector<Cache*> all() {
        const std::lock_guard lock(mutex_);
        return all_;
    }
    // Around fork(): the child must not inherit a lock that another thread holds.
    void lock_all() {
        mutex_.lock();
        for (Cache* cache : all_) cache->mutex.lock();
    }
    void unlock_all() {
        for (Cache* cache : all_) cache->mutex.unlock();
        mutex_.unlock();
    }

private:
    std::mutex mutex_;
    std::vector<Cache*> all_, idle_;
};

// Never destroyed: tensors with static lifetime are released after main.
CachePool& pool() {
    static auto* instance = [] {
        system::at_fork(
            [] {
                end_idle_threads();  // workers that end give their caches back
                pool().lock_all();
            },
            [] { pool().unlock_all(); }, [] { pool().unlock_all(); });
        return new CachePool;
    }();
    return *instance;
}

struct ThreadCache {
    Cache* cache = pool().borrow();
    ThreadCache() = default;
    ThreadCache(const ThreadCache&) = delete;
    ThreadCache& operator=(const ThreadCache&) = delete;
    ~ThreadCache() { pool().give_back(cache); }
};

Cache* this_threads_cache() {
    thread_local ThreadCache mine;
    return mine.cache;
}

void return_to_system(Header* header) noexcept {
    system_bytes -= header->capacity + kAlignment;
    system::release_aligned(header);
}

void trim(Cache& cache) {
    const std::lock_guard lock(cache.mutex);
    for (Header*& head : cache.free)
        while (head) {
            Header* next = head->next;
            return_to_system(head);
            head = next;
        }
    cache.cached_bytes = 0;
}

}  // namespace

void* allocate_block(std::size_t bytes) {
    check(bytes < std::size_t{1} << 48, "allocate", "cannot allocate ", bytes, " bytes");
    Cache* home = this_threads_cache();
    const int size_class = bytes > kLargestCached ? -1 : class_of(bytes);
    if (size_class >= 0) {
        const std::lock_guard lock(home->mutex);
        if (Header* header = home->free[static_cast<std::size_t>(size_class)]) {
            home->free[static_cast<std::size_t>(size_class)] = header->next;
            home->cached_bytes -= header->capacity;
            return reinterpret_cast<std::byte*>(header) + kAlignment;
        }
    }
    const std::size_t capacity =
        size_class >= 0 ? capacity_of(size_class) : (bytes + kAlignment - 1) / kAlignment * kAlignment;
    void* raw = system::allocate_aligned(kAlignment, capacity + kAlignment);
    if (!raw) {
        release_cached_memory();
        raw = system::allocate_aligned(kAlignment, capacity + kAlignment);
    }
    check<OutOfMemory>(raw != nullptr, "allocate", "no memory left for ", bytes, " bytes; ",
                       allocator_stats().system_bytes, " bytes are in use (hint: a smaller batch size)");
    ++system_allocations;
    system_bytes += capacity + kAlignment;
    new (raw) Header{home, nullptr, capacity, size_class};
    return static_cast<std::byte*>(raw) + kAlignment;
}

void release_block(void* block) noexcept {
    if (!block) return;
    auto* header = reinterpret_cast<Header*>(static_cast<std::byte*>(block) - kAlignment);
    if (header->size_class < 0) return return_to_system(header);
    Cache& home = *header->home;
    const std::lock_guard lock(home.mutex);
    if (home.cached_bytes + header->capacity > kCacheLimit) return return_to_system(header);
    Header*& head = home.free[static_cast<std::size_t>(header->size_class)];
    header->next = head;
    head = header;
    home.cached_bytes += header->capacity;
}

void release_cached_memory() {
    for (Cache* cache : pool().all()) trim(*cache);
}

AllocatorStats allocator_stats() { return {system_allocations.load(), system_bytes.load()}; }

}  // namespace cyclone
