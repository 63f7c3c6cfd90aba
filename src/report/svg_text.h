#pragma once
// Text and numbers of an SVG: sizes, estimated widths, shortening, wrapping, coordinates.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace cyclone::report {

inline constexpr double kFontSize = 13;    // pixels
inline constexpr double kLineHeight = 18;  // of text in kFontSize
inline constexpr double kEdge = 8;         // around the picture

/// Width in pixels as a common sans-serif font sets the text, estimated on the wide side. No font is read.
double text_width(std::string_view utf8, double font_size);

/// `text`, cut with an ellipsis where it is wider than `width` pixels.
std::string shortened(const std::string& text, double width, double font_size);

/// Lines of at most `width` pixels, broken at spaces; a single word may be wider.
std::vector<std::string> wrapped(const std::string& text, double width, double font_size);

/// `pixels` as a whole number of tenths. Ties go up even where the last bits differ between machines.
int tenths(double pixels);
/// "12", "-0.5", "3.1".
std::string tenths_text(int tenths);
inline std::string coordinate(double pixels) { return tenths_text(tenths(pixels)); }

/// Whether mantissa * 10^exponent is easier to read without an exponent: 0 or in [0.0001, 10^7).
bool plain_decimal(long long mantissa, int exponent);
/// mantissa * 10^exponent: "0", "0.05", "12,000" or, not plain, "2.5e-5".
std::string decimal(long long mantissa, int exponent, bool plain);

/// <text> at a point, escaped; `more` are further attributes with a blank before each.
std::string text_at(double x, double y, const std::string& text, const std::string& more = "");

/// A Mark::colour in style sheets: "c3" of the palette, "f7" of the families.
std::string colour_name(std::size_t colour);
/// 0 for a solid line, 1 or 2 for dashes.
std::size_t dashes_of(std::size_t colour);
/// Both as classes: "c3", "c3 d1".
std::string colour_class(std::size_t colour);

}  // namespace cyclone::report
