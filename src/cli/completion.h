#pragma once
// What shells and man read about the program, made of the tables of options.

#include <string>
#include <string_view>

namespace cyclone::cli {

/// A completion script for `kind` bash, zsh or fish, or for man the manual page. UsageError for another kind.
std::string completion(std::string_view kind);

}  // namespace cyclone::cli
