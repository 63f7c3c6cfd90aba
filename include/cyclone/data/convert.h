#pragma once
// convert(): from any data that open() reads to one flat file.

#include <cyclone/data/formats/flat_file.h>
#include <cyclone/data/open.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace cyclone::data {

/// Options of convert().
struct ConvertOptions {
    OpenOptions open = {};  ///< how the input is read
    /// Called with the images done so far and, where that is known, of how many (else 0).
    std::function<void(std::int64_t done, std::int64_t all)> progress = {};
};

/// What convert() did.
struct Converted {
    std::string format;                ///< what the input was, as in Splits
    FlatFileInfo info;                 ///< of the flat file
    std::vector<SkippedFile> skipped;  ///< as in Splits
    std::vector<std::string> notes;    ///< as in Splits
};

/// Writes what open(input) gives as the flat file `output`, which appears whole or not at all. A folder of images is
/// read a thousand files at a time, so it may be larger than memory; twice unless options.open.images says height,
/// width, channels and bits, since the form of the images depends on all of them. Its flat file holds no
/// standardisation. Every other input is read whole first. Errors: those of open() and of FlatFileWriter.
Converted convert(const std::filesystem::path& input, const std::filesystem::path& output,
                  const ConvertOptions& options = {});

}  // namespace cyclone::data
