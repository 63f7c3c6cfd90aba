#include <cyclone/base/error.h>
#include <cyclone/base/threads.h>
#include <cyclone/base/version.h>
#include <cyclone/io/atomic_file.h>
#include <cyclone/lab/run_folder.h>
#include <cyclone/ops/backend.h>

#include <cmath>
#include <fstream>
#include <sstream>

#include <nlohmann/json.hpp>

namespace cyclone::lab {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

// JSON has no NaN: an undefined figure is null.
Json figure(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

Json figures(const std::vector<double>& values) {
    Json list = Json::array();
    for (const double value : values) list.push_back(figure(value));
    return list;
}

Json spread(const Spread& s) {
    return {{"mean", figure(s.value.mean)}, {"sd", figure(s.value.sd)}, {"runs", figures(s.runs)}};
}

Json pairs(const std::vector<std::pair<std::string, std::string>>& list) {
    Json object = Json::object();
    for (const auto& [name, value] : list) object[name] = value;
    return object;
}

std::string_view name_of(RunStatus status) {
    switch (status) {
        case RunStatus::finished:
            return "finished";
        case RunStatus::diverged:
            return "diverged";
        case RunStatus::stopped:
            return "stopped";
    }
    return "?";
}

Json schedule_json(const ScheduleSummary& s) {
    return {{"name", s.name},
            {"sum_lr", figure(s.sum_lr)},
            {"mean_lr", figure(s.mean_lr)},
            {"updates", s.updates},
            {"train_loss", figure(s.train_loss.value.mean)},
            {"seconds", figure(s.seconds.value.mean)},
            {"images_per_second", figure(s.images_per_second.value.mean)},
            {"auc", spread(s.auc)},
            {"average_precision", spread(s.average_precision)},
            {"precision", spread(s.precision)},
            {"recall", spread(s.recall)},
            {"f1", spread(s.f1)},
            {"seeds", s.seeds},
            {"diverged", s.diverged},
            {"stopped", s.stopped}};
}

Json run_json(const Run& run) {
    Json json{{"schedule", run.schedule}, {"seed", run.seed}, {"status", name_of(run.status)}};
    if (!run.message.empty()) json["message"] = run.message;
    if (run.status != RunStatus::finished) return json;
    const metrics::BinaryReport& t = run.test;
    json.update({{"updates", run.updates},
                 {"sum_lr", figure(run.sum_lr)},
                 {"train_loss", figure(run.train_loss)},
                 {"seconds", figure(run.seconds)},
                 {"images_per_second", figure(run.images_per_second)},
                 {"auc", figure(t.auc)},
                 {"average_precision", figure(t.average_precision)},
                 {"precision", figure(t.precision)},
                 {"recall", figure(t.recall)},
                 {"f1", figure(t.f1)},
                 {"balanced_accuracy", figure(t.balanced_accuracy)},
                 {"mcc", figure(t.mcc)},
                 {"brier", figure(t.brier)},
                 {"log_loss", figure(t.log_loss)},
                 {"ece", figure(t.ece)},
                 {"true_positives", t.counts.true_positives},
                 {"false_positives", t.counts.false_positives},
                 {"false_negatives", t.counts.false_negatives},
                 {"true_negatives", t.counts.true_negatives},
                 {"epoch_train_loss", figures(run.epoch_loss)},
                 {"epoch_auc", figures(run.epoch_auc)}});
    return json;
}

Json record_json(const ComparisonRecord& record) {
    return {{"program", "fixed_vs_clr"},
            {"version", version()},
            {"command", record.command},
            {"data", record.data},
            {"settings", pairs(record.settings)},
            {"schedule_definitions", pairs(record.schedules)},
            {"seeds", record.seeds},
            {"machine", pairs(machine_facts())}};
}

void write(const fs::path& path, const Json& json) {
    // Command lines and paths may hold any bytes; JSON must be UTF-8.
    io::write_file_atomically(path, json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
}

void remove_earlier_comparison(const fs::path& path) {
    for (const char* name : {"config.json", "result.json", "curves.csv", "curves.svg"}) fs::remove(path / name);
    fs::remove_all(path / "history");
}

std::string processor_name() {
    std::ifstream info("/proc/cpuinfo");
    for (std::string line; std::getline(info, line);)
        if (line.rfind("model name", 0) == 0 && line.find(": ") != std::string::npos)
            return line.substr(line.find(": ") + 2);
    return "unknown";
}

}  // namespace

RunFolder::RunFolder(fs::path path, bool overwrite) : path_(std::move(path)) {
    const std::string where = "--out " + path_.string();
    try {
        if (fs::exists(path_)) {
            check<UsageError>(fs::is_directory(path_), where, "expected a folder, this is a file");
            const bool ours = fs::exists(path_ / "config.json");
            check<UsageError>(fs::is_empty(path_) || (ours && overwrite), where,
                              ours ? "holds an earlier comparison (hint: another folder, or --overwrite to replace it)"
                                   : "is not empty and holds no comparison of Cyclone's (hint: name a new folder)");
            remove_earlier_comparison(path_);
        }
        fs::create_directories(path_ / "history");
    } catch (const fs::filesystem_error& error) {
        fail(where, "cannot be written: ", error.code().message());
    }
}

void RunFolder::write_config(const ComparisonRecord& record) const {
    write(path_ / "config.json", record_json(record));
}

void RunFolder::write_history(const Run& run, const train::History& history) const {
    std::string name = run.schedule;
    for (char& c : name)
        if (c == ':' || c == '/') c = '-';
    history.write_csv(path_ / "history" / (name + "-seed" + std::to_string(run.seed) + ".csv"));
}

void RunFolder::write_curves(const std::vector<Run>& runs) const {
    std::ostringstream csv;
    csv.imbue(std::locale::classic());
    csv.precision(9);
    csv << "schedule,seed,update,learning_rate,loss\n";
    for (const Run& run : runs)
        for (std::size_t i = 0; i < run.curve.update.size(); ++i)
            csv << run.schedule << ',' << run.seed << ',' << run.curve.update[i] << ',' << run.curve.learning_rate[i]
                << ',' << run.curve.loss[i] << '\n';
    io::write_file_atomically(path_ / "curves.csv", csv.str());
}

void RunFolder::write_result(const ComparisonRecord& record, const std::vector<Run>& runs,
                             const std::vector<ScheduleSummary>& summaries,
                             const std::vector<std::string>& conclusion) const {
    Json json;
    json["schedules"] = Json::array();
    for (const ScheduleSummary& summary : summaries) json["schedules"].push_back(schedule_json(summary));
    json["conclusion"] = conclusion;
    json["runs"] = Json::array();
    for (const Run& run : runs) json["runs"].push_back(run_json(run));
    json.update(record_json(record));
    write(path_ / "result.json", json);
}

std::vector<std::pair<std::string, std::string>> machine_facts() {
    return {{"processor", processor_name()},
            {"processors", std::to_string(available_processors())},
            {"backend", backend_description()}};
}

}  // namespace cyclone::lab
