#pragma once
// Checkpoints on disk: named tensors and texts in one file that shows when it is damaged.

#include <cyclone/base/error.h>
#include <cyclone/io/safetensors.h>

#include <filesystem>
#include <string>
#include <string_view>

namespace cyclone::io {

/// The bytes of a file are not those that were written.
class DamagedFile : public Error {
public:
    using Error::Error;
};

/// Writes the tensors and the metadata; the file appears whole or not at all. Little-endian:
///
///     8 bytes   "CYCLONE\n"
///     4 bytes   version of the format: 1
///     4 bytes   0
///     8 bytes   length of the body
///     body      a safetensors file
///     8 bytes   CRC-64/XZ of everything before
///
/// Errors as save_weights().
void save_checkpoint(const std::filesystem::path& path, const WeightsFile& content);

/// Reads what save_checkpoint() wrote, of this version or an older one. Nothing in the file is used before the checksum
/// has been compared. DamagedFile when the file is shorter or longer than it says or the checksum does not fit; Error
/// when it is no checkpoint, is of a later version, or cannot be read.
WeightsFile load_checkpoint(const std::filesystem::path& path);

/// load_checkpoint() of bytes in memory; `name` is for the messages.
WeightsFile parse_checkpoint(std::string_view bytes, const std::string& name);

/// Whether the file begins like a checkpoint; false when it cannot be read.
bool is_checkpoint(const std::filesystem::path& path);

}  // namespace cyclone::io
