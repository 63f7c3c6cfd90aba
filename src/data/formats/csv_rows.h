#pragma once
// Rows of a CSV file, one after another.

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "data/formats/byte_source.h"

namespace cyclone::data {

/// Fields in quotes may hold separators, line ends and doubled quotes. Lines end with LF or CR LF; empty ones are
/// skipped. Errors: a quote that never ends, a line of more than 256 MB.
class CsvRows {
public:
    /// separator '\0': the one of , ; tab that the first line has most of.
    CsvRows(const std::filesystem::path& file, char separator);

    /// The next row's fields; false at the end.
    bool next(std::vector<std::string>& fields);
    std::int64_t line() const { return row_line_; }  ///< where the row began, from 1
    const std::string& where() const { return source_.where(); }

private:
    bool fill();
    int peek();
    int get();
    char guess_separator();

    ByteSource source_;
    std::string buffer_;
    std::size_t at_ = 0;
    std::int64_t line_ = 1, row_line_ = 0;
    char separator_;
};

}  // namespace cyclone::data
