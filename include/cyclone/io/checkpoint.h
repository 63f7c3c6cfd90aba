#pragma once
// Checkpoints on disk: named tensors and texts in one file that tells when it is damaged, and a folder that keeps the
// newest few of them.

#include <cyclone/base/error.h>
#include <cyclone/io/safetensors.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace cyclone::io {

class FileLock;

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

/// Reads what save_checkpoint() wrote, of this version or an older one. The checksum is compared before anything else
/// is believed. DamagedFile when the file is shorter or longer than it says or the checksum does not fit; Error when it
/// is no checkpoint, is of a later version, or cannot be read.
WeightsFile load_checkpoint(const std::filesystem::path& path);

/// load_checkpoint() of bytes in memory; `name` is for the messages.
WeightsFile parse_checkpoint(std::string_view bytes, const std::string& name);

/// Whether the file begins like a checkpoint; false when it cannot be read.
bool is_checkpoint(const std::filesystem::path& path);

/// A checkpoint of a CheckpointFolder.
struct StoredCheckpoint {
    std::filesystem::path path;
    std::uint64_t number = 0;
    WeightsFile content;
};

/// A folder with the newest checkpoints of one run, `checkpoint-000000001200.ckpt`, and perhaps a best one,
/// `best.ckpt`. Whatever goes wrong in the middle of a call, the checkpoints of before or those of after are there.
/// Other files are left alone.
class CheckpointFolder {
public:
    /// Makes the folder if need be, and removes what killed processes left half-written. `keep` is the number of
    /// checkpoints kept besides the best. Error when keep < 1, when the folder cannot be made, or when another
    /// CheckpointFolder, here or in another process, is using it.
    explicit CheckpointFolder(std::filesystem::path folder, int keep = 3);
    ~CheckpointFolder();
    CheckpointFolder(const CheckpointFolder&) = delete;
    CheckpointFolder& operator=(const CheckpointFolder&) = delete;

    /// Writes checkpoint `number`, then removes the oldest beyond `keep`.
    void save(std::uint64_t number, const WeightsFile& content);
    void save_best(const WeightsFile& content);

    /// The newest checkpoint that is whole. Each newer one that is damaged is told to `damaged` in a sentence and
    /// renamed to `<name>.damaged`. Nothing when the folder has no checkpoint; Error when it has some but all are
    /// damaged, or when one cannot be read for another reason.
    std::optional<StoredCheckpoint> load_newest(const std::function<void(const std::string&)>& damaged = {});
    /// Removes a checkpoint, if it is there.
    void remove(std::uint64_t number);

    /// Numbers of the checkpoints that are there, rising.
    std::vector<std::uint64_t> numbers() const;
    std::filesystem::path path_of(std::uint64_t number) const;
    std::filesystem::path best_path() const { return folder_ / "best.ckpt"; }
    const std::filesystem::path& path() const { return folder_; }

private:
    std::filesystem::path folder_;
    std::size_t keep_;
    std::unique_ptr<FileLock> lock_;
};

}  // namespace cyclone::io
