#include <cyclone/analysis/results.h>
#include <cyclone/base/error.h>
#include <cyclone/lab/comparison_folder.h>
#include <cyclone/report/report.h>

#include <cmath>
#include <fstream>

#include <nlohmann/json.hpp>

#include "report/sample_comparison.h"
#include "support/catch.h"
#include "support/shared_files.h"

using namespace cyclone;

namespace {

// With everything that results can hold.
test::SampleComparison full_sample() {
    auto sample = test::sample_comparison({"time-decay", "constant:mean", "triangular"}, 3);
    for (std::size_t i = 6; i < 9; ++i) {
        lab::Run run = sample.runs[i];
        run.rebalancing = "weights";
        run.training_prior = 0.13;
        run.trained_prior = 0.5;
        run.tuned_threshold = 0.6;
        run.auc_curve = {{300, 1.5, 0.7}, {900, 4, run.test.auc}};
        sample.runs.push_back(run);
    }
    sample.runs[8].status = lab::RunStatus::diverged;
    sample.runs[8].message = "the loss is nan in update 7";
    sample.runs[7].test.auc = NAN;
    for (std::size_t i = 0; i < sample.runs.size(); ++i)
        sample.runs[i].provenance = {.version = "0.1.0",
                                     .processor = i < 5 ? "first machine" : "second machine",
                                     .processors = "2",
                                     .backend = "oneDNN 3.7.2",
                                     .compiler = "12.2.0",
                                     .command = "compare",
                                     .time = "2026-11-26T15:00:00Z"};
    sample.record.rebalancings = {"none", "weights"};
    sample.sum_up();
    sample.results = analysis::analyse(sample.runs, sample.data.labels.values<std::int64_t>(),
                                       {.record = sample.record, .target_auc = 0.7, .threshold_goal = "f1"});
    return sample;
}

// Where `got` differs from what was `expected` of it; texts that people read may change.
std::string difference(const nlohmann::json& got, const nlohmann::json& expected, const std::string& where) {
    if (expected.is_object() || expected.is_array()) {
        if (got.type() != expected.type() || (expected.is_array() && got.size() != expected.size())) return where;
        for (const auto& item : expected.items()) {
            const std::string below = where + "/" + item.key();
            // Verdicts follow another rule since: intervals, of which p is corrected alike (Holm's p had none).
            if (item.key() == "conclusion" || item.key() == "verdict" || item.key() == "p_holm") continue;
            if (expected.is_object() && !got.contains(item.key())) return below;
            const auto& inner = expected.is_object() ? got[item.key()] : got[std::stoul(item.key())];
            if (const std::string found = difference(inner, item.value(), below); !found.empty()) return found;
        }
        return {};
    }
    if (expected.is_number_float() && got.is_number())
        return std::abs(got.get<double>() - expected.get<double>()) <= 1e-9 * std::abs(expected.get<double>()) ? ""
                                                                                                               : where;
    return got == expected ? "" : where;
}

}  // namespace

TEST_CASE("a run folder of the first version gives the results that it gave then") {
    const test::TemporaryFolder temporary;
    const std::filesystem::path stored = CYCLONE_SOURCE_DIR "/tests/lab/earlier_version";
    std::filesystem::copy(stored, temporary / "run", std::filesystem::copy_options::recursive);
    const lab::ComparisonFolder folder(temporary / "run", lab::FolderMode::read);
    const auto record = folder.read_config();
    REQUIRE(record);
    const auto labels = folder.read_test_labels();
    const auto runs = folder.read_runs(*record, labels);
    CHECK(runs.damaged.empty());
    REQUIRE(runs.runs.size() == 8);
    CHECK(runs.runs[0].provenance.processor == "AMD EPYC");
    CHECK(runs.runs[0].provenance.version == "0.1.0");
    const auto results =
        analysis::analyse(runs.runs, labels, {.record = *record, .target_auc = 0.5, .threshold_goal = "f1"});
    CHECK(difference(nlohmann::json::parse(analysis::to_json(results)),
                     nlohmann::json::parse(test::whole_file(stored / "result.json")), "") == "");
}

