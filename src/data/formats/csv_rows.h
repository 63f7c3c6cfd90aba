#pragma once
// Rows of a CSV file, one after another.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "data/formats/byte_source.h"

namespace cyclone::data {

/// Fields in quotes may hold separators, line ends and doubled quotes. Lines end with LF, CR LF or CR; empty ones and
/// comments (#) before the first row are skipped, as is Excel's "sep=;", which names the separator. UTF-8 or, with its
/// byte order mark, UTF-16. Errors: a quote that never ends, a line of more than 256 MB.
class CsvRows {
public:
    /// separator '\0': the one of , ; tab | that the first line has most of; commas that can be decimal ones do not
    /// count where there is another; blanks where there is none.
    CsvRows(const std::filesystem::path& file, char separator);

    /// The next row's fields; false at the end.
    bool next(std::vector<std::string>& fields);
    std::int64_t line() const { return row_line_; }  ///< where the row began, from 1
    const std::string& where() const { return source_.where(); }
    /// Whether a comma in a number is its decimal point.
    bool decimal_comma() const { return separator_ != ','; }
    /// The last comment before the first row, without its #: it may be the header.
    const std::string& comment() const { return comment_; }
    /// `line` as if it were one of the file.
    std::vector<std::string> split(std::string_view line) const;

private:
    bool fill();
    int peek();
    int get();
    void skip_before_first_row();
    char guess_separator() const;
    std::string_view line_here() const;

    ByteSource source_;
    std::string buffer_;
    std::size_t at_ = 0;
    std::int64_t line_ = 1, row_line_ = 0;
    char separator_, unit_ = '\0';  // unit_: L or B, of UTF-16 with that byte order
    std::string held_;              // bytes of a character that is not whole yet
    std::string comment_;
};

/// The number that a field holds, with blanks around it and a + before it.
std::optional<double> number_in(std::string_view text, bool decimal_comma = false);

}  // namespace cyclone::data
