#pragma once
// The beginning of a list of names, for messages.

#include <cyclone/base/language.h>

#include <cstddef>
#include <string>
#include <vector>

namespace cyclone {

/// "a, b, c and 2 more"; at most `shown` names, >= 1.
inline std::string first_few(const std::vector<std::string>& names, std::size_t shown = 3) {
    std::string text;
    for (std::size_t i = 0; i < names.size() && i < shown; ++i) text += (i > 0 ? ", " : "") + names[i];
    return names.size() > shown ? text + " and " + std::to_string(names.size() - shown) + " more" : text;
}

}  // namespace cyclone
