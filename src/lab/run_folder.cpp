// The folder of a comparison.
#include <cyclone/base/error.h>
#include <cyclone/io/atomic_file.h>
#include <cyclone/io/input_file.h>
#include <cyclone/lab/run_folder.h>

#include <algorithm>
#include <sstream>
#include <system_error>

#include <fcntl.h>

#include <cyclone/io/file_lock.h>
#include "lab/crc32.h"

namespace cyclone::lab {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLongestName = 100;  // of a run's file, well below what file systems take
constexpr const char *kLockName = ".lock", *kCheckpoints = "checkpoints";

bool is_comparison(const fs::path& path) { return fs::exists(path / "config.json"); }

// Empty except for leftovers of a start that failed before config.json was written.
bool is_empty_folder(const fs::path& path) {
    return std::all_of(fs::directory_iterator(path), fs::directory_iterator(), [](const fs::directory_entry& entry) {
        const fs::path name = entry.path().filename();
        return name == kLockName || io::target_of_temporary(name.string()) == "config.json" ||
               ((name == "runs" || name == "history" || name == kCheckpoints) && fs::is_empty(entry.path()));
    });
}

void check_mode(const fs::path& path, FolderMode mode, const std::string& where) {
    if (!fs::exists(path)) {
        check<UsageError>(mode != FolderMode::read, where, "expected a folder with a comparison, there is none");
        return;
    }
    check<UsageError>(fs::is_directory(path), where, "expected a folder, this is a file");
    if (is_comparison(path)) {
        check<UsageError>(mode != FolderMode::create, where,
                          "holds an earlier comparison (hint: resume it, overwrite it, or name another folder)");
        return;
    }
    check<UsageError>(mode != FolderMode::read, where, "expected a comparison, there is no config.json");
    check<UsageError>(is_empty_folder(path), where,
                      "is not empty and holds no comparison of Cyclone (hint: name a new folder)");
}

// config.json last: it marks the folder as a comparison.
constexpr const char* kFiles[] = {"result.json", "report.html", "curves.csv",      "curves.svg", "auc.csv",
                                  "auc.svg",     "tuning.json", "test_labels.txt", "config.json"};

void remove_earlier_comparison(const fs::path& path) {
    for (const char* folder : {"runs", "history", kCheckpoints}) fs::remove_all(path / folder);
    for (const char* name : kFiles) fs::remove(path / name);
}

// Temporary files of a killed process. Only called under the lock.
void remove_leftovers(const fs::path& path) {
    const auto ours = [&](const fs::path& file) {
        const std::string target = io::target_of_temporary(file.filename().string());
        if (target.empty()) return false;
        return file.parent_path() != path ||
               std::find(std::begin(kFiles), std::end(kFiles), target) != std::end(kFiles);
    };
    for (const fs::path& folder : {path, path / "runs", path / "history"}) {
        if (!fs::is_directory(folder)) continue;
        std::vector<fs::path> leftovers;
        for (const auto& entry : fs::directory_iterator(folder))
            if (ours(entry.path())) leftovers.push_back(entry.path());
        for (const fs::path& leftover : leftovers) fs::remove(leftover);
    }
    // Checkpoints of finished runs: the process was killed before it removed them.
    if (!fs::is_directory(path / kCheckpoints)) return;
    std::vector<fs::path> done;
    for (const auto& entry : fs::directory_iterator(path / kCheckpoints))
        if (fs::exists(path / "runs" / (entry.path().filename().string() + ".json"))) done.push_back(entry.path());
    for (const fs::path& folder : done) fs::remove_all(folder);
}

}  // namespace

RunFolder::RunFolder(fs::path path, FolderMode mode) : path_(std::move(path)) {
    const std::string where = path_.string();
    try {
        check_mode(path_, mode, where);
        fs::create_directories(path_);
        lock_ = std::make_unique<io::FileLock>(path_ / kLockName, O_RDWR | O_CREAT);
        check(lock_->open_error() == 0, where,
              "cannot be written: ", std::generic_category().message(lock_->open_error()));
        check(!lock_->is_taken(), where,
              "another process is working in this folder (hint: wait for it, or name another folder)");
        check_mode(path_, mode, where);  // another process may have used it until now
        if (mode == FolderMode::overwrite) remove_earlier_comparison(path_);
        remove_leftovers(path_);
        fs::create_directories(path_ / "history");
        fs::create_directories(path_ / "runs");
    } catch (const fs::filesystem_error& error) {
        fail(where, "cannot be written: ", error.code().message());
    }
}

RunFolder::~RunFolder() {
    std::error_code ignored;
    fs::remove(path_ / kCheckpoints, ignored);  // only when empty: every run is done
}

std::optional<ComparisonRecord> RunFolder::read_config() const {
    const fs::path file = path_ / "config.json";
    if (!fs::exists(file)) return std::nullopt;
    ComparisonRecord record;
    try {
        io::JsonFields f(io::read_text(file));
        fields(f, record);
    } catch (const Error& error) {
        fail(file.string(), "is damaged (", error.what(), "; hint: overwrite it, or name another folder)");
    }
    return record;
}

void RunFolder::write_config(const ComparisonRecord& record) const {
    ComparisonRecord written = record;
    if (written.provenance == Provenance()) written.provenance = this_process(record.command);
    io::write_file_atomically(path_ / "config.json", io::to_json(written));
}

