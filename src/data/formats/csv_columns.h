#pragma once
// Which column of a table is what.

#include <cyclone/data/open_options.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "data/formats/csv_texts.h"
#include "data/names.h"

namespace cyclone::data {

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

/// `header` may be empty; `row` is the first row below it. What is not used is noted. Errors: a column that is named
/// and not there, no label where one is needed, several columns that could be it.
Columns choose_columns(const Fields& header, const Fields& row, bool decimal_comma, ReadContext& context,
                       const std::string& where);

}  // namespace cyclone::data
