#pragma once
// The exception for memory that cannot be had.

#include <memory>
#include <new>
#include <string>

namespace cyclone {

/// The system has no memory left for a tensor or for oneDNN's code. Not an Error: whoever repeats an Error's text as
/// that of a damaged file or a wrong argument would be wrong.
class OutOfMemory : public std::bad_alloc {
public:
    /// What was asked for, and what may help.
    explicit OutOfMemory(const std::string& message) : message_(std::make_shared<std::string>(message)) {}
    /// The message.
    const char* what() const noexcept override { return message_->c_str(); }

private:
    std::shared_ptr<const std::string> message_;  // a copy of an exception must not throw
};

}  // namespace cyclone
