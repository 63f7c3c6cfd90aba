#include <cyclone/base/error.h>
#include <cyclone/data/synthetic.h>
#include <cyclone/lab/comparison_folder.h>

#include <cmath>
#include <fstream>
#include <memory>

#include <nlohmann/json.hpp>

#include "lab/crc32.h"
#include "support/catch.h"
#include "support/shared_files.h"

using namespace cyclone;
using lab::ComparisonFolder;
using lab::FolderMode;
using lab::Run;

namespace {

namespace fs = std::filesystem;

std::vector<Run> two_runs() {
    std::vector<Run> runs(2);
    for (std::size_t i = 0; i < 2; ++i) {
        runs[i].schedule = "constant:mean";
        runs[i].seed = i + 1;
        runs[i].status = lab::RunStatus::finished;
        runs[i].updates = 3;
        runs[i].test.auc = 0.5 + 0.1 * static_cast<double>(i);
        runs[i].test.log_loss = 0.1;
        runs[i].test.positives = 1;
        runs[i].test.negatives = 1;
        runs[i].test.counts = {1, 0, 0, 1};
        runs[i].curve = {{0, 1, 2}, {0.1, 0.2, 0.1}, {0.7, 0.6, 0.5}};
        runs[i].auc_curve = {{2, 0.25, 0.625}};
        runs[i].test_probability = {0.25, static_cast<double>(0.7F)};
    }
    return runs;
}

const lab::ComparisonRecord kRecord{.program = "fixed_vs_clr",
                                    .command = "fixed_vs_clr \xff",
                                    .data = "data",
                                    .settings = {{"epochs", "1"}},
                                    .schedules = {{"constant:mean", "constant(0.1)"}},
                                    .seeds = {1, 2}};

const std::vector<std::int64_t> kLabels = {0, 1};

}  // namespace

TEST_CASE("a run folder holds its configuration as valid JSON, and the curves of all runs") {
    const test::TemporaryFolder temporary;
    const ComparisonFolder folder(temporary / "run", FolderMode::create);
    folder.write_config(kRecord);
    folder.write_curves(two_runs());
    const auto config = nlohmann::json::parse(test::whole_file(folder.path() / "config.json"));
    CHECK(config["program"] == "fixed_vs_clr");
    CHECK(config["settings"]["epochs"] == "1");
    CHECK(config["machine"].contains("processor"));
    CHECK_THAT(test::whole_file(folder.path() / "curves.csv"), Catch::Contains("constant:mean,1,0,0.1,0.7\n"));
    CHECK_THAT(test::whole_file(folder.path() / "auc.csv"), Catch::Contains("constant:mean,1,2,0.25,0.625\n"));
}

TEST_CASE("a run keeps the provenance of the process that trained it; an old one gets that of its folder") {
    const test::TemporaryFolder temporary;
    auto runs = two_runs();
    runs[1].provenance = {.version = "0.1.0", .processor = "another machine"};
    {
        const ComparisonFolder folder(temporary / "run", FolderMode::create);
        lab::ComparisonRecord record = kRecord;
        record.provenance = {.version = "0.0.9", .processor = "the first machine", .processors = "3"};
        folder.write_config(record);
        for (const Run& run : runs) folder.write_run(run);
    }
    const ComparisonFolder folder(temporary / "run", FolderMode::resume);
    const auto record = folder.read_config();
    REQUIRE(record);
    CHECK(record->provenance.processor == "the first machine");
    folder.write_config(*record);  // a resume elsewhere changes nothing
    const auto stored = folder.read_runs(*folder.read_config(), kLabels);
    REQUIRE(stored.runs.size() == 2);
    CHECK(stored.runs[0].provenance.processor == "the first machine");
    CHECK(stored.runs[0].provenance.version == "0.0.9");
    CHECK(stored.runs[1].provenance == runs[1].provenance);
}

TEST_CASE("the configuration comes back as it was written") {
    const test::TemporaryFolder temporary;
    const ComparisonFolder folder(temporary / "run", FolderMode::create);
    CHECK_FALSE(folder.read_config());
    folder.write_config(kRecord);
    const auto record = folder.read_config();
    REQUIRE(record);
    CHECK(record->settings == kRecord.settings);
    CHECK(record->schedules == kRecord.schedules);
    CHECK(record->seeds == kRecord.seeds);
    std::ofstream(folder.path() / "config.json") << "{\"command\":";
    CHECK_THROWS_WITH(folder.read_config(), Catch::Contains("config.json") && Catch::Contains("damaged"));
}

