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

void append(std::string& text, double number);  // six digits, as streams write it
void append(std::string& text, long long number);
void append(std::string& text, unsigned long long number);

/// A part of a message and how it is written, so that one function builds every message. Streams, which bring all of
/// the C++ library's locales into a program, serve only types that have nothing but an operator<<.
class MessagePart {
public:
    template <class T>
    explicit MessagePart(const T& value) : value_(std::addressof(value)), write_(write<T>) {}  ///< must outlive this
    template <std::size_t n>
    explicit MessagePart(const char (&text)[n]) : value_(text), write_(write_text) {}  ///< a literal

    void append_to(std::string& text) const { write_(text, value_); }  ///< at the end

private:
    template <class T>
    static void write(std::string& text, const void* pointer) {
        const T& value = *static_cast<const T*>(pointer);
        if constexpr (std::is_convertible_v<const T&, std::string_view>) {
            text += static_cast<std::string_view>(value);
        } else if constexpr (std::is_same_v<T, char> || std::is_same_v<T, signed char> ||
                             std::is_same_v<T, unsigned char>) {
            text += static_cast<char>(value);
        } else if constexpr (std::is_floating_point_v<T>) {
            append(text, static_cast<double>(shown(value)));
        } else if constexpr (std::is_unsigned_v<T>) {
            append(text, static_cast<unsigned long long>(value));
        } else if constexpr (std::is_integral_v<T>) {
            append(text, static_cast<long long>(value));
        } else if constexpr (requires { text += value.str(); }) {
            text += value.str();
        } else if constexpr (requires { text += name_of(value); }) {
            text += name_of(value);
        } else {
            std::ostringstream out;
            out << value;
            text += out.str();
        }
    }
    static void write_text(std::string& text, const void* value) { text += static_cast<const char*>(value); }

    const void* value_;
    void (*write_)(std::string&, const void*);
};

std::string joined(std::initializer_list<MessagePart> parts);
/// "<where>: <parts...>"
std::string message(std::string_view where, std::initializer_list<MessagePart> parts);

template <class E>
[[noreturn]] void fail(std::string_view where, std::initializer_list<MessagePart> parts) {
    throw E(message(where, parts));
}

}  // namespace detail

/// The parts one after the other, as messages show them: numbers with up to six digits.
template <class... Parts>
std::string joined(const Parts&... parts) {
    return detail::joined({detail::MessagePart(parts)...});
}

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
