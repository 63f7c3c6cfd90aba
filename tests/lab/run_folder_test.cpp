#include <cyclone/lab/plot.h>
#include <cyclone/lab/run_folder.h>

#include <fstream>
#include <iterator>

#include <nlohmann/json.hpp>

#include "support/catch.h"
#include "support/shared_files.h"

using namespace cyclone;
using lab::Run;
using lab::RunFolder;

namespace {

namespace fs = std::filesystem;

std::string read(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<Run> two_runs() {
    std::vector<Run> runs(2);
    for (std::size_t i = 0; i < 2; ++i) {
        runs[i].schedule = "constant:mean";
        runs[i].seed = i + 1;
        runs[i].status = lab::RunStatus::finished;
        runs[i].updates = 3;
        runs[i].test.auc = 0.5 + 0.1 * static_cast<double>(i);
        runs[i].curve = {{0, 1, 2}, {0.1, 0.2, 0.1}, {0.7, 0.6, 0.5}};
    }
    return runs;
}

const lab::ComparisonRecord kRecord{
    "fixed_vs_clr \xff", "data", {{"epochs", "1"}}, {{"constant:mean", "constant(0.1)"}}, {1, 2}};

}  // namespace

TEST_CASE("a run folder holds config and result as valid JSON") {
    const test::TemporaryFolder temporary;
    const RunFolder folder(temporary / "run", false);
    folder.write_config(kRecord);
    auto runs = two_runs();
    runs[1].test.auc = NAN;  // JSON has no NaN
    const auto summaries = lab::summarize(runs);
    folder.write_curves(runs);
    folder.write_result(kRecord, runs, summaries, {"a sentence"});
    const auto config = nlohmann::json::parse(read(folder.path() / "config.json"));
    CHECK(config["settings"]["epochs"] == "1");
    const auto result = nlohmann::json::parse(read(folder.path() / "result.json"));
    CHECK(result["schedules"][0]["name"] == "constant:mean");
    CHECK(result["schedules"][0]["auc"]["runs"][0] == 0.5);
    CHECK(result["schedules"][0]["auc"]["runs"][1].is_null());
    CHECK(result["seeds"] == nlohmann::json({1, 2}));
    CHECK(result["machine"].contains("processor"));
    CHECK(result["runs"].size() == 2);
    CHECK_THAT(read(folder.path() / "curves.csv"), Catch::Contains("constant:mean,1,0,0.1,0.7\n"));
}

TEST_CASE("histories are named by schedule and seed without characters that file systems dislike") {
    const test::TemporaryFolder temporary;
    const RunFolder folder(temporary / "run", false);
    train::History history;
    history.add(train::UpdateRow{.update = 0, .epoch = 1, .lr = 0.1, .loss = 0.5, .images_per_second = 10});
    folder.write_history(two_runs()[0], history);
    CHECK(fs::exists(folder.path() / "history" / "constant-mean-seed1.csv"));
}

TEST_CASE("an existing folder is not touched unless it is a comparison and overwriting was asked for") {
    const test::TemporaryFolder temporary;
    std::ofstream(temporary / "precious.txt") << "mine";
    CHECK_THROWS_AS(RunFolder(temporary.path(), true), UsageError);
    CHECK(read(temporary / "precious.txt") == "mine");
    RunFolder(temporary / "run", false).write_config(kRecord);
    CHECK_THROWS_WITH(RunFolder(temporary / "run", false), Catch::Contains("--overwrite"));
    std::ofstream(temporary / "run" / "note.txt") << "mine too";
    const RunFolder again(temporary / "run", true);
    CHECK_FALSE(fs::exists(again.path() / "config.json"));
    CHECK(read(again.path() / "note.txt") == "mine too");
    std::ofstream(temporary / "file") << "";
    CHECK_THROWS_WITH(RunFolder(temporary / "file", false), Catch::Contains("this is a file"));
    CHECK_THROWS_WITH(RunFolder(temporary / "file" / "below", false), Catch::Contains("--out"));
}

TEST_CASE("gnuplot draws the curves as SVG") {
    if (!lab::have_gnuplot()) CYCLONE_SKIP("gnuplot is not installed");
    const test::TemporaryFolder temporary;
    auto runs = two_runs();
    runs[1].schedule = "it's";  // a quote must not end gnuplot's string
    lab::plot_curves(temporary / "c.svg", runs);
    const std::string svg = read(temporary / "c.svg");
    CHECK_THAT(svg, Catch::Contains("</svg>") && Catch::Contains("constant:mean") && Catch::Contains("learning rate"));
    CHECK_THROWS_WITH(lab::plot_curves(temporary / "missing" / "c.svg", runs), Catch::Contains("gnuplot failed"));
}
