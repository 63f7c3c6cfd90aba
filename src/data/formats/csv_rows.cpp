// Splits a CSV file into rows of fields.

#include "data/formats/csv_rows.h"

#include <cyclone/base/error.h>

#include <algorithm>

namespace cyclone::data {
namespace {

constexpr std::size_t kBlock = std::size_t{1} << 20;
constexpr std::size_t kMostRow = std::size_t{1} << 28;

}  // namespace

CsvRows::CsvRows(const std::filesystem::path& file, char separator) : source_(file), separator_(separator) {
    fill();
    if (buffer_.starts_with("\xEF\xBB\xBF")) at_ = 3;
    if (separator_ == '\0') separator_ = guess_separator();
}

bool CsvRows::fill() {
    buffer_.resize(kBlock);
    buffer_.resize(source_.read(buffer_.data(), kBlock));
    at_ = 0;
    return !buffer_.empty();
}

int CsvRows::peek() {
    if (at_ == buffer_.size() && !fill()) return -1;
    return static_cast<unsigned char>(buffer_[at_]);
}

int CsvRows::get() {
    const int c = peek();
    if (c >= 0) ++at_;
    if (c == '\n') ++line_;
    return c;
}

char CsvRows::guess_separator() {
    const std::string_view first = std::string_view(buffer_).substr(0, buffer_.find('\n'));
    char best = ',';
    for (const char c : {';', '\t'})
        if (std::count(first.begin(), first.end(), c) > std::count(first.begin(), first.end(), best)) best = c;
    return best;
}

bool CsvRows::next(std::vector<std::string>& fields) {
    while (peek() == '\n' || peek() == '\r') get();
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
        if (c < 0 || (!quoted && c == '\n')) {
            check(!quoted, where(), "line ", row_line_, ": a quote has no end");
            if (fields[count].ends_with('\r')) fields[count].pop_back();
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