// Found by the fuzzer: the JSON library converts such a number to whatever the processor makes of it.
TEST_CASE("a seed or count that is no whole number is damage") {
    const test::TemporaryFolder temporary;
    const ComparisonFolder folder(temporary / "run", FolderMode::create);
    folder.write_config(kRecord);
    const fs::path file = folder.path() / "config.json";
    auto config = nlohmann::ordered_json::parse(test::whole_file(file));
    for (const auto& seed : {nlohmann::ordered_json(1e50), nlohmann::ordered_json(-1), nlohmann::ordered_json(1.5)}) {
        config["seeds"] = {seed};
        std::ofstream(file) << config;
        CHECK_THROWS_WITH(folder.read_config(), Catch::Contains("damaged") && Catch::Contains("whole number"));
    }
    auto run = nlohmann::ordered_json::parse(lab::run_file_text(two_runs()[0]))["run"];
    const auto text_of = [](const nlohmann::ordered_json& of) {
        return "{\"crc32\":\"" + lab::crc32_hex(of.dump()) + "\",\"run\":" + of.dump() + "}";
    };
    CHECK(lab::parse_run_file(text_of(run)).seed == 1);
    for (const char* name : {"seed", "updates", "positives"})
        for (const auto& value : {nlohmann::ordered_json(1e50), nlohmann::ordered_json(-1)}) {
            CAPTURE(name, value.dump());
            auto changed = run;
            REQUIRE(changed.contains(name));
            changed[name] = value;
            CHECK_THROWS_WITH(lab::parse_run_file(text_of(changed)), Catch::Contains("whole number"));
        }
}

TEST_CASE("a run comes back from its file in every field") {
    const test::TemporaryFolder temporary;
    const ComparisonFolder folder(temporary / "run", FolderMode::create);
    Run run = two_runs()[0];
    run.sum_lr = 1.0 / 3;
    run.mean_lr = 1e-17;
    run.train_loss = NAN;
    run.seconds = 12.5;
    run.images_per_second = 1e5;
    run.epoch_loss = {0.1, 0.2};
    run.epoch_auc = {NAN, 0.7};
    run.tuned_threshold = 1.0 / 7;
    folder.write_run(run);
    const auto stored = folder.read_runs(kRecord, kLabels);
    REQUIRE(stored.runs.size() == 1);
    CHECK(stored.damaged.empty());
    const Run& back = stored.runs[0];
    CHECK(back.schedule == run.schedule);
    CHECK(back.seed == run.seed);
    CHECK(back.status == run.status);
    CHECK(back.updates == run.updates);
    CHECK(back.sum_lr == run.sum_lr);
    CHECK(back.mean_lr == run.mean_lr);
    CHECK(std::isnan(back.train_loss));
    CHECK(back.seconds == run.seconds);
    CHECK(back.images_per_second == run.images_per_second);
    CHECK(back.epoch_loss == run.epoch_loss);
    CHECK((std::isnan(back.epoch_auc[0]) && back.epoch_auc[1] == 0.7));
    CHECK(back.tuned_threshold == run.tuned_threshold);
    CHECK(back.curve.update == run.curve.update);
    CHECK(back.curve.learning_rate == run.curve.learning_rate);
    CHECK(back.curve.loss == run.curve.loss);
    REQUIRE(back.auc_curve.size() == 1);
    CHECK(back.auc_curve[0].updates == 2);
    CHECK(back.auc_curve[0].auc == 0.625);
    CHECK(back.test_probability == run.test_probability);
    CHECK(back.test.auc == run.test.auc);
    CHECK(back.test.log_loss == run.test.log_loss);
    CHECK(back.test.counts == run.test.counts);
    CHECK(back.test.positives == 1);
    CHECK(back.test.threshold == 0.5);
}

