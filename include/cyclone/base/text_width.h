#pragma once
// UTF-8 text on a terminal: how many columns it takes, cut and filled to a number of them.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace cyclone {

/// Columns of the text: two for wide East Asian characters and emoji, none for combining marks (Unicode Standard Annex
/// 11). A byte that is no UTF-8 takes one.
std::size_t display_width(std::string_view utf8);

/// The beginning of the text, as much as `columns` hold.
std::string cut_to_width(std::string_view utf8, std::size_t columns);

/// The text cut or filled with blanks to `columns`; `right` puts it at the right end.
std::string fitted(std::string_view utf8, std::size_t columns, bool right = false);

/// Columns of the terminal that `descriptor` is, but not more than the variable COLUMNS says; where it is no terminal,
/// COLUMNS; nothing without both.
std::optional<std::size_t> terminal_columns(int descriptor);

}  // namespace cyclone
