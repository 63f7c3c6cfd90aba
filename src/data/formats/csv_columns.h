#pragma once
// Which column of a table is what.

#include <cyclone/data/open_options.h>

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "data/names.h"

namespace cyclone::data {

using Fields = std::vector<std::string>;

struct Columns {
    std::size_t count = 0;
    std::optional<std::size_t> label, group, split;
    /// What the values of `split` mean where they do not name a set; others are for training.
    std::vector<std::pair<std::string, Part>> parts;
    std::optional<std::size_t> file;   ///< names of image files
    std::vector<std::size_t> one_hot;  ///< of the classes that they are called: 1 in that of a row, 0 in the others
    std::optional<std::size_t> list;   ///< all pixels of an image, with blanks between them
    std::vector<std::size_t> pixels;   ///< numbers
    bool label_among_pixels = false;   ///< the label is the first or the last of `pixels`, which their values tell
};

/// Whether the first row names the columns: it has a usual name, text where the next row has numbers, or counts the
/// columns (0, 1, 2, ..., as a table without names is written).
bool is_header(const Fields& first, const Fields& second, bool decimal_comma);

/// `header` may be empty; `row` is the first row below it. What is not used is noted. Errors: a column that is named
/// and not there, no label where one is needed, several columns that could be it.
Columns choose_columns(const Fields& header, const Fields& row, bool decimal_comma, ReadContext& context,
                       const std::string& where);

/// Whether `first` or `last`, the values of two columns, are the labels: small whole numbers, each of which occurs
/// often. Empty: both or neither.
std::optional<bool> first_is_label(const std::vector<double>& first, const std::vector<double>& last);

/// Whether two texts are one value: 1 and 1.0, true and True.
bool is_same_value(std::string_view text, std::string_view value);

/// The numbers in a field with blanks between them; false where something else stands there.
bool read_list(const std::string& field, std::vector<float>& into);

}  // namespace cyclone::data
