#pragma once
// std::from_chars for floating-point numbers, also where the standard library has it for whole ones alone (libc++
// before version 20, and so Apple's).

#include <charconv>
#include <type_traits>

namespace cyclone {

/// std::from_chars(first, last, value) by strtod(), whatever the locale; not for programs.
std::from_chars_result read_number_by_strtod(const char* first, const char* last, double& value);

/// std::from_chars(first, last, value).
template <class Number>
std::from_chars_result read_number(const char* first, const char* last, Number& value) {
#ifndef __cpp_lib_to_chars
    if constexpr (std::is_floating_point_v<Number>) {
        double number = 0;
        const std::from_chars_result result = read_number_by_strtod(first, last, number);
        if (result.ec == std::errc{}) value = static_cast<Number>(number);
        return result;
    } else
#endif
        return std::from_chars(first, last, value);
}

}  // namespace cyclone
