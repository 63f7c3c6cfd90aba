#pragma once
// Texts that the options and registries make: the list of subcommands, and `cyclone help TOPIC`.

#include <cyclone/base/registry.h>

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cyclone::cli {

/// `cyclone --help`.
std::string overview();
/// "Cyclone 0.1.0", and what it was built with and runs on.
std::string version_text();

/// Names that options take, from a registry, so that names that were added are listed.
struct Topic {
    const char* name;                       ///< "schedules"
    const char* what;                       ///< the title of the table
    std::vector<std::string_view> options;  ///< the options that take them
    std::vector<NamedItem> (*items)();
};
std::span<const Topic> topics();
bool is_topic(std::string_view name);
/// The table of a topic; UsageError for an unknown one.
std::string topic_text(std::string_view name);

}  // namespace cyclone::cli
