// The options that say what data mean, as a user meets them in every program.

#include <algorithm>
#include <fstream>

#include <nlohmann/json.hpp>

#include "data/file_bytes.h"
#include "support/catch.h"
#include "support/programs.h"

using namespace cyclone;
using test::run_program;
using test::whole_file;

namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

const std::string kQuick = " --model 'flatten linear:classes' --epochs 2 --batch-size 8 --threads 1 ";

// 4 x 4 pixels, the upper half bright where the label is 1; the label stands last, under a name of its own.
std::string table(int rows, const std::string& label_name, const std::string& zero, const std::string& one) {
    std::string text;
    for (int p = 0; p < 16; ++p) text += "p" + std::to_string(p) + ",";
    text += "Patient-ID," + label_name + "\n";
    for (int r = 0; r < rows; ++r) {
        for (int p = 0; p < 16; ++p)
            text += std::to_string(((p < 8) == (r % 2 == 1) ? 180 : 20) + (r * 7 + p * 5) % 50) + ",";
        text += std::to_string(r / 4) + "," + (r % 2 ? one : zero) + "\n";
    }
    return text;
}

void write(const fs::path& file, const std::string& text) { std::ofstream(file, std::ios::binary) << text; }

}  // namespace

TEST_CASE("train reads a table whose label stands last and says what it took for what") {
    const test::TemporaryFolder folder;
    const std::string t = folder.path().string(), data = t + "/t.csv";
    write(folder / "t.csv", table(40, "finding", "none", "some"));
    const auto trained = run_program("cyclone", "train " + data + kQuick + "--out " + t + "/run");
    INFO(trained.out << trained.err);
    REQUIRE(trained.code == 0);
    CHECK_THAT(trained.err, Catch::Contains("cyclone train: ") &&
                                Catch::Contains("the labels are those of 'finding'") &&
                                Catch::Contains("images of one 'Patient-ID' stay together"));
    CHECK_THAT(trained.out, Catch::Contains("4 x 4 pixels in 8-bit grey") && Catch::Contains("positive class: some"));
    // The other class is the positive one when that is asked for, and predict and evaluate follow.
    const auto other = run_program("cyclone", "train " + data + kQuick + "--positive none --out " + t + "/other");
    REQUIRE(other.code == 0);
    CHECK_THAT(other.out, Catch::Contains("positive class: none"));
    const std::string weights = " --weights " + t + "/other/best.safetensors";
    const auto evaluated = run_program("cyclone", "evaluate " + data + weights + " --json");
    INFO(evaluated.err);
    REQUIRE(evaluated.code == 0);
    CHECK(Json::parse(evaluated.out)["auc"] == 1.0);
    // Rows without a label, in any number of columns that tells itself.
    const auto labelled = run_program("cyclone", "predict " + data + weights);
    std::string bare = table(40, "finding", "", "");
    const auto whole = bare;
    bare.clear();
    for (std::size_t begin = 0, end; (end = whole.find('\n', begin)) != std::string::npos; begin = end + 1) {
        const std::string line = whole.substr(begin, end - begin);
        bare += line.substr(0, line.rfind(',', line.rfind(',') - 1)) + "\n";
    }
    write(folder / "bare.csv", bare);
    const auto predicted = run_program("cyclone", "predict " + t + "/bare.csv" + weights);
    INFO(predicted.err);
    CHECK(predicted.code == 0);
    CHECK(test::lines_in(predicted.out) == 41);
    CHECK(predicted.out == labelled.out);
    // One class alone is evaluated; a class that was not trained on is refused by its name.
    write(folder / "one.csv", table(20, "label", "none", "none"));
    CHECK(run_program("cyclone", "evaluate " + t + "/one.csv" + weights).code == 0);
    write(folder / "bad.csv", table(20, "label", "none", "many"));
    CHECK_THAT(run_program("cyclone", "evaluate " + t + "/bad.csv" + weights).err, Catch::Contains("got 'many'"));
}

