#pragma once
// Texts that the options and registries make: the list of subcommands, `cyclone help TOPIC`, completion, manual page.

#include <string>
#include <string_view>

namespace cyclone::cli {

/// `cyclone --help`.
std::string overview();
/// "Cyclone 0.1.0", and what it was built with and runs on.
std::string version_text();
/// A table of names that options take, "schedules"; UsageError for another topic. From the registries, so that names
/// that were added are listed.
std::string topic_text(std::string_view topic);
bool is_topic(std::string_view name);
/// "schedules, layers, ..."
std::string topic_names();
/// For `kind` bash, zsh or fish, or man for the manual page.
std::string completion(std::string_view kind);

}  // namespace cyclone::cli
