// cyclone convert as a user meets it.

#include <cyclone/data/open.h>
#include <cyclone/data/synthetic.h>

#include <chrono>
#include <csignal>
#include <cstring>
#include <fstream>
#include <iterator>
#include <thread>
#include <vector>

#include "cli/comparison_program.h"
#include "support/catch.h"
#include "support/programs.h"

using namespace cyclone;

namespace {

namespace fs = std::filesystem;

test::ProgramResult convert(const std::string& arguments) {
    return test::run_program("cyclone", "convert " + arguments);
}

void write(const fs::path& file, const std::string& bytes) {
    fs::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << bytes;
}

std::string ppm(int height, int width, int channels, char value) {
    return std::string(channels == 3 ? "P6 " : "P5 ") + std::to_string(width) + ' ' + std::to_string(height) +
           " 255\n" + std::string(static_cast<std::size_t>(height * width * channels), value);
}

bool same_pixels(const data::Dataset& a, const data::Dataset& b) {
    if (a.size() != b.size() || a.image_shape() != b.image_shape() || a.images.dtype() != b.images.dtype())
        return false;
    const std::size_t bytes = static_cast<std::size_t>(a.images.numel()) * size_of(a.images.dtype());
    return std::memcmp(a.images.tensor().bytes(), b.images.tensor().bytes(), bytes) == 0 &&
           a.labels.to_vector<std::int64_t>() == b.labels.to_vector<std::int64_t>();
}

}  // namespace

