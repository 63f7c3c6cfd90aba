#pragma once
// Pieces of an HTML page: escaped text, small pictures as data URIs.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace cyclone::lab {

/// `text` for use between tags and in quoted attributes. Control characters go, bytes that are not UTF-8 become U+FFFD.
std::string html_escaped(std::string_view text);

/// A PNG file of width x height pixels, row by row, with 1 (grey) or 3 (RGB) bytes each.
std::string png_file(std::uint32_t width, std::uint32_t height, int channels, std::span<const std::uint8_t> pixels);
std::string base64(std::string_view bytes);

}  // namespace cyclone::lab
