#pragma once
// The message of the error that a call throws, to be checked with one line.

#include <cyclone/base/error.h>

#include <string>
#include <string_view>

namespace cyclone::test {

/// what() of the E that `call` throws, "nothing thrown" if none; any other exception passes through.
template <class E = Error, class Call>
std::string error_text(const Call& call) {
    try {
        call();
    } catch (const E& error) {
        return error.what();
    }
    return "nothing thrown";
}

inline bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace cyclone::test
