#pragma once
// Values of options: from the texts of a command line or a config file, and back.

#include <cyclone/base/error.h>
#include <cyclone/base/read_number.h>

#include <charconv>
#include <concepts>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace cyclone::cli {

/// The values of one option as text; none for an optional that is empty.
using Texts = std::vector<std::string>;

/// What an option may hold: bool (a flag), whole numbers, double, std::string, a path, an optional of these, or a list
/// of texts. Each has a word for --help, read() and texts_of().
template <class T>
struct ValueOf {
    using type = T;
};
template <class T>
struct ValueOf<std::optional<T>> {
    using type = T;
};
template <class Target>
constexpr const char* value_word() {
    using T = typename ValueOf<Target>::type;
    if constexpr (std::same_as<T, bool>) return "";
    if constexpr (std::integral<T>) return "N";
    if constexpr (std::floating_point<T>) return "X";
    return "TEXT";
}

inline void read(std::string_view, const Texts& texts, std::string& value) { value = texts.front(); }
inline void read(std::string_view, const Texts& texts, std::filesystem::path& value) { value = texts.front(); }
inline void read(std::string_view, const Texts& texts, std::vector<std::string>& value) { value = texts; }
inline void read(std::string_view name, const Texts& texts, bool& value) {
    const std::string& text = texts.front();
    check<UsageError>(text == "true" || text == "false", name, "expected true or false, got '", text, "'");
    value = text == "true";
}
template <class Number>
requires(std::is_arithmetic_v<Number>) void read(std::string_view name, const Texts& texts, Number& value) {
    const std::string& text = texts.front();
    const auto [end, error] = read_number(text.data(), text.data() + text.size(), value);
    const char* expected = std::floating_point<Number> ? "a number"
                           : std::is_signed_v<Number>  ? "a whole number"
                                                       : "a whole number from 0 up";
    check<UsageError>(error == std::errc() && end == text.data() + text.size(), name, "expected ", expected, ", got ",
                      text);
}
template <class T>
void read(std::string_view name, const Texts& texts, std::optional<T>& value) {
    read(name, texts, value.emplace());
}

inline Texts texts_of(const std::string& value) { return value.empty() ? Texts{} : Texts{value}; }
inline Texts texts_of(const std::filesystem::path& value) { return texts_of(value.string()); }
inline Texts texts_of(const std::vector<std::string>& value) { return value; }
inline Texts texts_of(bool value) { return {value ? "true" : "false"}; }
template <class Number>
requires(std::is_arithmetic_v<Number>) Texts texts_of(Number value) {
    char buffer[64];
    return {std::string(buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr)};
}
template <class T>
Texts texts_of(const std::optional<T>& value) {
    return value ? texts_of(*value) : Texts{};
}

}  // namespace cyclone::cli