TEST_CASE("a folder of images becomes the flat file that opens as the folder does") {
    const test::TemporaryFolder temporary;
    const fs::path folder = temporary / "pictures";
    // More files than one block, colour in the last one only.
    for (int i = 0; i < 1'030; ++i)
        write(folder / "train" / (i % 3 ? "cat" : "dog") / (std::to_string(i) + ".pnm"),
              ppm(2, 3, i == 1'029 ? 3 : 1, static_cast<char>(i % 200)));
    write(folder / "test" / "cat" / "a.pnm", ppm(2, 3, 1, 'x'));
    const std::string out = (temporary / "x.cyc").string();
    const auto result = convert(folder.string() + " " + out);
    INFO(result.err);
    REQUIRE(result.code == 0);
    CHECK_THAT(result.err, Catch::Contains("1029 of 1030 images are grey"));
    CHECK(test::lines_in(result.err) == 1);
    CHECK_THAT(result.out, Catch::Contains("1031 of 2 x 3 x 3, u8") &&
                               Catch::Contains("1030 train, 0 validation, 1 test") && Catch::Contains("2: cat, dog"));
    const data::Splits direct = data::open(folder), flat = data::open(out);
    CHECK(same_pixels(flat.train, direct.train));
    CHECK(same_pixels(flat.test.value(), direct.test.value()));
    CHECK(flat.train.standardization->mean == direct.train.standardization->mean);
    CHECK(flat.test->standardization->scale == direct.test->standardization->scale);

    SECTION("and is looked at and verified") {
        CHECK(convert("--verify " + out).code == 0);
        const auto info = convert("--info " + out);
        CHECK(info.code == 0);
        CHECK(result.out.ends_with(info.out));
        std::fstream(out, std::ios::in | std::ios::out | std::ios::binary).seekp(500).put('!');
        CHECK(convert("--info " + out).code == 0);
        const auto damaged = convert("--verify " + out);
        CHECK(damaged.code == 1);
        CHECK_THAT(damaged.err, Catch::Contains("x.cyc: the pixels are damaged"));
        CHECK(test::lines_in(damaged.err) == 1);
    }
    SECTION("and damaged images stop it or are named") {
        write(folder / "train" / "dog" / "bad.pnm", "P5 3 2 255\nx");
        const auto stopped = convert(folder.string() + " " + (temporary / "y.cyc").string());
        CHECK(stopped.code == 1);
        CHECK_FALSE(fs::exists(temporary / "y.cyc"));
        CHECK(std::distance(fs::directory_iterator(temporary.path()), fs::directory_iterator()) == 2);  // as before
        const auto left = convert(folder.string() + " " + (temporary / "y.cyc").string() +
                                  " --most-bad 0.01 --quiet --resize 4x4 --channels 1 --bits 16");
        CHECK(left.code == 0);
        CHECK(left.out.empty());
        CHECK_THAT(left.err, Catch::Contains("left out") && Catch::Contains("bad.pnm"));
        CHECK(test::lines_in(left.err) == 1);
        const data::ImageOptions images{
            .fit = data::ImageFit::resize, .height = 4, .width = 4, .channels = 1, .bits = 16, .most_bad = 0.01};
        CHECK(same_pixels(data::open(temporary / "y.cyc").train, data::open(folder, {.images = images}).train));
    }
}

TEST_CASE("other data become flat files too") {
    const test::TemporaryFolder temporary;
    const std::string out = (temporary / "x.cyc").string();
    write(temporary / "t.csv", "label,patient,a,b,c,d\nyes,1,1,2,3,4\nno,2,5,6,7,8\nno,1,5,6,7,300\n");
    REQUIRE(convert((temporary / "t.csv").string() + " " + out + " --shape 1x2x2").code == 0);
    const data::Splits table = data::open(out);
    CHECK(table.train.image_shape() == Shape{1, 2, 2});
    CHECK(table.train.images.dtype() == DType::u16);
    CHECK(table.groups.size() == 3);
    CHECK(table.train.class_names == std::vector<std::string>{"no", "yes"});

    // In pieces of 16,384.
    REQUIRE(convert("synthetic " + out + " --overwrite --positives 20 --negatives 16400 --side 8 --data-seed 7").code ==
            0);
    CHECK(same_pixels(data::open(out).train,
                      data::synthetic_patches({.positives = 20, .negatives = 16'400, .seed = 7, .size = 8})));
    // A flat file again, onto itself.
    const std::string before = test::whole_file(out);
    REQUIRE(convert(out + " " + out + " --overwrite").code == 0);
    CHECK(test::whole_file(out) == before);
}

TEST_CASE("a conversion that is stopped leaves nothing behind") {
    const test::TemporaryFolder temporary;
    const fs::path out = temporary / "big.cyc";
    const auto files = [&] {
        return std::distance(fs::directory_iterator(temporary.path()), fs::directory_iterator());
    };
    const pid_t child = test::start(
        {"convert", "synthetic", out.string(), "--positives", "100000", "--negatives", "10000000", "--quiet"});
    for (int i = 0; i < 2000 && files() == 0; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    REQUIRE(files() == 1);
    kill(child, SIGINT);
    CHECK(test::exit_code(child) == 1);
    CHECK(files() == 0);
}

TEST_CASE("every mistake of a conversion is one line with the right exit code") {
    const test::TemporaryFolder temporary;
    const std::string t = temporary.path().string(), out = " " + t + "/x.cyc";
    write(temporary / "there", "x");
    struct Mistake {
        std::string arguments;
        int code;
        std::string text;
    };
    const std::vector<Mistake> mistakes = {
        {"", 2, "expected DATA and OUTPUT"},
        {t + "/none", 2, "expected DATA and OUTPUT"},
        {t + "/none" + out, 1, "nothing of that name"},
        {t + "/there" + out, 1, "expected rows after the header"},
        {t + " " + t + "/there", 2, "--overwrite"},
        {t + out + " --resize 5x5x1", 2, "--resize: expected HEIGHTxWIDTH"},
        {t + out + " --resize 5x", 2, "--resize"},
        {t + out + " --resize 5x0", 2, "--resize"},
        {t + out + " --resize 5x5 --resize 6x6", 2, "--resize: is given twice"},
        {t + out + " --resize 5x5 --fit stretch", 2, "image fit"},
        {t + out + " --crop 5x5", 2, "--crop: is now --resize HxW --fit crop"},
        {t + out + " --shape 2x2x2x2", 2, "--shape"},
        {t + out + " --resise 5x5", 2, "did you mean --resize"},
        {"synthetic" + out + " --side 3", 2, "size"},
        {"synthetic" + out + " --size 8", 2, "--size: is now --side"},
        {"synthetic" + out + " --memory-limit -1GB", 2, "--memory-limit"},
        {"synthetic" + out + " --positives 0", 1, "class 'positive' has no image"},
        {"synthetic " + t + "/none/x.cyc", 1,
         "none/x.cyc: cannot write: No such file or directory (hint: there is no folder "},
        {"--info " + t + "/there", 1, "expected a flat file"},
        {"--verify " + t + "/none", 1, "cannot read"},
    };
    for (const Mistake& mistake : mistakes) {
        INFO(mistake.arguments);
        const auto result = convert(mistake.arguments);
        INFO(result.err);
        CHECK(result.code == mistake.code);
        CHECK(test::lines_in(result.err) == 1);
        CHECK_THAT(result.err, Catch::StartsWith("cyclone convert: ") && Catch::Contains(mistake.text));
        CHECK(result.out.empty());
    }
    CHECK(std::distance(fs::directory_iterator(temporary.path()), fs::directory_iterator()) == 1);
    const auto help = convert("--help");
    CHECK(help.code == 0);
    CHECK_THAT(help.out, Catch::Contains("Examples:") && Catch::Contains("--verify"));
}
