#pragma once
// CSV tables: labels with pixels, or labels with the names of image files.

#include <cyclone/data/dataset.h>
#include <cyclone/data/open_options.h>

#include <filesystem>
#include <string>
#include <vector>

namespace cyclone::data {

/// One image per row, plain or compressed with gzip, in UTF-8 or UTF-16. RFC 4180 (quotes, CR LF); also with ; tab | or
/// blanks between fields, with decimal commas where the separator is another, with comments (#) and Excel's "sep=;".
///
/// Header: a first line with a usual name, with text above numbers, or that counts the columns (0, 1, 2, ... in ten or
/// more). Label: the column that OpenOptions::label names; else one with a usual name (label, class, target, y,
/// diagnosis, ...); else the only one that is text; else the only one whose name is unlike the others'; else the first
/// or the last, if their values tell which, and otherwise an Error that asks. Groups: the column that is named, or one
/// called patient, subject, case, lesion, group, ... in any spelling. Sets: a column called split, Usage, fold, ...
/// whose values say train, validation or test. Columns that are not used are noted.
/// The other numbers are the pixels, also in one field with blanks between them; a field of text names an image file.
/// Pixels have no type of their own: see OpenOptions::pixels. Labels may be text; numbers are ordered by value ("0" and
/// "0.0" are one class), others by name; blanks around them do not count, and only those that occur are classes.
/// Memory: the table's pixels once. Errors name line and column: rows of different length, a field that is not a
/// number, a label that is empty or nan, pixel counts that are no image, one class only, more pixels than the memory
/// limit.
Splits read_csv(const std::filesystem::path& file, const OpenOptions& options = {});
/// The same, for formats().
Splits read_csv(const std::filesystem::path& file, ReadContext& context);

/// Image files that a table names.
struct FilesInTable {
    std::vector<std::filesystem::path> paths = {};  ///< as they can be opened
    std::vector<std::string> names = {};            ///< as they stand in the table
};

/// The files that a table names in its rows, with labels or without, or a list, one per line. Empty: the file is
/// neither, such as a table of pixels.
FilesInTable files_in_table(const std::filesystem::path& file, const OpenOptions& options = {});

}  // namespace cyclone::data
