#pragma once
// Errors: every message says where, what was expected, what came.

#include <cyclone/base/language.h>

#include <cmath>
#include <limits>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>

namespace cyclone {

/// The one exception type of the library. what() is a complete sentence: "conv2d: input has 3 channels, weight expects
/// 1".
class Error : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// A program or function was called with arguments that can never work (programs answer with exit code 2).
class UsageError : public Error {
public:
    using Error::Error;
};

/// A value as people are shown it: a NaN without the sign that arithmetic happens to leave on it.
template <class T>
decltype(auto) shown(const T& value) {
    if constexpr (std::is_floating_point_v<T>)
        return std::isnan(value) ? std::numeric_limits<T>::quiet_NaN() : value;
    else
        return (value);
}

/// Throws `E("<where>: <parts...>")`; `where` is the op, option or file at fault.
template <class E = Error, class... Parts>
[[noreturn]] void fail(std::string_view where, const Parts&... parts) {
    std::ostringstream message;
    message << where << ": ";
    (message << ... << shown(parts));
    throw E(message.str());
}

/// Throws like fail() unless `ok`. The message is built only on failure.
template <class E = Error, class... Parts>
void check(bool ok, std::string_view where, const Parts&... parts) {
    if (!ok) [[unlikely]]
        fail<E>(where, parts...);
}

}  // namespace cyclone
