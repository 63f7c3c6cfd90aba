#pragma once
// What an experiment of the laboratory found: as text with a picture for a terminal, and as files.

#include <cyclone/lab/laboratory.h>
#include <cyclone/report/svg.h>
#include <cyclone/report/table.h>

#include <cstddef>
#include <filesystem>
#include <iosfwd>

namespace cyclone::report {

/// The picture of a finding, with its title and what to look at.
Plot picture_of(const lab::Finding& finding);

/// Its numbers, with their intervals, what the claim says of them and what the seeds say to that.
Table quantity_table(const lab::Finding& finding);

/// Title, claim, picture, tables and answer. Lines of less than `width` columns; `in_colour` for terminals: braille
/// dots.
void print(std::ostream& out, const lab::Finding& finding, std::size_t width = 80, bool in_colour = false);

/// result.json (fields() of the finding), picture.svg and page.html in `folder`, which is made if necessary. The page
/// is one file that needs no network and no script; where the panels share their x axis a script adds a cursor. Error
/// when a file cannot be written.
void write(const std::filesystem::path& folder, const lab::Finding& finding);

}  // namespace cyclone::report