TEST_CASE("a diverged run is kept and a stopped one is not written") {
    const test::TemporaryFolder temporary;
    const ComparisonFolder folder(temporary / "run", FolderMode::create);
    auto runs = two_runs();
    runs[0].status = lab::RunStatus::diverged;
    runs[0].message = "fit: the loss is nan";
    runs[0].test_probability.clear();
    runs[1].status = lab::RunStatus::stopped;
    for (const Run& run : runs) folder.write_run(run);
    const auto stored = folder.read_runs(kRecord, kLabels);
    REQUIRE(stored.runs.size() == 1);
    CHECK(stored.runs[0].status == lab::RunStatus::diverged);
    CHECK(stored.runs[0].message == "fit: the loss is nan");
    CHECK(stored.damaged.empty());
}

TEST_CASE("every single changed or missing byte of a run file is noticed") {
    const test::TemporaryFolder temporary;
    const ComparisonFolder folder(temporary / "run", FolderMode::create);
    folder.write_run(two_runs()[0]);
    const fs::path file = folder.path() / "runs" / "constant-mean-seed1.json";
    const std::string text = test::whole_file(file);
    const auto put = [&](const std::string& content) { std::ofstream(file, std::ios::binary) << content; };
    int unnoticed = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        std::string changed = text;
        changed[i] = changed[i] == '1' ? '2' : '1';
        put(changed);
        const auto stored = folder.read_runs(kRecord, kLabels);
        // White space at the end carries nothing.
        if (stored.damaged.size() != 1 && i + 1 != text.size()) ++unnoticed;
        if (!stored.damaged.empty()) CHECK(stored.runs.empty());
    }
    CHECK(unnoticed == 0);
    for (const std::size_t size : {std::size_t{0}, std::size_t{1}, text.size() / 2, text.size() - 3}) {
        put(text.substr(0, size));
        const auto stored = folder.read_runs(kRecord, kLabels);
        REQUIRE(stored.damaged.size() == 1);
        CHECK_THAT(stored.damaged[0], Catch::Contains("constant-mean-seed1.json"));
    }
    put(text);
    CHECK(folder.read_runs(kRecord, kLabels).runs.size() == 1);
    const std::vector<std::int64_t> longer(3, 1), others(2, 0);
    CHECK(folder.read_runs(kRecord, longer).damaged.size() == 1);
    CHECK(folder.read_runs(kRecord, others).damaged.size() == 1);
    fs::rename(file, folder.path() / "runs" / "constant-mean-seed2.json");
    CHECK_THAT(folder.read_runs(kRecord, kLabels).damaged.at(0), Catch::Contains("it is of constant:mean, seed 1"));
}

TEST_CASE("test labels and tuning come back and damage is noticed") {
    const test::TemporaryFolder temporary;
    const ComparisonFolder folder(temporary / "run", FolderMode::create);
    CHECK_THROWS_WITH(folder.read_test_labels(), Catch::Contains("missing"));
    folder.write_test_labels(kLabels);
    CHECK(folder.read_test_labels() == kLabels);
    std::ofstream(folder.path() / "test_labels.txt") << "01x";
    CHECK_THROWS_WITH(folder.read_test_labels(), Catch::Contains("damaged"));

    CHECK_FALSE(folder.read_tuning());
    folder.write_tuning({0.1, {{0.1, lab::RunStatus::finished, 0.9, 0.2}, {0.2, lab::RunStatus::diverged, NAN, NAN}}});
    const auto tuning = folder.read_tuning();
    REQUIRE(tuning);
    CHECK(tuning->rate == 0.1);
    CHECK(tuning->at_edge());
    CHECK(std::isnan(tuning->trials.at(1).auc));
    std::ofstream(folder.path() / "tuning.json") << "{\"rate\": \"high\"}";
    CHECK_FALSE(folder.read_tuning());
}

TEST_CASE("files are named by schedule and seed without characters that file systems dislike") {
    const test::TemporaryFolder temporary;
    const ComparisonFolder folder(temporary / "run", FolderMode::create);
    train::History history;
    history.add(train::UpdateRow{.update = 0, .epoch = 1, .lr = 0.1, .loss = 0.5, .images_per_second = 10});
    folder.write_history(two_runs()[0], history);
    CHECK(fs::exists(folder.path() / "history" / "constant-mean-seed1.csv"));
    // Longer than a file name may be, and two of them that differ at the end only.
    Run a = two_runs()[0], b = a;
    a.schedule = std::string(400, 'a') + "1";
    b.schedule = std::string(400, 'a') + "2";
    folder.write_run(a);
    folder.write_run(b);
    lab::ComparisonRecord record = kRecord;
    record.schedules = {{a.schedule, ""}, {b.schedule, ""}};
    CHECK(folder.read_runs(record, kLabels).runs.size() == 2);
}

