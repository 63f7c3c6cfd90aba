#pragma once
// The folder of a run: what those of comparisons (comparison_folder.h) and of trainings (training_folder.h) share.
// Every file is written whole or not at all, so that whatever stops the program, the next start continues from there.
// config.json marks the folder, and says what was asked for and on which machine.

#include <cyclone/base/error.h>
#include <cyclone/io/json_fields.h>
#include <cyclone/lab/provenance.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace cyclone::io {
class FileLock;
}

namespace cyclone::lab {

class Claims;

/// What to do with a folder that holds an earlier run, or none.
enum class FolderMode {
    create,     ///< a new or empty folder
    overwrite,  ///< the files of an earlier run are removed first
    resume,     ///< continue an earlier run, or start one in a new or empty folder
    read,       ///< an earlier run must be there
};

/// What a folder holds.
enum class FolderKind { comparison, training };

/// What the folder's config.json is of; nothing when there is none, or when it is damaged.
std::optional<FolderKind> kind_of_folder(const std::filesystem::path& path);

/// The folder is locked as long as this object lives (flock on its file .lock): one process at a time. Comparisons
/// share it with others that resume the same comparison (comparison_folder.h), once it is ready.
class RunFolder {
public:
    RunFolder(const RunFolder&) = delete;
    RunFolder& operator=(const RunFolder&) = delete;

    const std::filesystem::path& path() const { return path_; }  ///< of the folder
    /// The path of a file in it.
    std::filesystem::path file(std::string_view name) const { return path_ / name; }
    /// Writes a file of this name, whole or not at all.
    void write(std::string_view name, std::string_view text) const;

protected:
    /// Makes `path` ready. UsageError when what is there does not fit the mode or the kind; Error when another process
    /// works in it or it cannot be written. Nothing is touched then.
    RunFolder(std::filesystem::path path, FolderMode mode, FolderKind kind);
    ~RunFolder();

    /// A record from config.json, if there is one. Error when it is damaged.
    template <class Record>
    std::optional<Record> read_record() const {
        const auto text = config_text();
        if (!text) return std::nullopt;
        Record record;
        try {
            io::JsonFields f(*text);
            fields(f, record);
        } catch (const Error& error) {
            fail(file("config.json").string(), "is damaged (", error.what(),
                 "; hint: overwrite it, or name another folder)");
        }
        return record;
    }
    /// For read_record(). Without a provenance in the record, with that of this process.
    template <class Record>
    void write_record(Record record) const {
        if (record.provenance == Provenance()) record.provenance = this_process(record.command);
        write("config.json", io::to_json(record));
    }

private:
    std::optional<std::string> config_text() const;

    std::filesystem::path path_;
    std::unique_ptr<io::FileLock> lock_;

protected:
    std::unique_ptr<Claims> claims_;  ///< of a comparison
    bool alone_ = false;              ///< no other process was working in the folder when this one came
};

}  // namespace cyclone::lab
