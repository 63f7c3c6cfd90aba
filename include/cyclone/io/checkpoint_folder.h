#pragma once
// CheckpointFolder: a folder that keeps the newest few checkpoints of a run.

#include <cyclone/io/checkpoint_file.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace cyclone::io {

class FileLock;

/// A checkpoint of a CheckpointFolder.
struct StoredCheckpoint {
    std::filesystem::path path;  ///< of the file
    std::uint64_t number = 0;    ///< as it was saved
    WeightsFile content;         ///< tensors and metadata
};

/// A folder with the newest checkpoints of one run, `checkpoint-000000001200.ckpt`, and perhaps a best one,
/// `best.ckpt`. Whatever fails in the middle of a call, either the checkpoints from before or those from after it are
/// there. Other files are left alone.
class CheckpointFolder {
public:
    /// Creates the folder if need be, and removes partial files of processes that were killed. `keep` is the number of
    /// checkpoints kept besides the best. Error when keep < 1, when the folder cannot be created, or when another
    /// CheckpointFolder, here or in another process, is using it.
    explicit CheckpointFolder(std::filesystem::path folder, int keep = 3);
    ~CheckpointFolder();
    CheckpointFolder(const CheckpointFolder&) = delete;
    CheckpointFolder& operator=(const CheckpointFolder&) = delete;

    /// Writes checkpoint `number`, then removes the oldest beyond `keep`.
    void save(std::uint64_t number, const WeightsFile& content);
    /// Writes or replaces the best checkpoint.
    void save_best(const WeightsFile& content);

    /// The newest checkpoint that is whole; none when the folder has no checkpoint. `damaged` receives a message for
    /// each newer one that was skipped; these are renamed to `<name>.damaged`. Error when there are checkpoints but all
    /// are damaged, or when one cannot be read for another reason.
    std::optional<StoredCheckpoint> load_newest(const std::function<void(const std::string&)>& damaged = {});
    /// Removes a checkpoint, if it is there.
    void remove(std::uint64_t number);

    /// Numbers of the checkpoints that are there, ascending.
    std::vector<std::uint64_t> numbers() const;
    std::filesystem::path path_of(std::uint64_t number) const;                 ///< the file of a number
    std::filesystem::path best_path() const { return folder_ / "best.ckpt"; }  ///< the file of the best
    const std::filesystem::path& path() const { return folder_; }              ///< the folder

private:
    std::filesystem::path folder_;
    std::size_t keep_;
    std::unique_ptr<FileLock> lock_;
};

}  // namespace cyclone::io
