#pragma once
// Reporter: where the library says what went wrong without ending the work.

#include <functional>
#include <string>

namespace cyclone {

/// Receives one message: a sentence without a newline. May be called from any thread that works for the caller.
using Reporter = std::function<void(const std::string&)>;

/// Calls `reporter`; an empty one means a line on standard error, so that nothing is lost in silence.
void notify(const Reporter& reporter, const std::string& message);

}  // namespace cyclone
