#pragma once
// One cached oneDNN call: a primitive with its memory objects bound once, and the cache that holds it.

#include <cyclone/base/error.h>
#include <cyclone/base/threads.h>
#include <cyclone/tensor/allocator.h>
#include <cyclone/tensor/tensor.h>

#include <array>
#include <cstring>
#include <initializer_list>
#include <memory>
#include <utility>
#include <vector>

#include "onednn/compat.h"

namespace cyclone::onednn {

const dnnl::engine& engine();  ///< of the calling thread
dnnl::stream& stream();        ///< of the calling thread
/// Attributes every primitive starts from: scratchpads come from the caching allocator.
dnnl::primitive_attr base_attributes();

/// An argument of a primitive. Where the primitive wants another format than the caller's, the plan reorders.
struct Argument {
    int id = 0;                 // DNNL_ARG_...
    dnnl::memory::desc ours;    // what the caller's pointer holds; of size 0: the argument is absent
    dnnl::memory::desc wanted;  // what the primitive reads or writes
    bool output = false;
    bool weight = false;  // may be kept converted between calls
};

struct Buffer {
    void* data = nullptr;
    Buffer() = default;
    Buffer(Buffer&& other) noexcept : data(std::exchange(other.data, nullptr)) {}
    Buffer& operator=(Buffer&& other) noexcept {
        std::swap(data, other.data);
        return *this;
    }
    ~Buffer() { release_block(data); }
    void* reserve(std::size_t bytes) { return data = allocate_block(bytes); }
};

/// Converted copies of weights that do not change, as in inference: a reorder in each call would cost as much as a
/// small batch. A copy is used only for the storage and version it was made from.
class KeptCopies {
public:
    /// The copy of `weight`, of `bytes` bytes, and whether it still has to be filled.
    std::pair<void*, bool> find(const Tensor& weight, std::size_t bytes);

private:
    static constexpr std::size_t kMaxCopies = 64;  // layers of one shape
    struct Copy {
        std::weak_ptr<const void> storage;  // of the weight, with the place in it
        const void* place = nullptr;
        std::uint32_t version = 0;
        Buffer buffer;
    };
    std::vector<Copy> copies_;
    std::size_t next_ = 0;  // to be replaced when all are in use
};

class Plan {
public:
    Plan(const dnnl::primitive& primitive, const dnnl::memory::desc& scratchpad,
         std::initializer_list<Argument> arguments);
    /// `pointers` in the order of the constructor's arguments; those of absent arguments are ignored. `kept`: the
    /// tensor of the argument marked weight if its converted copy may be kept for the next call, else null.
    void run(std::initializer_list<const void*> pointers, const Tensor* kept = nullptr);

private:
    static constexpr std::size_t kMaxArguments = 10;
    struct Operand {
        bool present = false, output = false, weight = false;
        dnnl::memory ours, wanted;
        std::size_t converted_bytes = 0;  // > 0: `wanted` is a temporary of this size
        dnnl::primitive reorder;
    };

    dnnl::primitive primitive_;
    std::vector<Operand> operands_;
    std::array<dnnl_exec_arg_t, kMaxArguments> arguments_{};
    int argument_count_ = 0;
    dnnl::memory scratchpad_;
    std::size_t scratchpad_bytes_ = 0;
    KeptCopies kept_;
};

/// What a plan depends on. The thread count belongs to it: primitives are laid out for the threads they were made with.
struct Key {
    static constexpr std::size_t kMaxSizes = 20;

    const char* op;  // its name in messages, compared as a pointer: one constant per kind of primitive
    std::int64_t flags;
    int threads;
    std::array<std::int64_t, kMaxSizes> sizes{};

    /// `geometry` is a struct of std::int64_t only.
    template <class Geometry>
    Key(const char* op_, const Geometry& geometry, std::int64_t flags_ = 0) : Key(op_, flags_) {
        static_assert(sizeof(Geometry) % sizeof(std::int64_t) == 0 && sizeof(Geometry) <= sizeof(sizes));
        std::memcpy(sizes.data(), &geometry, sizeof(Geometry));
    }
    bool operator==(const Key&) const = default;

private:
    Key(const char* op_, std::int64_t flags_);
};

/// Error unless the system gives the memory that making and first running a primitive may take: without memory for the
/// code that it generates oneDNN ends the process.
void check_room_for_code(const Key& key);

/// Throws an Error that names the op, its sizes and what oneDNN threw.
[[noreturn]] void fail_with(const dnnl::error& error, const Key& key);

/// The calling thread's plans, at most kCapacity; the least recently used one is dropped first.
class PlanCache {
public:
    static constexpr std::size_t kCapacity = 512;

    /// `plan` is null if oneDNN has no kernel for the key.
    struct Entry {
        Key key;
        std::uint64_t hash, last_use;
        std::unique_ptr<Plan> plan;
    };
    Entry* find(const Key& key);
    Entry* insert(const Key& key, std::unique_ptr<Plan> plan);

private:
    std::vector<Entry> entries_;
    std::uint64_t clock_ = 0;
};
PlanCache& plan_cache();
void count_refusal();

/// Runs the plan for `key`, made by make() at the first call; false when oneDNN has no kernel for the case. `kept` as
/// for Plan::run().
template <class Make>
bool run_cached(const Key& key, Make&& make, std::initializer_list<const void*> pointers,
                const Tensor* kept = nullptr) {
    const ExactThreads threads(key.threads);
    try {
        PlanCache::Entry* entry = plan_cache().find(key);
        if (!entry) {
            std::unique_ptr<Plan> plan;
            check_room_for_code(key);
            try {
                plan = std::make_unique<Plan>(make());
            } catch (const dnnl::error& error) {
                if (error.status != dnnl_unimplemented) throw;
                count_refusal();
            }
            entry = plan_cache().insert(key, std::move(plan));
        }
        if (!entry->plan) return false;
        entry->plan->run(pointers, kept);
        return true;
    } catch (const dnnl::error& error) {
        fail_with(error, key);
    }
}

}  // namespace cyclone::onednn
