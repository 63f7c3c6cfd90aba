// Tables and lists that name image files: the column, the ending, the folder.
#include <cyclone/data/formats/csv.h>
#include <cyclone/data/open.h>

#include "data/image_bytes.h"
#include "support/catch.h"

using namespace cyclone;
using namespace cyclone::data;
using test::Folder;
using test::pgm;
namespace fs = std::filesystem;

namespace {

// Images of one pixel, value 10 times their number.
void add_images(const Folder& folder, const std::vector<std::string>& names) {
    for (std::size_t i = 0; i < names.size(); ++i) folder.add(names[i], pgm(1, 1, std::string(1, char(10 * (i + 1)))));
}

std::vector<int> pixels_of(const Splits& parts) {
    const auto values = parts.train.images.tensor().to(DType::i64).to_vector<std::int64_t>();
    return {values.begin(), values.end()};
}

}  // namespace

TEST_CASE("the column of files and their ending are found by looking") {
    const Folder folder;
    add_images(folder, {"0a1.pgm", "0b2.pgm", "0c3.pgm", "0d4.pgm"});
    folder.add("t.csv", "id,breed\n0d4,pug\n0a1,collie\n0b2,pug\n0c3,collie\n");
    const Splits parts = open(folder / "t.csv", {.label = "breed"});
    CHECK(pixels_of(parts) == std::vector{40, 10, 20, 30});
    CHECK(parts.train.class_names == std::vector<std::string>{"collie", "pug"});

    folder.add("ham.csv", "lesion,image_id,dx,age\nL1,0a1,mel,33\nL2,0b2,nv,40\nL1,0c3,mel,51\nL3,0d4,nv,60\n");
    const Splits more = open(folder / "ham.csv", {.label = "dx"});
    CHECK(pixels_of(more) == std::vector{10, 20, 30, 40});
    CHECK(more.groups == std::vector<std::int64_t>{0, 1, 0, 2});  // the lesions

    add_images(folder, {"img/1001.pgm", "img/1002.pgm", "img/1003.pgm"});
    folder.add("numbers.csv", "image_id;label\n1003;a\n1001;b\n1002;a\n");
    CHECK(pixels_of(open(folder / "numbers.csv", {.image_root = folder / "img"})) == std::vector{30, 10, 20});
}

TEST_CASE("the column of files and their ending can be named, and what is open is asked") {
    const Folder folder;
    add_images(folder, {"a.pgm", "b.pgm", "x.pgm", "y.pgm"});
    add_images(folder, {"a.other.pgm", "b.other.pgm"});
    folder.add("two.csv", "front,back,label\na,x,1\nb,y,0\n");
    CHECK_THROWS_WITH(open(folder / "two.csv"), Catch::Contains("--file-column") && Catch::Contains("front"));
    CHECK(pixels_of(open(folder / "two.csv", {.label = "label", .file_column = "back"})) == std::vector{30, 40});
    CHECK(pixels_of(open(folder / "two.csv", {.label = "label", .file_column = "2"})) == std::vector{30, 40});
    CHECK(pixels_of(open(folder / "two.csv", {.label = "label", .file_column = "front", .ending = "other.pgm"})) ==
          std::vector{10, 20});
    CHECK_THROWS_AS(open(folder / "two.csv", {.file_column = "side"}), UsageError);
    // The option says that the first row is a header, where its other names could be values.
    folder.add("named.csv", "scan,grade\na,high\nb,low\n");
    CHECK(pixels_of(open(folder / "named.csv", {.label = "2", .file_column = "scan"})) == std::vector{10, 20});
    folder.add("ids.csv", "id,label\na,1\nb,0\n");
    CHECK_THROWS_WITH(open(folder / "ids.csv", {.image_root = folder / "none"}),
                      Catch::Contains("--image-root: no column of"));
    CHECK_THROWS_WITH(open(folder / "two.csv", {.file_column = "front", .ending = ".tif"}),
                      Catch::Contains("--ending: none of the 2 files"));
    folder.add("pixels.csv", "0,1,2,3,4\n1,5,6,7,8\n");
    folder.add("faces.csv", "emotion,pixels\n0,1 2 3 4\n1,5 6 7 8\n");
    folder.add("named.csv", "label,p0,p1,p2,p3\ncat,1,2,3,4\ndog,5,6,7,8\n");
    for (const char* table : {"pixels.csv", "faces.csv", "named.csv"})
        for (const auto& [option, given] : {std::pair{"--ending", OpenOptions{.ending = ".png"}},
                                            {"--image-root", OpenOptions{.image_root = folder.path()}}}) {
            CAPTURE(table, option);
            CHECK_THROWS_WITH(open(folder / table, given),
                              Catch::Contains(std::string(option) + ": has no effect on ") && Catch::Contains(table));
        }
}

