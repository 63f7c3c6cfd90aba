#pragma once
// What the name of a column or an array says about it, in any spelling: "PatientID", "patient_id" and "patient-id" are
// one name, as are "x_train", "XTrain" and "train/x".

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cyclone::data {

enum class Role { unknown, images, labels, groups, class_names, split };
enum class Part { none, train, validation, test };

struct NameSays {
    Role role = Role::unknown;
    Part part = Part::none;
    int rank = 0;  ///< of two names with one role the lower is meant; equal: not known
};

NameSays read_name(std::string_view name);

/// The set that a value of a column names ("Training", "PrivateTest"), or none.
std::optional<Part> part_called(std::string_view value);

/// The words and numbers of a name, in lower case.
std::vector<std::string> words_of(std::string_view name);

/// "train", "validation" or "test".
const char* name_of(Part part);

/// Whether it stands for a value that is not there: empty, nan, <NA>.
bool is_missing(std::string_view text);

/// Without blanks and control characters around it.
std::string_view trimmed(std::string_view text);

/// Whether both are the same text, in any case of (ASCII) letters.
bool same_in_any_case(std::string_view a, std::string_view b);

/// Appends a character.
void add_utf8(std::string& out, std::uint32_t code);

}  // namespace cyclone::data
