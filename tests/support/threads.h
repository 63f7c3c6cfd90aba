#pragma once
// A number of threads for the length of a test.

#include <cyclone/base/threads.h>

namespace cyclone::test {

class Threads {
public:
    explicit Threads(int count) : before_(num_threads()) { set_num_threads(count); }
    ~Threads() { set_num_threads(before_); }
    Threads(const Threads&) = delete;
    Threads& operator=(const Threads&) = delete;

private:
    int before_;
};

}  // namespace cyclone::test
