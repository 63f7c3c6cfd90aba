#pragma once
// The samples of each class.

#include <cstdint>
#include <span>
#include <vector>

namespace cyclone::data {

/// Indices of the samples of each class, ascending. Labels are from 0 to classes - 1.
inline std::vector<std::vector<std::int64_t>> members_of_classes(std::span<const std::int64_t> labels,
                                                                 std::int64_t classes) {
    std::vector<std::vector<std::int64_t>> members(static_cast<std::size_t>(classes));
    for (std::size_t i = 0; i < labels.size(); ++i)
        members[static_cast<std::size_t>(labels[i])].push_back(static_cast<std::int64_t>(i));
    return members;
}

}  // namespace cyclone::data