std::vector<std::int64_t> RunFolder::read_test_labels() const {
    const fs::path file = path_ / "test_labels.txt";
    check(fs::exists(file), file.string(), "is missing (hint: resuming the comparison writes it)");
    std::vector<std::int64_t> labels;
    for (const char c : io::read_text(file)) {
        if (c == '\n') continue;
        check(c == '0' || c == '1', file.string(),
              "is damaged: expected 0 and 1 only (hint: resuming the comparison writes it)");
        labels.push_back(c - '0');
    }
    return labels;
}

void RunFolder::write_test_labels(std::span<const std::int64_t> labels) const {
    std::string text;
    for (const std::int64_t label : labels) text += label == 1 ? '1' : '0';
    io::write_file_atomically(path_ / "test_labels.txt", text + '\n');
}

fs::path RunFolder::run_file(const char* folder, const std::string& configuration, std::uint64_t seed,
                             const char* extension) const {
    std::string name = configuration;
    if (const auto plus = name.rfind(" + "); plus != std::string::npos) name.replace(plus, 3, "+");
    for (char& c : name)
        if (c == ':' || c == '/') c = '-';
    if (name.size() > kLongestName) name = name.substr(0, kLongestName) + '-' + crc32_hex(configuration);
    return path_ / folder / (name + "-seed" + std::to_string(seed) + extension);
}

std::optional<Run> RunFolder::read_run(const std::string& configuration, std::uint64_t seed,
                                       std::span<const std::int64_t> test_labels) const {
    const fs::path file = run_file("runs", configuration, seed, ".json");
    if (!fs::exists(file)) return std::nullopt;
    Run run = parse_run_file(io::read_text(file));
    check(run.configuration() == configuration && run.seed == seed, "run", "it is of ", run.configuration(), ", seed ",
          run.seed);
    if (run.status == RunStatus::diverged) return run;
    check(run.status == RunStatus::finished, "run", "it is not finished");
    check(run.test_probability.size() == test_labels.size(), "run", "it has ", run.test_probability.size(),
          " probabilities for ", test_labels.size(), " test images");
    const auto positives = std::count(test_labels.begin(), test_labels.end(), 1);
    check(run.test.positives == positives, "run", "its test set has ", run.test.positives, " positives, this one ",
          positives);
    return run;
}

StoredRuns RunFolder::read_runs(const ComparisonRecord& record, std::span<const std::int64_t> test_labels) const {
    StoredRuns stored;
    const auto read_one = [&](const std::string& configuration, std::uint64_t seed) {
        try {
            auto run = read_run(configuration, seed, test_labels);
            if (!run) return;
            if (run->provenance == Provenance()) run->provenance = record.provenance;
            stored.runs.push_back(std::move(*run));
        } catch (const Error& error) {
            stored.damaged.push_back(run_file("runs", configuration, seed, ".json").string() +
                                     " cannot be used, this run must be repeated (" + error.what() + ")");
        }
    };
    for (const auto& schedule : record.schedules)
        for (const std::string& rebalancing : record.rebalancings)
            for (const std::uint64_t seed : record.seeds)
                read_one(configuration_name(schedule.first, rebalancing), seed);
    return stored;
}

void RunFolder::write_run(const Run& run) const {
    if (run.status == RunStatus::stopped) return;
    io::write_file_atomically(run_file("runs", run.configuration(), run.seed, ".json"), run_file_text(run));
    std::error_code next_start_does_it;
    fs::remove_all(checkpoint_folder(run), next_start_does_it);
}

fs::path RunFolder::checkpoint_folder(const Run& run) const {
    return run_file(kCheckpoints, run.configuration(), run.seed, "");
}

std::optional<Tuning> RunFolder::read_tuning() const {
    const fs::path file = path_ / "tuning.json";
    if (!fs::exists(file)) return std::nullopt;
    try {
        Tuning tuning;
        io::from_json(io::read_text(file), file.string(), tuning);
        return tuning;
    } catch (const Error&) {
        return std::nullopt;
    }
}

void RunFolder::write_tuning(const Tuning& tuning) const {
    io::write_file_atomically(path_ / "tuning.json", io::to_json(tuning));
}

void RunFolder::write_history(const Run& run, const train::History& history) const {
    history.write_csv(run_file("history", run.configuration(), run.seed, ".csv"));
}

void RunFolder::write_curves(const std::vector<Run>& runs) const {
    std::ostringstream curves, auc;
    for (std::ostringstream* csv : {&curves, &auc}) {
        csv->imbue(std::locale::classic());
        csv->precision(9);
    }
    curves << "schedule,seed,update,learning_rate,loss\n";
    auc << "schedule,seed,updates,seconds,auc\n";
    bool any_auc = false;
    for (const Run& run : runs) {
        const Curve& c = run.curve;
        for (std::size_t i = 0; i < c.update.size(); ++i)
            curves << run.configuration() << ',' << run.seed << ',' << c.update[i] << ',' << c.learning_rate[i] << ','
                   << c.loss[i] << '\n';
        for (const AucPoint& p : run.auc_curve)
            auc << run.configuration() << ',' << run.seed << ',' << p.updates << ',' << p.seconds << ',' << p.auc
                << '\n';
        any_auc = any_auc || !run.auc_curve.empty();
    }
    io::write_file_atomically(path_ / "curves.csv", curves.str());
    if (any_auc) io::write_file_atomically(path_ / "auc.csv", auc.str());
}

}  // namespace cyclone::lab
