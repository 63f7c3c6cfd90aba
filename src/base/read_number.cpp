// Numbers from text where the standard library cannot.

#include <cyclone/base/read_number.h>

#include <algorithm>
#include <cctype>
#include <clocale>
#include <cmath>
#include <cstdlib>
#include <string>
#include <string_view>

namespace cyclone {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// The end of the longest number at the beginning of `text`, 0 where there is none.
std::size_t end_of_number(std::string_view text) {
    std::size_t at = text.starts_with('-') ? 1 : 0, digits = 0;
    for (const std::string_view word : {"infinity", "inf", "nan"}) {
        const std::string_view there = text.substr(at, word.size());
        if (std::equal(there.begin(), there.end(), word.begin(), word.end(),
                       [](unsigned char a, unsigned char b) { return std::tolower(a) == b; }))
            return at + word.size();
    }
    const auto skip_digits = [&] {
        for (; at < text.size() && is_digit(text[at]); ++at) ++digits;
    };
    skip_digits();
    if (at < text.size() && text[at] == '.') {
        ++at;
        skip_digits();
    }
    if (digits == 0) return 0;
    std::size_t exponent = at + 1;
    if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
        if (exponent < text.size() && (text[exponent] == '-' || text[exponent] == '+')) ++exponent;
        if (exponent < text.size() && is_digit(text[exponent])) {
            at = exponent;
            skip_digits();
        }
    }
    return at;
}

}  // namespace

std::from_chars_result read_number_by_strtod(const char* first, const char* last, double& value) {
    std::string text(first, end_of_number({first, static_cast<std::size_t>(last - first)}));
    if (text.empty()) return {first, std::errc::invalid_argument};
    const char* end = first + text.size();
    const bool finite = is_digit(text.back()) || text.back() == '.';
    if (const std::size_t point = text.find('.'); point != std::string::npos)
        text.replace(point, 1, std::localeconv()->decimal_point);
    const double number = std::strtod(text.c_str(), nullptr);
    const bool vanished = number == 0 && text.find_first_of("123456789") < text.find_first_of("eE");
    if (finite && (!std::isfinite(number) || vanished)) return {end, std::errc::result_out_of_range};
    value = number;
    return {end, std::errc{}};
}

}  // namespace cyclone
