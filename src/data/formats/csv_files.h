#pragma once
// Where the image files are that a table names.

#include <cyclone/data/open_options.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace cyclone::data {

/// UsageError where none of the files that a table names is there; says where the first one lies instead.
void need_some_file(const std::vector<std::filesystem::path>& files, const OpenOptions& options,
                    const std::string& table);

/// Where the files are that a table names: --image-root, else beside it.
std::filesystem::path folder_of_files(const OpenOptions& options, const std::string& table);
/// The file that a table calls so: with --ending, else with a usual ending where it needs one, in paths as Windows
/// writes them too; with --image-root also what of a path of another machine is below that folder.
std::optional<std::filesystem::path> image_file_called(const std::string& name, const OpenOptions& options,
                                                       const std::string& table);

}  // namespace cyclone::data
