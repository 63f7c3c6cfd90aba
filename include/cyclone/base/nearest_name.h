#pragma once
// "Did you mean ...?" for names that a user typed.

#include <string>
#include <string_view>
#include <vector>

namespace cyclone {

/// The name with the fewest changed, added or dropped characters from `text`, or one that contains it or is contained
/// in it; empty if none is close (more than a third of the longer text differs).
std::string nearest_name(std::string_view text, const std::vector<std::string>& names);

}  // namespace cyclone
