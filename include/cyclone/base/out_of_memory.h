#pragma once
// The exception for memory that cannot be had.

#include <new>
#include <stdexcept>
#include <string>

namespace cyclone {

/// The system has no memory left for a tensor or for oneDNN's code. Not an Error: whoever tells an Error's text anew (a
/// damaged file, a wrong argument) would tell a lie.
class OutOfMemory : public std::bad_alloc {
public:
    explicit OutOfMemory(const std::string& message) : message_(message) {}
    const char* what() const noexcept override { return message_.what(); }

private:
    std::runtime_error message_;  // a copy of it throws nothing
};

}  // namespace cyclone
