// The folder of a comparison.
#include <cyclone/base/error.h>
#include <cyclone/io/atomic_file.h>
#include <cyclone/io/input_file.h>
#include <cyclone/lab/comparison_folder.h>
#include <cyclone/lab/tensorboard.h>

#include <algorithm>
#include <chrono>
#include <sstream>
#include <system_error>
#include <thread>

#include "lab/claims.h"
#include "lab/crc32.h"

namespace cyclone::lab {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLongestName = 100;  // of a run's file, well below what file systems take
constexpr const char* kCheckpoints = "checkpoints";
constexpr std::chrono::milliseconds kPause{20};  // between two looks at what another process holds

// A file system over a network may remember for a minute that a file was not there. Opening its folder makes it ask.
void look_afresh(const fs::path& folder) {
    std::error_code ignored;
    const fs::directory_iterator opened(folder, ignored);
}

}  // namespace

ComparisonFolder::ComparisonFolder(fs::path path, FolderMode mode)
    : RunFolder(std::move(path), mode, FolderKind::comparison) {
    // Checkpoints of finished runs: the process was killed before it removed them.
    if (!alone_) return;
    std::vector<fs::path> done;
    std::error_code next_start_does_it;
    for (const auto& entry : fs::directory_iterator(file(kCheckpoints), next_start_does_it))
        if (fs::exists(file("runs") / (entry.path().filename().string() + ".json"))) done.push_back(entry.path());
    for (const fs::path& folder : done) fs::remove_all(folder, next_start_does_it);
}

std::vector<std::int64_t> ComparisonFolder::read_test_labels() const {
    const fs::path path = file("test_labels.txt");
    check(fs::exists(path), path.string(), "is missing (hint: resuming the comparison writes it)");
    std::vector<std::int64_t> labels;
    for (const char c : io::read_text(path)) {
        if (c == '\n') continue;
        check(c == '0' || c == '1', path.string(),
              "is damaged: expected 0 and 1 only (hint: resuming the comparison writes it)");
        labels.push_back(c - '0');
    }
    return labels;
}

void ComparisonFolder::write_test_labels(std::span<const std::int64_t> labels) const {
    std::string text;
    for (const std::int64_t label : labels) text += label == 1 ? '1' : '0';
    write("test_labels.txt", text + '\n');
}

fs::path ComparisonFolder::run_file(const char* folder, const std::string& configuration, std::uint64_t seed,
                                    const char* extension) const {
    std::string name = configuration;
    if (const auto plus = name.rfind(" + "); plus != std::string::npos) name.replace(plus, 3, "+");
    for (char& c : name)
        if (c == ':' || c == '/') c = '-';
    if (name.size() > kLongestName) name = name.substr(0, kLongestName) + '-' + crc32_hex(configuration);
    return path() / folder / (name + "-seed" + std::to_string(seed) + extension);
}

std::optional<Run> ComparisonFolder::read_run(const std::string& configuration, std::uint64_t seed,
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

StoredRuns ComparisonFolder::read_runs(const ComparisonRecord& record,
                                       std::span<const std::int64_t> test_labels) const {
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

std::string ComparisonFolder::claim_of(const Run& run) const {
    return run_file("claims", run.configuration(), run.seed, "").filename().string();
}

RunTurn ComparisonFolder::turn_of(Run& run, std::span<const std::int64_t> test_labels) const {
    const auto is_there = [&] {
        look_afresh(file("runs"));
        try {
            auto stored = read_run(run.configuration(), run.seed, test_labels);
            if (stored) run = std::move(*stored);
            return stored.has_value();
        } catch (const Error&) {  // damaged: trained again
            return false;
        }
    };
    if (is_there()) return RunTurn::done;
    const std::string name = claim_of(run);
    const Claim claim = claims_->take(name);
    if (claim != Claim::mine) return claim == Claim::unsure ? RunTurn::unsure : RunTurn::elsewhere;
    if (!is_there()) return RunTurn::train;
    claims_->release(name);  // finished between the two looks
    return RunTurn::done;
}

void ComparisonFolder::share(ComparisonOptions& options, std::span<const std::int64_t> test_labels) const {
    const std::vector<std::int64_t> labels(test_labels.begin(), test_labels.end());
    options.turn = [this, labels](Run& run) { return turn_of(run, labels); };
    options.keeps = [this](const Run& run) { return claims_->keeps_all() || claims_->keeps(claim_of(run)); };
}

std::shared_ptr<void> ComparisonFolder::hold(const std::string& name, const std::atomic<bool>* stop) const {
    while (claims_->take(name) != Claim::mine) {
        if (stop && *stop) return nullptr;
        std::this_thread::sleep_for(kPause);
    }
    Claims* claims = claims_.get();
    return {claims, [name](Claims* of) { of->release(name); }};
}

void ComparisonFolder::write_run(const Run& run) const {
    if (run.status == RunStatus::stopped) return claims_->release(claim_of(run));
    io::write_file_atomically(run_file("runs", run.configuration(), run.seed, ".json"), run_file_text(run));
    std::error_code next_start_does_it;
    fs::remove_all(checkpoint_folder(run), next_start_does_it);
    claims_->release(claim_of(run));
}

fs::path ComparisonFolder::checkpoint_folder(const Run& run) const {
    return run_file(kCheckpoints, run.configuration(), run.seed, "");
}

std::optional<Tuning> ComparisonFolder::read_tuning() const {
    const fs::path file = path() / "tuning.json";
    if (!fs::exists(file)) return std::nullopt;
    try {
        Tuning tuning;
        io::from_json(io::read_text(file), file.string(), tuning);
        return tuning;
    } catch (const Error&) {
        return std::nullopt;
    }
}

void ComparisonFolder::write_tuning(const Tuning& tuning) const { write("tuning.json", io::to_json(tuning)); }

void ComparisonFolder::write_events(const Run& run, const train::History& history) const {
    lab::write_events(run_file("tensorboard", run.configuration(), run.seed, ""), scalars_of(run, history));
}

void ComparisonFolder::write_history(const Run& run, const train::History& history) const {
    history.write_csv(run_file("history", run.configuration(), run.seed, ".csv"));
}

void ComparisonFolder::write_curves(const std::vector<Run>& runs) const {
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
    write("curves.csv", curves.str());
    if (any_auc) write("auc.csv", auc.str());
}

}  // namespace cyclone::lab