TEST_CASE("files that are elsewhere are found below the folder that is named, and where they are is said") {
    const Folder folder;
    add_images(folder, {"t/img/a.pgm", "t/img/b.pgm", "t/img/deep/c.pgm"});
    folder.add("t/names.csv", "file,label\na.pgm,x\nb.pgm,y\n");
    CHECK_THROWS_WITH(open(folder / "t/names.csv"), Catch::Contains("--image-root: none of the 2 files") &&
                                                        Catch::Contains("t/a.pgm") &&
                                                        Catch::Contains("--image-root " + (folder / "t/img").string()));
    CHECK_THROWS_AS(files_in_table(folder / "t/names.csv"), UsageError);
    CHECK_THROWS_WITH(open(folder / "t/names.csv", {.image_root = folder / "t/img/deep"}),
                      Catch::Contains("--image-root FOLDER says where they are"));
    CHECK(pixels_of(open(folder / "t/names.csv", {.image_root = folder / "t/img"})) == std::vector{10, 20});
    // As Windows and as other machines write paths.
    folder.add("t/windows.csv", "file;label\r\n\"img\\a.pgm\";x\r\nimg\\deep\\c.pgm;y\r\n");
    CHECK(pixels_of(open(folder / "t/windows.csv")) == std::vector{10, 30});
    folder.add("t/other.csv", "file,label\n/home/ann/photos/img/a.pgm,x\nC:\\photos\\img\\deep\\c.pgm,y\n");
    CHECK_THROWS_WITH(open(folder / "t/other.csv"), Catch::Contains("--image-root: none of the 2 files"));
    CHECK(pixels_of(open(folder / "t/other.csv", {.image_root = folder / "t"})) == std::vector{10, 30});
    CHECK(files_in_table(folder / "t/other.csv", {.image_root = folder / "t/img"}).paths.size() == 2);
    // One that is missing among others is a bad file, and the fraction that is named suffices.
    folder.add("t/one.csv", "file,label\nimg/a.pgm,x\nimg/b.pgm,y\nimg/z.pgm,y\n");
    CHECK_THROWS_WITH(open(folder / "t/one.csv"),
                      Catch::Contains("1 of 3 files are bad") && Catch::Contains("--most-bad 0.34, or"));
    CHECK(open(folder / "t/one.csv", {.images = {.most_bad = 0.34}}).train.size() == 2);
}

TEST_CASE("a table with a column per class is read where each row has one 1") {
    const Folder folder;
    add_images(folder, {"a.pgm", "b.pgm", "c.pgm", "d.pgm"});
    folder.add("isic.csv", "image,MEL,NV,BCC\na,0.0,1.0,0.0\nb,1.0,0.0,0.0\nc,0,0,1\nd,0,1,0\n");
    const Splits read = open(folder / "isic.csv");
    CHECK(read.train.class_names == std::vector<std::string>{"BCC", "MEL", "NV"});
    CHECK(read.train.labels.to_vector<std::int64_t>() == std::vector<std::int64_t>{2, 1, 0, 2});
    REQUIRE(read.notes.size() == 1);
    CHECK_THAT(read.notes[0], Catch::Contains("columns MEL, NV, BCC is a class"));
    CHECK(open(folder / "isic.csv", {.label = "MEL"}).train.class_names == std::vector<std::string>{"0", "1"});
    // Answers to several questions, and other numbers.
    folder.add("signs.csv", "image,cyst,stone\na,0,1\nb,1,1\nc,0,0\nd,1,0\n");
    CHECK_THROWS_WITH(open(folder / "signs.csv"),
                      Catch::Contains("--label: ") && Catch::Contains("line 3 has 2 ones and 0 zeros"));
    folder.add("ages.csv", "image,sex,age\na,0,1\nb,1,44\nc,0,30\nd,1,20\n");
    CHECK_THROWS_AS(open(folder / "ages.csv"), UsageError);
    folder.add("patient.csv", "image,sex,age\na,0,61\nb,1,44\n");
    CHECK_THROWS_WITH(open(folder / "patient.csv"), Catch::Contains("--label: ") && Catch::Contains("sex, age"));
    CHECK(files_in_table(folder / "isic.csv").paths.size() == 4);
}

