// A pthread_create() of the test program's own, which stands before that of the C library.

#ifndef CYCLONE_NO_MULTIVERSION

#include "support/refused_threads.h"

#include <atomic>
#include <cerrno>
#include <limits>

#include <dlfcn.h>
#include <pthread.h>

namespace cyclone::test {
namespace {

std::atomic<int> left{std::numeric_limits<int>::max()};

}  // namespace

RefusedThreads::RefusedThreads(int most) { left = most; }
RefusedThreads::~RefusedThreads() { left = std::numeric_limits<int>::max(); }

}  // namespace cyclone::test

extern "C" int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*start)(void*),
                              void* argument) noexcept {
    using Create = int (*)(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*);
    static const auto next = reinterpret_cast<Create>(dlsym(RTLD_NEXT, "pthread_create"));
    if (cyclone::test::left.fetch_sub(1) > 0) return next(thread, attributes, start, argument);
    ++cyclone::test::left;
    return EAGAIN;
}

#endif
