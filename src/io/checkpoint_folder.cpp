// The newest few checkpoints of a run.

#include <cyclone/io/checkpoint_folder.h>

#include <cyclone/io/atomic_file.h>
#include <cyclone/io/file_lock.h>

#include <algorithm>
#include <charconv>
#include <string_view>
#include <system_error>
#include <utility>

namespace cyclone::io {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view kPrefix = "checkpoint-", kSuffix = ".ckpt", kBest = "best.ckpt";
constexpr std::size_t kDigits = 12;

std::optional<std::uint64_t> number_of(std::string_view name) {
    if (!name.starts_with(kPrefix) || !name.ends_with(kSuffix)) return std::nullopt;
    name.remove_prefix(kPrefix.size());
    name.remove_suffix(std::min(kSuffix.size(), name.size()));
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
    const bool is_number = error == std::errc{} && end == name.data() + name.size() && name.size() >= kDigits;
    return is_number ? std::optional(number) : std::nullopt;
}

// A partial checkpoint of a process that was killed.
bool is_leftover(const std::string& name) {
    const std::string target = target_of_temporary(name);
    return target == kBest || number_of(target);
}

std::vector<fs::path> files_in(const fs::path& folder) {
    std::vector<fs::path> files;
    std::error_code error;
    for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error))
        files.push_back(at->path());
    if (error) fail(folder.string(), "cannot read the folder: ", error.message());
    return files;
}

}  // namespace

CheckpointFolder::CheckpointFolder(fs::path folder, int keep)
    : folder_(std::move(folder)), keep_(static_cast<std::size_t>(keep)) {
    check<UsageError>(keep >= 1, "CheckpointFolder", "expected to keep at least one checkpoint, got ", keep);
    check<UsageError>(!folder_.empty(), "CheckpointFolder", "expected the name of a folder");
    std::error_code error;
    fs::create_directories(folder_, error);
    lock_ = std::make_unique<FileLock>(folder_);
    if (lock_->open_error() != 0)
        fail(folder_.string(), "cannot create the folder for checkpoints: ",
             error ? error.message() : std::generic_category().message(lock_->open_error()));
    check(!lock_->is_taken(), folder_.string(), "another run is writing its checkpoints here");
    for (const fs::path& file : files_in(folder_))
        if (is_leftover(file.filename().string())) fs::remove(file, error);
}

CheckpointFolder::~CheckpointFolder() = default;

fs::path CheckpointFolder::path_of(std::uint64_t number) const {
    std::string digits = std::to_string(number);
    digits.insert(0, kDigits - std::min(kDigits, digits.size()), '0');
    return folder_ / (std::string(kPrefix) + digits + std::string(kSuffix));
}

std::vector<std::uint64_t> CheckpointFolder::numbers() const {
    std::vector<std::uint64_t> found;
    for (const fs::path& file : files_in(folder_))
        if (const auto number = number_of(file.filename().string())) found.push_back(*number);
    std::sort(found.begin(), found.end());
    return found;
}

void CheckpointFolder::save(std::uint64_t number, const WeightsFile& content) {
    save_checkpoint(path_of(number), content);
    std::vector<std::uint64_t> there = numbers();
    std::erase(there, number);
    // A checkpoint that cannot be removed now is removed after a later save.
    for (std::size_t i = 0; i + keep_ - 1 < there.size(); ++i) remove(there[i]);
}

void CheckpointFolder::save_best(const WeightsFile& content) { save_checkpoint(best_path(), content); }

void CheckpointFolder::remove(std::uint64_t number) {
    std::error_code ignored;
    fs::remove(path_of(number), ignored);
}

std::optional<StoredCheckpoint> CheckpointFolder::load_newest(const std::function<void(const std::string&)>& damaged) {
    const std::vector<std::uint64_t> there = numbers();
    std::vector<fs::path> broken;
    for (auto number = there.rbegin(); number != there.rend(); ++number) {
        const fs::path file = path_of(*number);
        try {
            StoredCheckpoint found{file, *number, load_checkpoint(file)};
            std::error_code ignored;
            for (const fs::path& bad : broken) fs::rename(bad, bad.string() + ".damaged", ignored);
            return found;
        } catch (const DamagedFile& error) {
            if (damaged) damaged(error.what());
            broken.push_back(file);
        }
    }
    check(there.empty(), folder_.string(), "none of the ", there.size(),
          " checkpoints is whole (hint: remove them to start over)");
    return std::nullopt;
}

}  // namespace cyclone::io
