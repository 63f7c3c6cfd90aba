// Any text is a run's file, a tuning, a configuration of a run folder or results, or an Error. A run is tried as it is
// and with a checksum that fits, and what was read is written as a text that reads the same.
#include <cyclone/analysis/results.h>
#include <cyclone/base/error.h>
#include <cyclone/lab/comparison_folder.h>

#include <filesystem>

#include "fuzz/memory_file.h"
#include "fuzz/target.h"
#include "lab/crc32.h"

using namespace cyclone;
namespace {

void read_run(const std::string& text) {
    try {
        const std::string again = lab::run_file_text(lab::parse_run_file(text));
        if (lab::run_file_text(lab::parse_run_file(again)) != again) std::abort();
    } catch (const Error&) {
    }
}

struct JsonFolder {
    fuzz::MemoryFile config, result;
    std::filesystem::path path;

    JsonFolder() {
        std::string name = (std::filesystem::temp_directory_path() / "cyclone-fuzz-XXXXXX").string();
        if (mkdtemp(name.data()) == nullptr) std::abort();
        path = name;
        std::filesystem::create_symlink(config.path(), path / "config.json");
    }
    ~JsonFolder() { std::filesystem::remove_all(path); }
};

}  // namespace

FUZZ_TARGET(run_json) {
    static const JsonFolder folder;
    static const lab::ComparisonFolder runs(folder.path, lab::FolderMode::read);
    const std::string text(reinterpret_cast<const char*>(data), size);
    folder.config.put(data, size);
    try {
        runs.read_config();
    } catch (const Error&) {
    }
    read_run(text);
    folder.result.put(data, size);
    try {
        const std::string again = analysis::to_json(analysis::read_results(folder.result.path()));
        if (again.empty()) std::abort();
    } catch (const Error&) {
    }
    try {
        lab::Tuning tuning;
        io::from_json(text, "tuning", tuning);
    } catch (const Error&) {
    }
    try {
        const std::string run = io::JsonFields(text).compact("run");
        if (!run.empty()) read_run("{\"crc32\":\"" + lab::crc32_hex(run) + "\",\"run\":" + run + "}");
    } catch (const Error&) {
    }
    return 0;
}
