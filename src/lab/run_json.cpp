#include "lab/run_json.h"

#include <cyclone/base/error.h>
#include <cyclone/base/version.h>

#include <array>
#include <bit>
#include <cmath>
#include <limits>

#include <zlib.h>

namespace cyclone::lab {
namespace {

double read_figure(const Json& json) {
    return json.is_null() ? std::numeric_limits<double>::quiet_NaN() : json.get<double>();
}

std::vector<double> read_figures(const Json& json) {
    check(json.is_array(), "run", "expected a list of numbers");
    std::vector<double> values;
    for (const Json& value : json) values.push_back(read_figure(value));
    return values;
}

std::int64_t read_count(const Json& json) {
    const std::uint64_t value = read_whole(json);
    check(value <= std::uint64_t{std::numeric_limits<std::int64_t>::max()}, "run", value, " is too large for a count");
    return static_cast<std::int64_t>(value);
}

constexpr std::array<RunStatus, 3> kStatuses = {RunStatus::finished, RunStatus::diverged, RunStatus::stopped};

RunStatus read_status(const std::string& name) {
    for (const RunStatus status : kStatuses)
        if (name == name_of(status)) return status;
    fail("run", "unknown status '", name, "'");
}

// f32 values as eight hexadecimal digits each: the bits are kept, and a test set of 110,000 images takes a megabyte.
std::string f32_hex(const std::vector<double>& values) {
    std::string text;
    text.reserve(8 * values.size());
    for (const double value : values) text += hex(std::bit_cast<std::uint32_t>(static_cast<float>(value)));
    return text;
}

std::vector<double> read_f32_hex(const std::string& text) {
    check(text.size() % 8 == 0 && text.find_first_not_of("0123456789abcdef") == std::string::npos, "run",
          "expected eight hexadecimal digits for each probability");
    std::vector<double> values(text.size() / 8);
    for (std::size_t i = 0; i < values.size(); ++i) {
        std::uint32_t bits = 0;
        for (const char c : text.substr(8 * i, 8))
            bits = bits << 4 | static_cast<std::uint32_t>(c <= '9' ? c - '0' : c - 'a' + 10);
        values[i] = std::bit_cast<float>(bits);
    }
    return values;
}

void add_shares(Json& json, const Run& run) {
    json["training_share"] = figure(run.training_share);
    json["trained_share"] = figure(run.trained_share);
}

// Only of a run that has one: the others' files are as they were before there were any.
void add_threshold(Json& json, const Run& run) {
    if (std::isfinite(run.tuned_threshold)) json["tuned_threshold"] = run.tuned_threshold;
}

std::string dump(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

// One place for writing and reading the scalar fields: f(name, field).
template <class R, class Function>
void for_each_figure(R& run, Function&& f) {
    f("sum_lr", run.sum_lr);
    f("mean_lr", run.mean_lr);
    f("train_loss", run.train_loss);
    f("seconds", run.seconds);
    f("images_per_second", run.images_per_second);
    f("auc", run.test.auc);
    f("average_precision", run.test.average_precision);
    f("precision", run.test.precision);
    f("recall", run.test.recall);
    f("f1", run.test.f1);
    f("accuracy", run.test.accuracy);
    f("balanced_accuracy", run.test.balanced_accuracy);
    f("mcc", run.test.mcc);
    f("brier", run.test.brier);
    f("log_loss", run.test.log_loss);
    f("ece", run.test.ece);
    f("threshold", run.test.threshold);
}

template <class R, class Function>
void for_each_count(R& run, Function&& f) {
    f("positives", run.test.positives);
    f("negatives", run.test.negatives);
    f("true_positives", run.test.counts.true_positives);
    f("false_positives", run.test.counts.false_positives);
    f("false_negatives", run.test.counts.false_negatives);
    f("true_negatives", run.test.counts.true_negatives);
}

template <class R, class Function>
void for_each_list(R& run, Function&& f) {
    f("epoch_train_loss", run.epoch_loss);
    f("epoch_auc", run.epoch_auc);
    f("curve_update", run.curve.update);
    f("curve_learning_rate", run.curve.learning_rate);
    f("curve_loss", run.curve.loss);
}

Json complete_json(const Run& run) {
    Json json = run_json(run);
    if (run.balance != kNoBalance) add_shares(json, run);
    add_threshold(json, run);
    json["message"] = run.message;
    json["updates"] = run.updates;
    for_each_figure(run, [&](const char* name, double value) { json[name] = figure(value); });
    for_each_count(run, [&](const char* name, std::int64_t value) { json[name] = value; });
    for_each_list(run, [&](const char* name, const std::vector<double>& values) { json[name] = figures(values); });
    json["auc_curve"] = Json::array();
    for (const AucPoint& p : run.auc_curve) json["auc_curve"].push_back({p.updates, figure(p.seconds), figure(p.auc)});
    json["test_probability_f32"] = f32_hex(run.test_probability);
    return json;
}

Run read_complete(const Json& json) {
    Run run;
    run.schedule = json.at("schedule").get<std::string>();
    run.balance = json.value("balance", kNoBalance);
    if (run.balance != kNoBalance) {
        run.training_share = read_figure(json.at("training_share"));
        run.trained_share = read_figure(json.at("trained_share"));
    }
    if (json.contains("tuned_threshold")) run.tuned_threshold = json["tuned_threshold"].get<double>();
    run.seed = read_whole(json.at("seed"));
    run.status = read_status(json.at("status").get<std::string>());
    run.message = json.at("message").get<std::string>();
    run.updates = read_whole(json.at("updates"));
    for_each_figure(run, [&](const char* name, double& value) { value = read_figure(json.at(name)); });
    for_each_count(run, [&](const char* name, std::int64_t& value) { value = read_count(json.at(name)); });
    for_each_list(run, [&](const char* name, std::vector<double>& values) { values = read_figures(json.at(name)); });
    for (const Json& point : json.at("auc_curve"))
        run.auc_curve.push_back({read_whole(point.at(0)), read_figure(point.at(1)), read_figure(point.at(2))});
    run.test_probability = read_f32_hex(json.at("test_probability_f32").get<std::string>());
    const Curve& curve = run.curve;
    check(curve.update.size() == curve.loss.size() && curve.update.size() == curve.learning_rate.size(), "run",
          "expected curves of one length");
    return run;
}

Json pairs(const std::vector<std::pair<std::string, std::string>>& list) {
    Json object = Json::object();
    for (const auto& [name, value] : list) object[name] = value;
    return object;
}

}  // namespace

Json figure(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

Json figures(const std::vector<double>& values) {
    Json list = Json::array();
    for (const double value : values) list.push_back(figure(value));
    return list;
}

std::uint64_t read_whole(const Json& json) {
    check(json.is_number_unsigned(), "run", "expected a whole number below 2^64, got ", json.dump());
    return json.get<std::uint64_t>();
}

std::string hex(std::uint32_t value) {
    static constexpr char kDigits[] = "0123456789abcdef";
    std::string text;
    for (unsigned shift = 32; shift > 0; shift -= 4) text += kDigits[(value >> (shift - 4)) & 15U];
    return text;
}

std::string crc32_hex(std::string_view bytes) {
    return hex(static_cast<std::uint32_t>(crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size())));
}

std::string run_file_text(const Run& run) {
    // Names may hold any bytes; what is checked must be what is written, which is UTF-8.
    const std::string text = dump(complete_json(run));
    return "{\"crc32\":\"" + crc32_hex(text) + "\",\"run\":" + text + "}\n";
}

Run parse_run_file(const std::string& text) {
    try {
        const Json json = Json::parse(text);
        const Json& run = json.at("run");
        check(json.at("crc32").get<std::string>() == crc32_hex(dump(run)), "run", "the checksum does not agree");
        return read_complete(run);
    } catch (const Json::exception& error) {
        fail("run", error.what());
    }
}

Json run_json(const Run& run) {
    Json json{{"schedule", run.schedule}};
    if (run.balance != kNoBalance) json["balance"] = run.balance;
    json["seed"] = run.seed;
    json["status"] = name_of(run.status);
    if (!run.message.empty()) json["message"] = run.message;
    if (run.status != RunStatus::finished) return json;
    if (run.balance != kNoBalance) add_shares(json, run);
    add_threshold(json, run);
    json["updates"] = run.updates;
    for_each_figure(run, [&](const char* name, double value) { json[name] = figure(value); });
    for_each_count(run, [&](const char* name, std::int64_t value) { json[name] = value; });
    json["epoch_train_loss"] = figures(run.epoch_loss);
    json["epoch_auc"] = figures(run.epoch_auc);
    return json;
}

Json tuning_json(const Tuning& tuning) {
    Json json{{"rate", tuning.rate}, {"trials", Json::array()}};
    for (const RateTrial& t : tuning.trials)
        json["trials"].push_back({{"rate", t.rate},
                                  {"status", name_of(t.status)},
                                  {"validation_auc", figure(t.auc)},
                                  {"validation_log_loss", figure(t.log_loss)}});
    return json;
}

Tuning read_tuning_json(const Json& json) {
    Tuning tuning;
    tuning.rate = json.at("rate").get<double>();
    check(std::isfinite(tuning.rate) && tuning.rate > 0, "tuning", "expected a rate above 0");
    for (const Json& t : json.at("trials"))
        tuning.trials.push_back({t.at("rate").get<double>(), read_status(t.at("status").get<std::string>()),
                                 read_figure(t.at("validation_auc")), read_figure(t.at("validation_log_loss"))});
    return tuning;
}

Json record_json(const ComparisonRecord& record) {
    Json json{{"program", "fixed_vs_clr"},          {"version", version()},
              {"command", record.command},          {"data", record.data},
              {"settings", pairs(record.settings)}, {"schedule_definitions", pairs(record.schedules)}};
    if (record.balances != std::vector<std::string>{kNoBalance}) json["balances"] = record.balances;
    json["seeds"] = record.seeds;
    json["machine"] = pairs(machine_facts());
    return json;
}

}  // namespace cyclone::lab
