#pragma once
// What single texts and values of a table say: whether they are names of columns, labels, lists of numbers.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cyclone::data {

using Fields = std::vector<std::string>;

/// Whether the first row names the columns: it has a usual name, text where the next row has numbers, or counts the
/// columns (0, 1, 2, ..., as a table without names is written).
bool is_header(const Fields& first, const Fields& second, bool decimal_comma);

/// Whether a column of this name holds names of files.
bool is_file_word(const std::string& name);

/// Whether `first` or `last`, the values of two columns, are the labels: small whole numbers, each of which occurs
/// often. Empty: both or neither.
std::optional<bool> first_is_label(const std::vector<double>& first, const std::vector<double>& last);

/// Whether two texts are one value: 1 and 1.0, true and True.
bool is_same_value(std::string_view text, std::string_view value);

/// The numbers in a field with blanks between them; false where it holds anything else.
bool read_list(const std::string& field, std::vector<float>& into);

}  // namespace cyclone::data
