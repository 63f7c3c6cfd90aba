#pragma once
// What the standard library of emscripten 3.1.6 (libc++ 13) lacks of C++20 and Cyclone uses. Included before each file.

#include <bit>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <string>
#include <system_error>

namespace std {  // NOLINT(cert-dcl58-cpp): this is what is missing there

#ifndef __cpp_lib_bit_cast
template <class To, class From>
constexpr To bit_cast(const From& from) noexcept {
    return __builtin_bit_cast(To, from);
}
#endif

#ifndef __cpp_lib_to_chars
/// The shortest text in this form that reads back as the same number, by trial.
inline to_chars_result to_chars(char* first, char* last, double value, const char* form) {
    char text[64];
    int length = 0;
    for (int digits = 0; digits <= 30; ++digits) {
        length = snprintf(text, sizeof text, form, digits, value);
        if (strtod(text, nullptr) == value) break;
    }
    if (length > last - first) return {last, errc::value_too_large};
    memcpy(first, text, static_cast<size_t>(length));
    return {first + length, errc{}};
}
inline to_chars_result to_chars(char* first, char* last, double value) { return to_chars(first, last, value, "%.*g"); }
inline to_chars_result to_chars(char* first, char* last, double value, chars_format format) {
    return to_chars(first, last, value, format == chars_format::fixed ? "%.*f" : "%.*e");
}

inline from_chars_result from_chars(const char* first, const char* last, double& value) {
    const string text(first, last);
    if (text.empty() || !(isdigit(static_cast<unsigned char>(text[0])) || text[0] == '-' || text[0] == '.'))
        return {first, errc::invalid_argument};
    char* end = nullptr;
    const double read = strtod(text.c_str(), &end);
    if (end == text.c_str()) return {first, errc::invalid_argument};
    if (!isfinite(read)) return {first + (end - text.c_str()), errc::result_out_of_range};
    value = read;
    return {first + (end - text.c_str()), errc{}};
}
#endif

}  // namespace std
