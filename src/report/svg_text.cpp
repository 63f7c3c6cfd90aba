// Numbers and text of an SVG: locale-independent, escaped, and how wide they are.

#include "report/svg_text.h"

#include <cyclone/report/svg.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdlib>

#include "report/html.h"

namespace cyclone::report {
namespace {

bool continues(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

// In em, a little above the mean of Helvetica and DejaVu Sans.
double advance(char c) {
    const auto byte = static_cast<unsigned char>(c);
    if (continues(c)) return 0;
    if (byte >= 0xE0) return 1;  // three or four bytes: ideographs are as wide as high
    if (byte >= 0x80) return 0.62;
    if (std::string_view("ijlI.,:;'|!").find(c) != std::string_view::npos) return 0.3;
    if (std::string_view(" ftr()[]/\\-\"`").find(c) != std::string_view::npos) return 0.37;
    if (std::string_view("mwMW%@").find(c) != std::string_view::npos) return 0.92;
    if (c >= 'A' && c <= 'Z') return 0.7;
    return 0.59;
}

}  // namespace

double text_width(std::string_view utf8, double font_size) {
    double em = 0;
    for (const char c : utf8) em += advance(c);
    return em * font_size;
}

std::string shortened(const std::string& text, double width, double font_size) {
    if (text_width(text, font_size) <= width) return text;
    double left = width - font_size;  // the ellipsis
    std::size_t end = 0;
    while (end < text.size() && (left -= advance(text[end]) * font_size) >= 0) ++end;
    while (end > 0 && end < text.size() && continues(text[end])) --end;
    return text.substr(0, end) + "\xE2\x80\xA6";
}

std::vector<std::string> wrapped(const std::string& text, double width, double font_size) {
    std::vector<std::string> lines;
    std::string line;
    for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = std::min(text.find(' ', begin), text.size());
        const std::string word = text.substr(begin, end - begin);
        begin = end + 1;
        if (word.empty()) continue;
        if (!line.empty() && text_width(line + " " + word, font_size) > width) {
            lines.push_back(line);
            line.clear();
        }
        line += (line.empty() ? "" : " ") + word;
    }
    if (!line.empty()) lines.push_back(line);
    return lines;
}

int tenths(double pixels) { return static_cast<int>(std::floor(pixels * 10 + 0.5 + 1e-6)); }

std::string tenths_text(int tenths) {
    const int whole = std::abs(tenths) / 10, rest = std::abs(tenths) % 10;
    return (tenths < 0 ? "-" : "") + std::to_string(whole) + (rest > 0 ? "." + std::to_string(rest) : "");
}

bool plain_decimal(long long mantissa, int exponent) {
    const auto digits = static_cast<int>(std::to_string(std::llabs(mantissa)).size());
    const int magnitude = digits - 1 + exponent;  // of the first digit
    return mantissa == 0 || (magnitude < 7 && magnitude >= -4);
}

std::string decimal(long long mantissa, int exponent, bool plain) {
    if (mantissa == 0) return "0";
    const std::string sign = mantissa < 0 ? "-" : "";
    std::string digits = std::to_string(std::llabs(mantissa));
    if (!plain) {
        exponent += static_cast<int>(digits.size()) - 1;
        while (digits.size() > 1 && digits.back() == '0') digits.pop_back();
        if (digits.size() > 1) digits.insert(1, ".");
        return sign + digits + "e" + std::to_string(exponent);
    }
    std::string decimals;
    if (exponent < 0) {
        const auto count = static_cast<std::size_t>(-exponent);
        if (digits.size() <= count) digits.insert(0, count + 1 - digits.size(), '0');
        decimals = "." + digits.substr(digits.size() - count);
        digits.resize(digits.size() - count);
    } else {
        digits.append(static_cast<std::size_t>(exponent), '0');
    }
    for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, ",");
    return sign + digits + decimals;
}

std::string text_at(double x, double y, const std::string& text, const std::string& more) {
    return "<text x=\"" + coordinate(x) + "\" y=\"" + coordinate(y) + "\"" + more + ">" + html_escaped(text) +
           "</text>\n";
}

std::string colour_name(std::size_t colour) {
    if (colour < family_colour(0)) return "c" + std::to_string(colour % palette_size());
    return "f" + std::to_string((colour - family_colour(0)) % family_size());
}

std::size_t dashes_of(std::size_t colour) {
    const std::size_t dashes =
        colour < family_colour(0) ? colour / palette_size() : (colour - family_colour(0)) / family_size();
    return std::min<std::size_t>(dashes, 2);
}

std::string colour_class(std::size_t colour) {
    const std::size_t dashes = dashes_of(colour);
    return colour_name(colour) + (dashes > 0 ? " d" + std::to_string(dashes) : "");
}

}  // namespace cyclone::report
