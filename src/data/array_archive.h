#pragma once
// An archive of named arrays (NPZ, HDF5) that is open.

#include <cyclone/tensor/tensor.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace cyclone::data {

/// What is known of an array before its elements are read.
struct ArrayEntry {
    enum class Kind { numbers, text, other };
    std::string name;
    Kind kind = Kind::numbers;
    std::vector<std::int64_t> sizes = {};
    std::string refusal = {};  ///< why an `other` cannot be read

    std::int64_t count() const { return sizes.empty() ? 0 : sizes[0]; }
    /// Numbers of at least three dimensions, or rows of several.
    bool may_be_images() const;
    /// One element per row.
    bool is_list() const;
};

/// Elements of one array: numbers, or texts of those that hold text.
struct ArrayValues {
    Tensor numbers = {};
    std::vector<std::string> texts = {};
};

/// An archive that is open: its arrays, and how one is read.
struct ArrayArchive {
    std::vector<ArrayEntry> entries;
    std::function<ArrayValues(const ArrayEntry&)> read;
};

/// The one array of labels in an archive, by its name or because it is the only list.
ArrayValues read_label_array(const ArrayArchive& archive, const std::string& where);

/// The names for a message, at most about 200 characters.
std::string listed(const std::vector<std::string>& names);

}  // namespace cyclone::data
