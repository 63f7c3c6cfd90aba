// Escaped text, tables and PNG files for pages.
#include "report/html.h"

#include <cyclone/base/error.h>
#include <cyclone/base/utf8.h>

#include <zlib.h>

namespace cyclone::report {
namespace {

// Length of the UTF-8 sequence at the start of `text`; 0 of U+FFFE and U+FFFF too: no characters, and XML ends at them.
std::size_t character_length(std::string_view text) {
    const bool end = text.starts_with("\xEF\xBF\xBE") || text.starts_with("\xEF\xBF\xBF");
    return end ? 0 : utf8_length(text);
}

std::string big_endian(std::uint32_t value) {
    std::string bytes;
    for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>((value >> shift) & 0xFF);
    return bytes;
}

std::uint32_t crc(std::string_view bytes) {
    return static_cast<std::uint32_t>(
        crc32(0, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uInt>(bytes.size())));
}

std::string png_chunk(const std::string& type_and_data) {
    return big_endian(static_cast<std::uint32_t>(type_and_data.size() - 4)) + type_and_data +
           big_endian(crc(type_and_data));
}

std::string deflated(const std::vector<Bytef>& bytes) {
    uLongf size = compressBound(static_cast<uLong>(bytes.size()));
    std::string out(size, '\0');
    const int status = compress2(reinterpret_cast<Bytef*>(out.data()), &size, bytes.data(),
                                 static_cast<uLong>(bytes.size()), Z_BEST_COMPRESSION);
    check(status == Z_OK, "png_file", "zlib failed with code ", status);
    out.resize(size);
    return out;
}

}  // namespace

std::string html_escaped(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        const std::size_t length = character_length(text);
        const char c = text.front();
        if (length == 0)
            out += "\xEF\xBF\xBD";
        else if (c == '&')
            out += "&amp;";
        else if (c == '<')
            out += "&lt;";
        else if (c == '>')
            out += "&gt;";
        else if (c == '"')
            out += "&quot;";
        else if (c == '\'')
            out += "&#39;";
        else if (c == '\n' || c == '\t')
            out += ' ';
        else if (length > 1 || (c >= ' ' && c != 127))
            out += text.substr(0, length);
        text.remove_prefix(length == 0 ? 1 : length);
    }
    return out;
}

std::string element(const std::string& tag, const std::string& html) {
    return "<" + tag + ">" + html + "</" + tag.substr(0, tag.find(' ')) + ">";
}

std::string text_element(const std::string& tag, const std::string& text) { return element(tag, html_escaped(text)); }

std::string html_table(const std::string& css_class, const std::vector<std::string>& header,
                       const std::vector<std::vector<std::string>>& rows) {
    std::string html = "<div class=\"scroll\"><table class=\"" + css_class + "\">\n";
    if (!header.empty()) {
        html += "<thead><tr>";
        for (const std::string& cell : header) html += element("th scope=\"col\"", cell);
        html += "</tr></thead>\n";
    }
    html += "<tbody>\n";
    for (const auto& row : rows) {
        html += "<tr>";
        for (std::size_t i = 0; i < row.size(); ++i) html += element(i == 0 ? "th scope=\"row\"" : "td", row[i]);
        html += "</tr>\n";
    }
    return html + "</tbody></table></div>\n";
}

std::string fold_out(const std::string& summary, const std::string& html, bool open) {
    return std::string(open ? "<details open>" : "<details>") + element("summary", summary) + "\n" + html +
           "</details>\n";
}

std::string png_file(std::uint32_t width, std::uint32_t height, int channels, std::span<const std::uint8_t> pixels) {
    const std::size_t row = std::size_t{width} * static_cast<std::size_t>(channels);
    check((channels == 1 || channels == 3) && pixels.size() == row * height, "png_file", "expected ", row * height,
          " bytes for ", width, " x ", height, " pixels, got ", pixels.size());
    std::vector<Bytef> scanlines;
    for (std::size_t y = 0; y < height; ++y) {
        scanlines.push_back(0);  // no filter
        const auto line = pixels.subspan(y * row, row);
        scanlines.insert(scanlines.end(), line.begin(), line.end());
    }
    std::string header = "IHDR" + big_endian(width) + big_endian(height);
    header += {8, static_cast<char>(channels == 1 ? 0 : 2), 0, 0, 0};  // bits, colour type, methods
    return "\x89PNG\r\n\x1A\n" + png_chunk(header) + png_chunk("IDAT" + deflated(scanlines)) + png_chunk("IEND");
}

std::string base64(std::string_view bytes) {
    constexpr const char* kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string out;
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        std::uint32_t three = 0;
        for (std::size_t k = 0; k < 3; ++k)
            three = three << 8 | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0U);
        for (std::size_t k = 0; k < 4; ++k) out += i + k <= bytes.size() ? kDigits[(three >> (18 - 6 * k)) & 63] : '=';
    }
    return out;
}

}  // namespace cyclone::report
