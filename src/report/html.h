#pragma once
// Pieces of an HTML page: escaped text, tables, small pictures as data URIs.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cyclone::report {

/// `text` for use between tags and in quoted attributes. Control characters go, bytes that are not UTF-8 become U+FFFD.
std::string html_escaped(std::string_view text);

/// <tag attributes>html</tag>, for `tag` with its attributes.
std::string element(const std::string& tag, const std::string& html);
/// element() of escaped text.
std::string text_element(const std::string& tag, const std::string& text);
/// Cells are HTML; the first of each row is its head. It scrolls sideways where the page is too narrow.
std::string html_table(const std::string& css_class, const std::vector<std::string>& header,
                       const std::vector<std::vector<std::string>>& rows);
std::string fold_out(const std::string& summary, const std::string& html, bool open = false);

/// A PNG file of width x height pixels, row by row, with 1 (grey) or 3 (RGB) bytes each.
std::string png_file(std::uint32_t width, std::uint32_t height, int channels, std::span<const std::uint8_t> pixels);
std::string base64(std::string_view bytes);

}  // namespace cyclone::report
