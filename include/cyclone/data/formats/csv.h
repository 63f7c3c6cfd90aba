#pragma once
// CSV tables: labels with pixels, or labels with the names of image files.

#include <cyclone/data/dataset.h>
#include <cyclone/data/images/image_options.h>
#include <cyclone/data/memory_budget.h>

#include <cstdint>
#include <filesystem>
#include <string>

namespace cyclone::data {

/// What the columns of a table are.
struct CsvOptions {
    std::string label = {};   ///< column of the labels; empty: the one called label, class, target or y, else the first
    std::string group = {};   ///< column of the groups; empty: the one called group or patient, if there is one
    char separator = '\0';    ///< '\0': comma, semicolon or tab, whichever the first line has most of
    std::int64_t height = 0;  ///< of the image in a row's pixels; 0: square, grey
    std::int64_t width = 0;   ///< as height
    std::int64_t channels = 1;              ///< innermost in a row of pixels
    std::filesystem::path image_root = {};  ///< where the named files are; empty: the folder of the table
    ImageOptions images = {};               ///< how the named files are read
};

/// One image per row, plain or compressed with gzip (RFC 4180: quotes, CR LF; a byte order mark is skipped). A first
/// line with a field that is not a number, apart from the label and a file name, is the header. Where all other columns
/// are numbers they are the pixels: u8 up to 255, u16 up to 65535, else f32. Where one other column is text it names
/// image files. Labels may be text; whole numbers are ordered by value, others by name, and only those that occur are
/// classes. Memory: the table's pixels once.
/// Errors name line and column: rows of different length, a field that is not a number, pixel counts that are no image,
/// no rows, one class only, more pixels than `memory` allows.
Splits read_csv(const std::filesystem::path& file, const CsvOptions& options = {}, MemoryBudget memory = {});

}  // namespace cyclone::data