TEST_CASE("a file that a table names twice is told of") {
    const Folder folder;
    add_images(folder, {"a.pgm", "b.pgm", "c.pgm"});
    folder.add("t.csv", "file,label\na.pgm,x\nb.pgm,y\na.pgm,x\nb.pgm,x\nc.pgm,y\n");
    const Splits read = open(folder / "t.csv");
    CHECK(read.train.size() == 5);
    REQUIRE(read.notes.size() == 1);
    CHECK_THAT(read.notes[0], Catch::Contains("the file of an earlier row: 2, of them with another label: 1, such as " +
                                              (folder / "b.pgm").string()));
}

TEST_CASE("options that a list or table of files has no use for are refused for prediction too") {
    const Folder folder;
    add_images(folder, {"a.pgm", "b.pgm"});
    folder.add("list.txt", "a.pgm\nb.pgm\n");
    folder.add("t.csv", "file,label\na.pgm,x\nb.pgm,y\n");
    for (const char* name : {"list.txt", "t.csv"}) {
        CAPTURE(name);
        CHECK(files_in_table(folder / name, {.image_root = folder.path()}).paths.size() == 2);
        CHECK_THROWS_WITH(files_in_table(folder / name, {.layout = "nchw"}),
                          Catch::Contains("--layout: has no effect"));
        CHECK_THROWS_WITH(files_in_table(folder / name, {.shape = {2, 2, 1}}),
                          Catch::Contains("--shape: has no effect"));
    }
}

TEST_CASE("the files of tables and lists are found without labels") {
    const Folder folder;
    add_images(folder, {"a.pgm", "b c, d.pgm"});
    folder.add("list.txt", "a.pgm\r\nb c, d.pgm\n\nmissing.pgm\n");
    FilesInTable list = files_in_table(folder / "list.txt");
    CHECK(list.names == std::vector<std::string>{"a.pgm", "b c, d.pgm", "missing.pgm"});
    CHECK(list.paths.at(1) == folder / "b c, d.pgm");
    folder.add("ids.txt", "a\n");
    CHECK(files_in_table(folder / "ids.txt").paths.at(0) == folder / "a.pgm");
    const Folder elsewhere;  // a list of files below the current folder, or of whole paths
    elsewhere.add("list.txt", (folder / "a.pgm").string() + "\n");
    CHECK(files_in_table(elsewhere / "list.txt").paths.at(0) == folder / "a.pgm");
    const fs::path here = fs::current_path();
    fs::current_path(folder.path());
    elsewhere.add("below.txt", "a.pgm\n");
    CHECK(files_in_table(elsewhere / "below.txt").paths.at(0) == "a.pgm");
    fs::current_path(here);
    folder.add("t.csv", "file,width\na.pgm,3\n\"b c, d.pgm\",4\n");
    CHECK(files_in_table(folder / "t.csv").names == std::vector<std::string>{"a.pgm", "b c, d.pgm"});
    folder.add("one_class.csv", "file,label\na.pgm,cat\n");
    CHECK(files_in_table(folder / "one_class.csv").paths.size() == 1);
    folder.add("pixels.csv", "0,1,2,3,4\n1,5,6,7,8\n");
    CHECK(files_in_table(folder / "pixels.csv").paths.empty());
    CHECK(files_in_table(folder.path()).paths.empty());
}
