// What the folders of comparisons and trainings share: modes, the lock, leftovers of killed processes.
#include <cyclone/io/atomic_file.h>
#include <cyclone/io/file_lock.h>
#include <cyclone/io/input_file.h>
#include <cyclone/lab/run_folder.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <system_error>
#include <thread>
#include <vector>

#include <fcntl.h>

#include "lab/claims.h"

namespace cyclone::lab {
namespace {

namespace fs = std::filesystem;

constexpr const char *kConfig = "config.json", *kLockName = ".lock", *kCheckpoints = "checkpoints", *kClaims = "claims";

struct Layout {
    FolderKind kind;
    const char *name, *key;            // for messages; a key that only its config.json has
    std::vector<const char*> folders;  // besides checkpoints
    std::vector<const char*> files;    // besides config.json, which is removed last: it marks the folder
};

const std::array<Layout, 2>& layouts() {
    static const std::array<Layout, 2> all = {{
        {FolderKind::comparison,
         "comparison",
         "schedule_definitions",
         {"runs", "history", kClaims},
         {"result.json", "report.html", "curves.csv", "curves.svg", "auc.csv", "auc.svg", "tuning.json",
          "test_labels.txt", "paired.svg", "budget.svg", "config.toml"}},
        {FolderKind::training,
         "training",
         "options",
         {},
         {"result.json", "report.html", "curves.svg", "history.csv", "scores.csv", "training.json",
          "predictions.safetensors", "best.safetensors", "last.safetensors", "swa.safetensors", "ema.safetensors",
          "ensemble.json", "config.toml"}},
    }};
    return all;
}

const Layout& layout_of(FolderKind kind) { return layouts()[kind == FolderKind::comparison ? 0 : 1]; }

// Files in the folder itself; snapshot-1.safetensors ... of a training among them.
bool owns(const Layout& layout, std::string_view name) {
    if (std::find(layout.files.begin(), layout.files.end(), name) != layout.files.end()) return true;
    constexpr std::string_view kSnapshot = "snapshot-", kEnding = ".safetensors";
    if (layout.kind != FolderKind::training || !name.starts_with(kSnapshot) || !name.ends_with(kEnding)) return false;
    name.remove_prefix(kSnapshot.size());
    return name.find_first_not_of("0123456789") == name.size() - kEnding.size();
}

bool has_config(const fs::path& path) { return fs::exists(path / kConfig); }

// Empty except for leftovers of a start that failed before config.json was written.
bool is_empty_folder(const fs::path& path, const Layout& layout) {
    return std::all_of(fs::directory_iterator(path), fs::directory_iterator(), [&](const fs::directory_entry& entry) {
        const std::string name = entry.path().filename().string();
        const bool ours = name == kCheckpoints ||
                          std::find(layout.folders.begin(), layout.folders.end(), name) != layout.folders.end();
        return name == kLockName || io::target_of_temporary(name) == kConfig ||
               (ours && (name == kClaims || fs::is_empty(entry.path())));
    });
}

void check_mode(const fs::path& path, FolderMode mode, const Layout& layout) {
    const std::string where = path.string(), name = layout.name;
    if (!fs::exists(path)) {
        check<UsageError>(mode != FolderMode::read, where, "expected a folder with a ", name, ", there is none");
        return;
    }
    check<UsageError>(fs::is_directory(path), where, "expected a folder, this is a file");
    if (has_config(path)) {
        const auto there = kind_of_folder(path);
        check<UsageError>(!there || *there == layout.kind, where, "holds a ", there ? layout_of(*there).name : "",
                          ", expected a ", name, " (hint: name another folder)");
        check<UsageError>(mode != FolderMode::create, where, "holds an earlier ", name,
                          " (hint: resume it, overwrite it, or name another folder)");
        return;
    }
    check<UsageError>(mode != FolderMode::read, where, "expected a ", name, ", there is no config.json");
    // Another process may just have written its config.json.
    check<UsageError>(is_empty_folder(path, layout) || has_config(path), where, "is not empty and holds no ", name,
                      " of Cyclone (hint: name a new folder)");
}

void remove_earlier_run(const fs::path& path, const Layout& layout) {
    for (const char* folder : {kCheckpoints, "tensorboard"}) fs::remove_all(path / folder);
    for (const char* folder : layout.folders) fs::remove_all(path / folder);
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(path))
        if (owns(layout, entry.path().filename().string())) files.push_back(entry.path());
    for (const fs::path& file : files) fs::remove(file);
    fs::remove(path / kConfig);
}

// Temporary files of a killed process. Only called where no other process works in the folder.
void remove_leftovers(const fs::path& path, const Layout& layout) {
    const auto ours = [&](const fs::path& file) {
        const std::string target = io::target_of_temporary(file.filename().string());
        return !target.empty() && (file.parent_path() != path || target == kConfig || owns(layout, target));
    };
    std::vector<fs::path> folders{path}, leftovers;
    for (const char* folder : layout.folders) folders.push_back(path / folder);
    for (const fs::path& folder : folders)
        if (fs::is_directory(folder))
            for (const auto& entry : fs::directory_iterator(folder))
                if (ours(entry.path())) leftovers.push_back(entry.path());
    for (const fs::path& leftover : leftovers) fs::remove(leftover);
}

// Others have an exclusive lock for as long as they tidy up.
bool share(io::FileLock& lock) {
    for (int i = 0; i < 200; ++i) {
        if (lock.share()) return true;
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
}

}  // namespace

std::optional<FolderKind> kind_of_folder(const fs::path& path) {
    try {
        const io::JsonFields f(io::read_text(path / kConfig));
        for (const Layout& layout : layouts())
            if (f.has(layout.key)) return layout.kind;
    } catch (const Error&) {
    }
    return std::nullopt;
}

RunFolder::RunFolder(fs::path path, FolderMode mode, FolderKind kind) : path_(std::move(path)) {
    const std::string where = path_.string();
    const Layout& layout = layout_of(kind);
    try {
        check_mode(path_, mode, layout);
        fs::create_directories(path_);
        lock_ = std::make_unique<io::FileLock>(path_ / kLockName, O_RDWR | O_CREAT);
        check(lock_->open_error() == 0, where,
              "cannot be written: ", std::generic_category().message(lock_->open_error()));
        const bool shares = kind == FolderKind::comparison && mode != FolderMode::read;
        const bool may_join = shares && mode == FolderMode::resume;
        const bool joins = lock_->is_taken() && may_join && share(*lock_);
        if (kind == FolderKind::comparison) claims_ = std::make_unique<Claims>(path_ / kClaims, path_ / kLockName);
        // Between machines there may be no locks.
        alone_ = !joins && !lock_->is_taken() && !(claims_ && claims_->any_elsewhere());
        const char* busy = "another process is working in this folder (hint: wait for it, or name another folder)";
        check(alone_ || (may_join && !lock_->is_taken()), where, busy);
        check_mode(path_, mode, layout);  // another process may have used it until now
        if (mode == FolderMode::overwrite) remove_earlier_run(path_, layout);
        if (alone_) {
            remove_leftovers(path_, layout);
            if (claims_) claims_->remove_dead();
        }
        for (const char* folder : layout.folders) fs::create_directories(path_ / folder);
        check(!shares || share(*lock_), where, busy);
    } catch (const fs::filesystem_error& error) {
        fail(where, "cannot be written: ", error.code().message());
    }
}

RunFolder::~RunFolder() {
    claims_.reset();
    std::error_code ignored;
    for (const char* folder : {kCheckpoints, kClaims})
        fs::remove(path_ / folder, ignored);  // only when empty: every run is done
}

void RunFolder::write(std::string_view name, std::string_view text) const {
    io::write_file_atomically(file(name), text);
}

std::optional<std::string> RunFolder::config_text() const {
    if (!has_config(path_)) return std::nullopt;
    return io::read_text(path_ / kConfig);
}

}  // namespace cyclone::lab
