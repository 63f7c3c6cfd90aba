// UTF-8 text on a terminal.
#include <cyclone/base/text_width.h>
#include <cyclone/base/utf8.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "system/system.h"

namespace cyclone {
namespace {

struct Character {
    std::size_t bytes, columns;
};

constexpr std::pair<char32_t, char32_t> kWithoutWidth[] = {{0x300, 0x36F},   {0x1AB0, 0x1AFF}, {0x1DC0, 0x1DFF},
                                                           {0x200B, 0x200F}, {0x20D0, 0x20FF}, {0xFE00, 0xFE0F},
                                                           {0xFE20, 0xFE2F}, {0xFEFF, 0xFEFF}};
constexpr std::pair<char32_t, char32_t> kWide[] = {
    {0x1100, 0x115F},   {0x2E80, 0x303E},   {0x3041, 0x33FF},   {0x3400, 0x4DBF},  {0x4E00, 0x9FFF}, {0xA000, 0xA4CF},
    {0xA960, 0xA97F},   {0xAC00, 0xD7A3},   {0xF900, 0xFAFF},   {0xFE30, 0xFE6F},  {0xFF00, 0xFF60}, {0xFFE0, 0xFFE6},
    {0x1F300, 0x1F64F}, {0x1F680, 0x1F6FF}, {0x1F900, 0x1F9FF}, {0x20000, 0x3FFFD}};

template <std::size_t N>
bool is_in(const std::pair<char32_t, char32_t> (&ranges)[N], char32_t c) {
    return std::any_of(std::begin(ranges), std::end(ranges),
                       [c](const auto& range) { return c >= range.first && c <= range.second; });
}

// The first character of a text that is not empty.
Character first_character(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const std::size_t length = utf8_length(text);
    if (length <= 1) return {1, 1};
    char32_t code = byte(0) & (0xFFU >> (length + 1));
    for (std::size_t i = 1; i < length; ++i) code = code << 6 | (byte(i) & 0x3FU);
    return {length, is_in(kWithoutWidth, code) ? 0U : is_in(kWide, code) ? 2U : 1U};
}

}  // namespace

std::size_t display_width(std::string_view utf8) {
    std::size_t columns = 0;
    while (!utf8.empty()) {
        const Character c = first_character(utf8);
        columns += c.columns;
        utf8.remove_prefix(c.bytes);
    }
    return columns;
}

std::string cut_to_width(std::string_view utf8, std::size_t columns) {
    std::size_t end = 0;
    while (end < utf8.size()) {
        const Character c = first_character(utf8.substr(end));
        if (c.columns > columns) break;
        columns -= c.columns;
        end += c.bytes;
    }
    return std::string(utf8.substr(0, end));
}

std::string fitted(std::string_view utf8, std::size_t columns, bool right) {
    const std::string text = cut_to_width(utf8, columns), blanks(columns - display_width(text), ' ');
    return right ? blanks + text : text + blanks;
}

std::optional<std::size_t> terminal_columns(int descriptor) {
    const char* variable = std::getenv("COLUMNS");
    const long asked = variable ? std::strtol(variable, nullptr, 10) : 0;
    if (const auto columns = system::terminal_columns(descriptor))
        return asked > 0 ? std::min(*columns, static_cast<std::size_t>(asked)) : columns;
    return asked > 0 ? std::optional(static_cast<std::size_t>(asked)) : std::nullopt;
}

}  // namespace cyclone
