// Splits a CSV file into rows of fields.

#include "data/formats/csv_rows.h"

#include <cyclone/base/error.h>
#include <cyclone/base/read_number.h>

#include <algorithm>

#include "data/names.h"

namespace cyclone::data {
namespace {

constexpr std::size_t kBlock = std::size_t{1} << 20;
constexpr std::size_t kMostRow = std::size_t{1} << 28;

// Appends the UTF-16 units of `bytes` as UTF-8; what is left over is the beginning of a character.
void append_utf8(std::string& out, std::string& bytes, bool big) {
    std::size_t at = 0;
    const auto unit = [&](std::size_t i) {
        const auto a = static_cast<unsigned char>(bytes[i]), b = static_cast<unsigned char>(bytes[i + 1]);
        return static_cast<std::uint32_t>(big ? a << 8 | b : b << 8 | a);
    };
    while (at + 2 <= bytes.size()) {
        std::uint32_t code = unit(at);
        const bool pair = code >= 0xD800 && code < 0xDC00;
        if (pair && at + 4 > bytes.size()) break;
        if (pair) code = 0x10000 + ((code & 0x3FF) << 10) + (unit(at + 2) & 0x3FF);
        at += pair ? 4 : 2;
        if (code != 0xFEFF) add_utf8(out, code);
    }
    bytes.erase(0, at);
}

std::int64_t count_of(std::string_view text, char c) { return std::count(text.begin(), text.end(), c); }

}  // namespace

std::optional<double> number_in(std::string_view text, bool decimal_comma) {
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
    while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
    if (text.size() > 1 && text[0] == '+' && text[1] != '-') text.remove_prefix(1);
    double value = 0;
    char pointed[64];
    if (const std::size_t comma = text.find(',');
        decimal_comma && comma != std::string_view::npos && text.size() < sizeof pointed) {
        text.copy(pointed, text.size());
        pointed[comma] = '.';
        text = std::string_view(pointed, text.size());
    }
    const auto [end, error] = read_number(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

CsvRows::CsvRows(const std::filesystem::path& file, char separator) : source_(file), separator_(separator) {
    fill();
    if (buffer_.starts_with("\xFF\xFE") || buffer_.starts_with("\xFE\xFF")) {
        unit_ = buffer_[0] == '\xFF' ? 'L' : 'B';
        held_ = std::move(buffer_);
        buffer_.clear();
        append_utf8(buffer_, held_, unit_ == 'B');
    }
    if (buffer_.starts_with("\xEF\xBB\xBF")) at_ = 3;
    skip_before_first_row();
    if (separator_ == '\0') separator_ = guess_separator();
}

bool CsvRows::fill() {
    at_ = 0;
    do {
        buffer_.resize(kBlock);
        buffer_.resize(source_.read(buffer_.data(), kBlock));
        if (unit_ == '\0' || buffer_.empty()) break;
        held_ += buffer_;
        buffer_.clear();
        append_utf8(buffer_, held_, unit_ == 'B');
    } while (buffer_.empty());
    return !buffer_.empty();
}

int CsvRows::peek() {
    if (at_ == buffer_.size() && !fill()) return -1;
    return static_cast<unsigned char>(buffer_[at_]);
}

int CsvRows::get() {
    const int c = peek();
    if (c < 0) return c;
    ++at_;
    if (c == '\n' || (c == '\r' && peek() != '\n')) ++line_;
    return c;
}

std::string_view CsvRows::line_here() const {
    const std::string_view rest = std::string_view(buffer_).substr(at_);
    return rest.substr(0, rest.find_first_of("\r\n"));
}

void CsvRows::skip_before_first_row() {
    while (peek() >= 0) {
        const std::string_view line = line_here();
        const bool names_separator = line.size() == 5 && line.starts_with("sep=") && separator_ == '\0';
        if (!line.empty() && line[0] != '#' && !names_separator) return;
        if (names_separator) separator_ = line[4];
        if (!line.empty() && line[0] == '#') comment_ = trimmed(line.substr(1));
        for (std::size_t left = line.size(); left > 0 && peek() >= 0; --left) get();
        get();  // its end
    }
}

char CsvRows::guess_separator() const {
    const std::string_view line = line_here();
    char best = ',';
    for (const char c : {';', '\t', '|'}) {
        const std::int64_t fields = count_of(line, c) + 1;
        bool decimal = fields > 1;  // no field has more than one comma, and that in a number
        for (std::size_t begin = 0; begin <= line.size() && decimal;) {
            const std::size_t end = std::min(line.find(c, begin), line.size());
            const std::string_view field = line.substr(begin, end - begin);
            decimal = count_of(field, ',') == 0 || number_in(field, true).has_value();
            begin = end + 1;
        }
        if (decimal || fields > count_of(line, best) + 1) best = c;
    }
    return count_of(line, best) == 0 && count_of(trimmed(line), ' ') > 0 ? ' ' : best;
}

std::vector<std::string> CsvRows::split(std::string_view line) const {
    std::vector<std::string> fields;
    for (std::size_t begin = 0; begin <= line.size();) {
        const std::size_t end = std::min(line.find(separator_, begin), line.size());
        const std::string_view field = trimmed(line.substr(begin, end - begin));
        if (separator_ != ' ' || !field.empty()) fields.emplace_back(field);
        begin = end + 1;
    }
    return fields;
}

bool CsvRows::next(std::vector<std::string>& fields) {
    while (peek() == '\n' || peek() == '\r') get();
    const bool blanks = separator_ == ' ';
    const auto skip_blanks = [&] {
        while (blanks && peek() == ' ') get();
    };
    skip_blanks();
    if (peek() < 0) return false;
    row_line_ = line_;
    std::size_t count = 0, bytes = 0;  // the strings are used again: no allocation a field
    bool quoted = false, fresh = true;
    while (true) {
        if (fresh) {
            if (fields.size() == count) fields.emplace_back();
            fields[count].clear();
            fresh = false;
        }
        const int c = get();
        if (c < 0 || (!quoted && (c == '\n' || c == '\r'))) {
            check(!quoted, where(), "line ", row_line_, ": a quote has no end");
            if (c == '\r' && peek() == '\n') get();
            break;
        }
        check(++bytes <= kMostRow, where(), "line ", row_line_, ": a row of more than ", kMostRow >> 20, " MB");
        if (quoted && c == '"') {
            if (peek() == '"')
                fields[count] += static_cast<char>(get());
            else
                quoted = false;
        } else if (!quoted && c == '"' && fields[count].empty()) {
            quoted = true;
        } else if (!quoted && c == separator_) {
            skip_blanks();
            if (blanks && (peek() == '\n' || peek() == '\r' || peek() < 0)) continue;
            ++count;
            fresh = true;
        } else {
            fields[count] += static_cast<char>(c);
        }
    }
    fields.resize(count + 1);
    return true;
}

}  // namespace cyclone::data
