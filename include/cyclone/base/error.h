#pragma once
// Errors: every message says where, what was expected, what came.

#include <cyclone/base/language.h>

#include <cmath>
#include <initializer_list>
#include <limits>
#include <memory>
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

namespace detail {

/// A part of a message and how it is printed, so that one function builds every message.
class MessagePart {
public:
    template <class T>
    explicit MessagePart(const T& value) : value_(std::addressof(value)), print_(print<T>) {}
    template <std::size_t n>
    explicit MessagePart(const char (&text)[n]) : value_(text), print_(print_text) {}

    void print_to(std::ostream& out) const { print_(out, value_); }

private:
    template <class T>
    static void print(std::ostream& out, const void* value) {
        out << shown(*static_cast<const T*>(value));
    }
    static void print_text(std::ostream& out, const void* text) { out << static_cast<const char*>(text); }

    const void* value_;
    void (*print_)(std::ostream&, const void*);
};

/// "<where>: <parts...>"
std::string message(std::string_view where, std::initializer_list<MessagePart> parts);

template <class E>
[[noreturn]] void fail(std::string_view where, std::initializer_list<MessagePart> parts) {
    throw E(message(where, parts));
}

}  // namespace detail

/// Throws `E("<where>: <parts...>")`; `where` is the op, option or file at fault.
template <class E = Error, class... Parts>
[[noreturn]] void fail(std::string_view where, const Parts&... parts) {
    detail::fail<E>(where, {detail::MessagePart(parts)...});
}

/// Throws like fail() unless `ok`. The message is built only on failure.
template <class E = Error, class... Parts>
void check(bool ok, std::string_view where, const Parts&... parts) {
    if (!ok) [[unlikely]]
        fail<E>(where, parts...);
}

}  // namespace cyclone
