#pragma once
// Makes pthread_create() fail. Not in sanitizer builds, where it belongs to the sanitizer.

namespace cyclone::test {

/// While it lives, at most `most` threads can be started in the process.
class RefusedThreads {
public:
    explicit RefusedThreads(int most);
    ~RefusedThreads();
    RefusedThreads(const RefusedThreads&) = delete;
    RefusedThreads& operator=(const RefusedThreads&) = delete;
};

}  // namespace cyclone::test