TEST_CASE("an existing folder is not touched unless it is a comparison and the mode allows it") {
    const test::TemporaryFolder temporary;
    std::ofstream(temporary / "precious.txt") << "mine";
    for (const auto mode : {FolderMode::create, FolderMode::overwrite, FolderMode::resume, FolderMode::read})
        CHECK_THROWS_AS(ComparisonFolder(temporary.path(), mode), UsageError);
    CHECK(test::whole_file(temporary / "precious.txt") == "mine");
    CHECK_FALSE(fs::exists(temporary / ".lock"));
    CHECK_THROWS_WITH(ComparisonFolder(temporary / "run", FolderMode::read), Catch::Contains("there is none"));
    {
        const ComparisonFolder first(temporary / "run", FolderMode::resume);
        first.write_config(kRecord);
        first.write_run(two_runs()[0]);
    }
    CHECK_THROWS_WITH(ComparisonFolder(temporary / "run", FolderMode::create), Catch::Contains("overwrite"));
    CHECK(ComparisonFolder(temporary / "run", FolderMode::resume).read_runs(kRecord, kLabels).runs.size() == 1);
    CHECK(ComparisonFolder(temporary / "run", FolderMode::read).read_runs(kRecord, kLabels).runs.size() == 1);
    std::ofstream(temporary / "run" / "note.txt") << "mine too";
    std::ofstream(temporary / "run" / "runs" / "x.json.tmp.123") << "half";
    std::ofstream(temporary / "run" / "result.json.tmp.123") << "half";
    std::ofstream(temporary / "run" / "note.tmp.1") << "mine as well";
    const ComparisonFolder again(temporary / "run", FolderMode::overwrite);
    CHECK_FALSE(fs::exists(again.path() / "config.json"));
    CHECK(again.read_runs(kRecord, kLabels).runs.empty());
    CHECK_FALSE(fs::exists(again.path() / "runs" / "x.json.tmp.123"));
    CHECK_FALSE(fs::exists(again.path() / "result.json.tmp.123"));
    CHECK(fs::exists(again.path() / "note.tmp.1"));
    CHECK(test::whole_file(again.path() / "note.txt") == "mine too");
    std::ofstream(temporary / "file") << "";
    CHECK_THROWS_WITH(ComparisonFolder(temporary / "file", FolderMode::create), Catch::Contains("this is a file"));
    CHECK_THROWS_WITH(ComparisonFolder(temporary / "file" / "below", FolderMode::create), Catch::Contains("below"));
}

TEST_CASE("a start that was killed before its configuration was there leaves nothing in the way") {
    const test::TemporaryFolder temporary;
    std::ofstream(temporary / ".lock") << "";
    std::ofstream(temporary / "config.json.tmp.123") << "{";
    fs::create_directories(temporary / "runs");
    const ComparisonFolder folder(temporary.path(), FolderMode::create);
    CHECK_FALSE(fs::exists(temporary / "config.json.tmp.123"));
}

TEST_CASE("the checkpoints of a run are there until it is done") {
    const test::TemporaryFolder temporary;
    const auto runs = two_runs();
    {
        const ComparisonFolder folder(temporary / "run", FolderMode::create);
        folder.write_config(kRecord);
        for (const Run& run : runs) fs::create_directories(folder.checkpoint_folder(run) / "x");
        folder.write_run(runs[0]);
        CHECK_FALSE(fs::exists(folder.checkpoint_folder(runs[0])));
        CHECK(fs::exists(folder.checkpoint_folder(runs[1])));
        fs::create_directories(folder.checkpoint_folder(runs[0]) / "x");  // as if killed just before
    }
    {
        const ComparisonFolder folder(temporary / "run", FolderMode::resume);
        CHECK_FALSE(fs::exists(folder.checkpoint_folder(runs[0])));
        CHECK(fs::exists(folder.checkpoint_folder(runs[1])));
        folder.write_run(runs[1]);
    }
    CHECK_FALSE(fs::exists(temporary / "run" / "checkpoints"));
    fs::create_directories(ComparisonFolder(temporary / "run", FolderMode::read).checkpoint_folder(runs[1]) / "x");
    const ComparisonFolder folder(temporary / "run", FolderMode::overwrite);
    CHECK_FALSE(fs::exists(temporary / "run" / "checkpoints"));
}

