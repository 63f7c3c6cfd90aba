#pragma once
// Makes the calls that change files fail, or end the process, at a chosen place. The test program's own definitions of
// open, write, fsync, rename and unlink stand before those of the C library.

#include <string>
#include <vector>

namespace cyclone::test {

enum class Failure {
    none,        ///< only record
    no_space,    ///< the call does nothing and gives ENOSPC
    io_error,    ///< the call does nothing and gives EIO
    half,        ///< a write stores half of its bytes, the one after it gives ENOSPC; other calls as io_error
    end_process  ///< the process ends in the place of the call, as if killed
};

/// While it lives, the calling thread's call number `at` (from 1) of these functions ends as `failure` says.
class FailingCalls {
public:
    FailingCalls(int at, Failure failure);
    ~FailingCalls();
    FailingCalls(const FailingCalls&) = delete;
    FailingCalls& operator=(const FailingCalls&) = delete;

    /// The calls so far, such as {"open", "write", "fsync", "rename", "open", "fsync"}.
    static const std::vector<std::string>& calls();
};

}  // namespace cyclone::test
