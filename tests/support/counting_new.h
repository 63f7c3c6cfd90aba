#pragma once
// Replaces operator new of a test program by one that counts its calls per thread. Include it in one file of a program.
// Not in sanitizer builds (they define CYCLONE_NO_MULTIVERSION), where operator new belongs to the sanitizer.

#ifndef CYCLONE_NO_MULTIVERSION

#ifdef CYCLONE_WITH_ONEDNN
#include <dlfcn.h>
#endif

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>

namespace cyclone::test {

struct HeapCalls {
    std::uint64_t ours = 0;    ///< everybody's but oneDNN's
    std::uint64_t onednn = 0;  ///< made inside libdnnl, where no caller can help it
};
inline thread_local HeapCalls heap_calls;

/// `caller` is an address in the function that asked for memory.
[[gnu::noinline]] inline void* counted_new(std::size_t size, [[maybe_unused]] const void* caller) {
    bool in_onednn = false;
#ifdef CYCLONE_WITH_ONEDNN
    Dl_info place{};
    in_onednn = dladdr(caller, &place) != 0 && std::strstr(place.dli_fname, "libdnnl") != nullptr;
#endif
    ++(in_onednn ? heap_calls.onednn : heap_calls.ours);
    return std::malloc(size == 0 ? 1 : size);
}

}  // namespace cyclone::test

void* operator new(std::size_t size) {
    if (void* p = cyclone::test::counted_new(size, __builtin_return_address(0))) return p;
    throw std::bad_alloc();
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {  // std::stable_sort uses it
    return cyclone::test::counted_new(size, __builtin_return_address(0));
}
void operator delete(void* p) noexcept { std::free(p); }
void operator delete(void* p, std::size_t) noexcept { std::free(p); }
void operator delete(void* p, const std::nothrow_t&) noexcept { std::free(p); }

#endif