TEST_CASE("a folder in use is refused and its files stay") {
    const test::TemporaryFolder temporary;
    const auto first = std::make_unique<ComparisonFolder>(temporary / "run", FolderMode::create);
    first->write_config(kRecord);
    first->write_run(two_runs()[0]);
    std::ofstream(temporary / "run" / "runs" / "x.json.tmp.123") << "being written";
    fs::create_directories(first->checkpoint_folder(two_runs()[0]));
    for (const auto mode : {FolderMode::overwrite, FolderMode::read}) {
        CHECK_THROWS_AS(ComparisonFolder(temporary / "run", mode), Error);
        CHECK_THROWS_WITH(ComparisonFolder(temporary / "run", mode), Catch::Contains("another process"));
    }
    {  // a process that resumes joins, and touches nothing that may be the first one's
        const ComparisonFolder second(temporary / "run", FolderMode::resume);
        CHECK(second.read_runs(kRecord, kLabels).runs.size() == 1);
        CHECK(fs::exists(second.checkpoint_folder(two_runs()[0])));
        CHECK(fs::exists(temporary / "run" / "runs" / "x.json.tmp.123"));
        CHECK_THROWS_WITH(ComparisonFolder(temporary / "run", FolderMode::overwrite),
                          Catch::Contains("another process"));
    }
    CHECK(first->read_runs(kRecord, kLabels).runs.size() == 1);
}

TEST_CASE("equal data have equal fingerprints and one pixel or label more gives another") {
    const auto split = data::synthetic_patches({.positives = 4, .negatives = 8, .size = 8}).split(0.5);
    const std::string fingerprint = split.fingerprint();
    CHECK(fingerprint == split.fingerprint());
    CHECK(fingerprint != (data::Splits{.train = *split.test, .test = split.train}.fingerprint()));
    auto changed = data::synthetic_patches({.positives = 4, .negatives = 8, .size = 8}).split(0.5);
    changed.test->labels.mutable_data<std::int64_t>()[0] ^= 1;
    CHECK(fingerprint != changed.fingerprint());
}

TEST_CASE("rebalanced runs have files and places of their own, and without rebalancing a folder is as before") {
    const test::TemporaryFolder temporary;
    const ComparisonFolder folder(temporary / "run", FolderMode::create);
    auto runs = two_runs();
    runs[1].seed = 1;
    runs[1].rebalancing = "batch:4";
    runs[1].training_prior = 0.25;
    runs[1].tuned_threshold = 0.3;
    for (const Run& run : runs) folder.write_run(run);
    CHECK(fs::exists(folder.path() / "runs" / "constant-mean-seed1.json"));
    CHECK(fs::exists(folder.path() / "runs" / "constant-mean+batch-4-seed1.json"));
    lab::ComparisonRecord record = kRecord;
    CHECK(folder.read_runs(record, kLabels).runs.size() == 1);
    folder.write_config(record);
    CHECK_FALSE(nlohmann::json::parse(test::whole_file(folder.path() / "config.json")).contains("balances"));
    CHECK_THAT(test::whole_file(folder.path() / "runs" / "constant-mean-seed1.json"),
               !Catch::Contains("balance\"") && !Catch::Contains("share") && !Catch::Contains("tuned"));
    record.rebalancings = {"none", "batch:4"};
    folder.write_config(record);
    CHECK(folder.read_config()->rebalancings == record.rebalancings);
    const auto stored = folder.read_runs(record, kLabels);
    REQUIRE(stored.runs.size() == 2);
    CHECK(stored.runs[1].configuration() == "constant:mean + batch:4");
    CHECK(stored.runs[1].training_prior == 0.25);
    CHECK(std::isnan(stored.runs[1].trained_prior));
    folder.write_curves(stored.runs);
    CHECK_THAT(test::whole_file(folder.path() / "curves.csv"),
               Catch::Contains("constant:mean + batch:4,1,0,0.1,0.7\n"));
}