TEST_CASE("results that are read back are those that were written and give the same page") {
    const auto sample = full_sample();
    const test::TemporaryFolder temporary;
    report::write(temporary / "first", sample.results, {.test = &sample.data});
    const auto back = analysis::read_results(temporary / "first" / "result.json");
    CHECK(analysis::to_json(back) == analysis::to_json(sample.results));
    report::write(temporary / "second", back, {.test = &sample.data});
    for (const char* file : {"result.json", "report.html", "curves.svg", "auc.svg"}) {
        INFO(file);
        CHECK(test::whole_file(temporary / "first" / file) == test::whole_file(temporary / "second" / file));
    }
    CHECK(back.configurations.size() == 4);
    CHECK(back.target_auc == 0.7);
    CHECK(back.configurations[3].updates_to_target.runs.size() == 3);
    CHECK(back.provenance.size() == 2);
}

TEST_CASE("results of the format before are read and judged by the rule of today") {
    const auto sample = test::sample_comparison({"constant:mean", "triangular", "time-decay"}, 3);
    auto old = nlohmann::ordered_json::parse(analysis::to_json(sample.results));
    old["format_version"] = 2;
    old["conclusion"] = {"no difference shown"};
    old["statistics"].erase("alike_within");
    for (auto& d : old["statistics"]["differences"]) {
        d["verdict"] = "no difference shown";
        for (auto& metric : d["training_runs"]) {
            for (const char* key : {"interval", "p_corrected", "verdict", "seeds_needed"}) metric.erase(key);
            metric["p_holm"] = 0.5;
        }
        d["test_set"].erase("p_corrected");
        d["test_set"]["p_holm"] = 0.5;
    }
    const test::TemporaryFolder temporary;
    std::ofstream(temporary / "result.json") << old.dump();
    const auto back = analysis::read_results(temporary / "result.json");
    CHECK(analysis::to_json(back) == analysis::to_json(sample.results));
}

TEST_CASE("provenance is that of the processes that trained, whoever reads and shows the results") {
    const auto sample = full_sample();
    const test::TemporaryFolder temporary;
    report::write(temporary.path(), sample.results);
    const std::string here = lab::this_process().processor;
    for (const char* file : {"result.json", "report.html"}) {
        const std::string text = test::whole_file(temporary / file);
        CHECK_THAT(text, Catch::Contains("first machine") && Catch::Contains("second machine"));
        if (here != "unknown") CHECK_THAT(text, !Catch::Contains(here));
    }
    const auto json = nlohmann::json::parse(test::whole_file(temporary / "result.json"));
    CHECK(json["machine"]["processor"] == "first machine");
    CHECK(json["run_provenance"].size() == sample.runs.size());
    CHECK(analysis::read_results(temporary / "result.json").runs[5].provenance.processor == "second machine");
}

TEST_CASE("results of another format and damaged ones are refused by name") {
    const auto sample = test::sample_comparison({"a", "b"}, 2);
    const test::TemporaryFolder temporary;
    const auto file = temporary / "result.json";
    const auto refused = [&](const std::string& text) {
        std::ofstream(file) << text;
        try {
            analysis::read_results(file);
        } catch (const Error& error) {
            return std::string(error.what());
        }
        return std::string("read");
    };
    const auto json = nlohmann::ordered_json::parse(analysis::to_json(sample.results));
    CHECK(refused(json.dump()) == "read");
    auto later = json;
    later["format_version"] = 99;
    later["version"] = "7.0.0";
    CHECK_THAT(refused(later.dump()),
               Catch::Contains("result.json") && Catch::Contains("format 99") && Catch::Contains("Cyclone 7.0.0"));
    auto earlier = json;
    earlier.erase("format_version");
    CHECK_THAT(refused(earlier.dump()), Catch::Contains("format 1") && Catch::Contains("run folder"));
    CHECK_THAT(refused("{"), Catch::Contains("result.json") && Catch::Contains("damaged"));
    for (const auto& item : json.items()) {
        INFO(item.key());
        auto without = json;
        without.erase(item.key());
        const std::string answer = refused(without.dump());
        const bool optional = item.key() == "version" || item.key() == "machine" || item.key() == "program";
        if (!optional) CHECK(answer != "read");
        auto changed = json;
        changed[item.key()] = {nullptr};
        CHECK(refused(changed.dump()) != "read");
    }
    CHECK_THROWS_AS(analysis::read_results(temporary / "missing.json"), Error);
}