TEST_CASE("every program that reads data takes the options and refuses those without effect") {
    const test::TemporaryFolder folder;
    const std::string t = folder.path().string(), out = " --out " + t + "/out";
    write(folder / "t.csv", table(24, "left", "1", "0"));
    // Two columns could be the label, so that it is asked for.
    std::string two = whole_file(folder / "t.csv");
    for (std::size_t at = two.find('\n'); at != std::string::npos; at = two.find('\n', at + 3)) two.insert(at, ",1");
    two.replace(two.find("left,1"), 6, "left,right");
    write(folder / "two.csv", two);
    for (const char* command : {"train", "compare", "find-lr"}) {
        INFO(command);
        const std::string start = command + std::string(" ") + t;
        const auto asked = run_program("cyclone", start + "/two.csv" + out);
        CHECK(asked.code == 2);
        CHECK_THAT(asked.err, Catch::Contains("--label: ") && Catch::Contains("left, right"));
        const auto unused = run_program("cyclone", start + "/t.csv --images x" + out);
        CHECK(unused.code == 2);
        CHECK_THAT(unused.err, Catch::Contains("--images: has no effect on ") && Catch::Contains("which is CSV"));
        CHECK_THAT(run_program("cyclone", start + "/t.csv --label left --positive 7" + out).err,
                   Catch::Contains("--positive: ") && Catch::Contains("0, 1"));
        CHECK_FALSE(fs::exists(folder / "out"));
    }
    const auto converted =
        run_program("cyclone", "convert " + t + "/two.csv " + t + "/x.cyc --label left --group none");
    INFO(converted.err);
    CHECK(converted.code == 0);
    CHECK_THAT(converted.out, Catch::Contains("groups           no"));
    CHECK_THAT(converted.err, Catch::Contains("columns not used: Patient-ID, right"));
    CHECK_THAT(run_program("cyclone", "convert " + t + "/t.csv " + t + "/y.cyc --resize 8").err,
               Catch::Contains("--resize: has no effect"));
    CHECK_THAT(run_program("cyclone", "convert synthetic " + t + "/y.cyc --positives 2 --negatives 2 --label x").err,
               Catch::Contains("--label: has no effect on synthetic"));
    CHECK_THAT(run_program("cyclone", "convert " + t + "/two.csv " + t + "/y.cyc --label left --positives 3").err,
               Catch::Contains("--positives: is for synthetic patches"));
    CHECK_THAT(run_program("cyclone", "find-lr synthetic --shape 8x8" + out).err,
               Catch::Contains("--shape: has no effect on synthetic"));
    CHECK_FALSE(fs::exists(folder / "y.cyc"));
    CHECK_THAT(run_program("cyclone", "convert " + t + "/t.csv " + t + "/y.cyc --hdf5-images x").err,
               Catch::Contains("--hdf5-images: is now --images"));
}

TEST_CASE("a comparison of a table keeps what its columns mean") {
    const test::TemporaryFolder folder;
    const std::string t = folder.path().string();
    write(folder / "t.csv", table(60, "left", "1", "0"));
    const std::string start =
        "compare " + t + "/t.csv --preset quick --seeds 1 --schedules constant:max --epochs 1 --jobs 1 ";
    const auto first = run_program("cyclone", start + "--label left --group none --positive 0 --out " + t + "/run");
    INFO(first.out << first.err);
    REQUIRE(first.code == 0);
    const auto more = run_program("cyclone", "compare --resume --seeds 2 --jobs 1 --out " + t + "/run");
    INFO(more.err);
    CHECK(more.code == 0);
    const auto other = run_program("cyclone", "compare --resume --group Patient-ID --out " + t + "/run");
    CHECK(other.code == 2);
    CHECK_THAT(other.err, Catch::Contains("group: none there, asked for was Patient-ID"));
}

TEST_CASE("a test set of its own may lack a class and needs no option twice") {
    const test::TemporaryFolder folder;
    const std::string t = folder.path().string();
    write(folder / "t.csv", table(40, "label", "0", "1"));
    write(folder / "one.csv", table(10, "label", "1", "1.0"));
    const auto trained =
        run_program("cyclone", "train " + t + "/t.csv" + kQuick + "--test " + t + "/one.csv --out " + t + "/run");
    INFO(trained.out << trained.err);
    CHECK(trained.code == 0);
    CHECK_THAT(trained.out, Catch::Contains("10 images of 4 x 4 pixels in 8-bit grey (0 0, 10 1)"));
}

TEST_CASE("a folder that only holds data files names one") {
    const test::TemporaryFolder folder;
    fs::create_directory(folder / "download");
    write(folder / "download/t.csv", table(10, "label", "0", "1"));
    const auto result = run_program("cyclone", "train " + (folder / "download").string());
    CHECK(result.code == 1);
    CHECK_THAT(result.err, Catch::Contains("download/t.csv (CSV)"));
}
