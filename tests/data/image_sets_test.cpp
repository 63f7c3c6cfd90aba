// What a folder of images is taken for: sets, classes, groups, links, and files that are left out.
#include <cyclone/data/convert.h>
#include <cyclone/data/images/image_folder.h>
#include <cyclone/data/open.h>
#include <cyclone/data/splits.h>

#include <algorithm>
#include <set>

#include <sys/stat.h>

#include "data/image_bytes.h"
#include "support/catch.h"

using namespace cyclone;
using namespace cyclone::data;
using test::Folder;
using test::pgm;
namespace fs = std::filesystem;

namespace {

const std::string kTiff("II*\0\x08\0\0\0\0\0", 10), kWebp = "RIFF\x10...WEBPVP8 ....", kGif = "GIF89a\1\1";

// `count` images of one pixel, below `name`.
void add_images(const Folder& folder, const std::string& name, int count = 2) {
    for (int i = 0; i < count; ++i)
        folder.add(name + '/' + std::to_string(i) + ".pgm", pgm(1, 1, std::string(1, char('a' + i))));
}

std::vector<std::string> lines_about(const Splits& parts) { return summary(parts.skipped); }

}  // namespace

TEST_CASE("folders for training and for validation or test are sets in any spelling") {
    for (const auto& [train, other, is_test] : {std::tuple{"Train", "Test", true},
                                                {"seg_train", "seg_test", true},
                                                {"train", "dev", false},
                                                {"TRAINING", "VALIDATION", false},
                                                {"trainSet", "testSet", true},
                                                {"xray-train", "xray-val", false},
                                                {"Training Data", "Testing Data", true},
                                                {"1_training", "2_holdout", true},
                                                {"train", "valid", false}}) {
        const Folder folder;
        for (const char* name : {"/cat", "/dog"})
            add_images(folder, train + std::string(name), 3), add_images(folder, other + std::string(name), 1);
        const Splits parts = read_image_folder(folder.path());
        CAPTURE(train, other);
        CHECK(parts.train.class_names == std::vector<std::string>{"cat", "dog"});
        CHECK(parts.train.size() == 6);
        CHECK(parts.test.has_value() == is_test);
        CHECK(parts.validation.has_value() == !is_test);
        CHECK(parts.skipped.empty());
    }
}

TEST_CASE("doubled folders are looked through, and what lies beside the sets is named") {
    const Folder folder;
    for (const char* set : {"data/data/seg_train/seg_train", "data/data/seg_test/seg_test"})
        for (const char* name : {"/ice", "/sea"}) add_images(folder, set + std::string(name));
    add_images(folder, "data/data/seg_pred");
    folder.add("data/data/labels.csv", "a,b");
    const Splits parts = read_image_folder(folder / "data");
    CHECK(parts.train.class_names == std::vector<std::string>{"ice", "sea"});
    REQUIRE(parts.test);
    const auto lines = lines_about(parts);
    REQUIRE(lines.size() == 2);
    CHECK_THAT(lines[0], Catch::EndsWith("seg_pred: neither training, validation nor test images by its name"));
    CHECK_THAT(lines[1], Catch::EndsWith("labels.csv: not an image"));
}

TEST_CASE("a class may be called as the folder it is alone in") {
    const Folder folder;
    add_images(folder, "sea/sea");
    const Splits parts =
        data::open(folder / "sea", {.images = {.classes = {"ice", "sea"}}, .purpose = data::Purpose::evaluation});
    CHECK(parts.train.class_counts() == std::vector<std::int64_t>{0, 2});
}

TEST_CASE("a class may be called train, and what is left open is asked") {
    const Folder vehicles;
    for (const char* name : {"bus", "car", "train"}) add_images(vehicles, name);
    CHECK(read_image_folder(vehicles.path()).train.classes() == 3);
    const Folder tests;  // with two names of sets but none for training
    for (const char* name : {"invalid", "valid"}) add_images(tests, name);
    CHECK(read_image_folder(tests.path()).train.classes() == 2);

    const Folder open;
    for (const char* name : {"train", "test"}) add_images(open, name);
    CHECK_THROWS_WITH(read_image_folder(open.path()),
                      Catch::Contains("sets or classes?") && Catch::Contains("--split none"));
    CHECK(data::open(open.path(), {.split = "none"}).train.class_names == std::vector<std::string>{"test", "train"});
    const Folder two;
    for (const char* name : {"train/a", "train/b", "training/a", "test/a"}) add_images(two, name);
    CHECK_THROWS_WITH(read_image_folder(two.path()), Catch::Contains("two folders for one set, train and training"));
    const Folder none;
    for (const char* name : {"dev/a", "dev/b", "test/a", "test/b"}) add_images(none, name);
    CHECK_THROWS_WITH(read_image_folder(none.path()), Catch::Contains("expected a folder for training"));
    CHECK_THROWS_AS(read_image_folder(none.path()), UsageError);
    const Folder pictures;
    for (const char* name : {"train/a", "train/b", "new"}) add_images(pictures, name);
    CHECK_THROWS_WITH(read_image_folder(pictures.path()), Catch::Contains("sets or classes?"));
    CHECK(data::open(pictures.path(), {.split = "folder"}).train.size() == 4);
}

TEST_CASE("folders that systems and archives leave behind are no classes and their files no images") {
    const Folder folder;
    add_images(folder, "cat"), add_images(folder, "dog");
    for (const char* name : {"__MACOSX/cat", "@eaDir", "cat/@eaDir/0.pgm", ".ipynb_checkpoints", "dog/__pycache__",
                             "$RECYCLE.BIN", "lost+found"})
        add_images(folder, name);
    folder.add("cat/.DS_Store", "x");
    folder.add("cat/._0.pgm", "x");
    folder.add("dog/Thumbs.db", "x");
    folder.add("dog/desktop.ini", "x");
    const Splits parts = read_image_folder(folder.path());
    CHECK(parts.train.class_names == std::vector<std::string>{"cat", "dog"});
    CHECK(parts.train.size() == 4);
    CHECK(parts.skipped.size() == 2);  // Thumbs.db and desktop.ini, of which people are told
    CHECK(find_image_files(folder.path()).size() == 4);
}

TEST_CASE("a folder that is one level too high or too deep is answered with the right one") {
    const Folder folder;
    add_images(folder, "data/photos/cat"), add_images(folder, "data/photos/dog");
    CHECK_THROWS_WITH(data::open(folder / "data"), Catch::Contains("got 1 (hint: are they in ") &&
                                                       Catch::Contains((folder / "data/photos").string()));
    CHECK_THROWS_WITH(data::open(folder / "data/photos/cat"),
                      Catch::Contains("no data recognised in this folder") && Catch::Contains("the folder above it"));
    fs::create_directory(folder / "data/photos/empty");
    CHECK_THROWS_WITH(data::open(folder / "data/photos"),
                      Catch::Contains("empty: the class has no image (hint: each folder in"));
    CHECK_THROWS_WITH(data::open(folder / "data/photso"), Catch::Contains("(hint: photos is there)"));
    CHECK_THROWS_WITH(data::open(folder / "dat/photos"), Catch::Contains("dat is not there either"));
    CHECK_THROWS_WITH(data::open(folder / "xyz"), Catch::EndsWith("got nothing of that name"));
}

TEST_CASE("grey images among those of colour, and pictures that EXIF turns, are told of") {
    const std::string colour = "P6 1 1 255\nabc", grey = pgm(1, 1, "a");
    const Folder folder;
    for (const char* name : {"a/1.ppm", "b/1.ppm"}) folder.add(name, colour);
    const auto notes = [&](const ImageOptions& options = {}) {
        std::string all;
        for (const std::string& note : read_image_folder(folder.path(), options).notes) all += note + "\n";
        return all;
    };
    CHECK(notes().empty());
    for (const char* name : {"a/2.pgm", "b/2.pgm", "b/3.pgm"}) folder.add(name, grey);
    CHECK_THAT(notes(),
               Catch::Contains(": 3 of 5 images are grey and are read as colour") && Catch::Contains("--channels 1"));
    CHECK(notes({.channels = 1}).empty());
    CHECK(notes({.channels = 3}).empty());

    if (!has_images()) return;
    // An EXIF segment with one entry: orientation, in the order of bytes of either kind of processor.
    const auto turned = [](char orientation, bool little) {
        const std::string entry = little ? std::string("\x12\1\3\0\1\0\0\0", 8) + orientation + std::string(3, '\0')
                                         : std::string("\1\x12\0\3\0\0\0\1\0", 9) + orientation + std::string(2, '\0');
        const std::string tiff =
            little ? std::string("II*\0\x08\0\0\0\1\0", 10) : std::string("MM\0*\0\0\0\x08\0\1", 10);
        const std::string exif = std::string("Exif\0\0", 6) + tiff + entry + std::string(4, '\0');
        const std::size_t length = exif.size() + 2;
        return test::jpeg().substr(0, 2) + "\xFF\xE1" + char(length >> 8) + char(length & 255) + exif +
               test::jpeg().substr(2);
    };
    const Folder photos;
    const std::vector<std::pair<std::string, std::string>> files{
        {"a/0.jpg", test::jpeg()},    {"a/1.jpg", turned(6, true)},  {"a/2.jpg", turned(8, false)},
        {"b/0.jpg", turned(1, true)}, {"b/1.jpg", turned(1, false)}, {"b/2.jpg", test::jpeg()}};
    for (const auto& [name, bytes] : files) photos.add(name, bytes);
    const Splits parts = read_image_folder(photos.path());
    CHECK(parts.train.images.size(1) == 8);
    REQUIRE(parts.notes.size() == 1);
    CHECK_THAT(parts.notes[0], Catch::Contains(": 2 of 6 images are to be shown turned, by their EXIF orientation"));
    CHECK(convert(photos.path(), photos / "x.cyc").notes == parts.notes);
    // Segments that are cut or point elsewhere say nothing and harm nobody.
    const std::string whole = turned(6, false);
    for (std::size_t cut = 0; cut < 32; ++cut) {
        std::string bytes = whole.substr(0, 6 + cut) + test::jpeg().substr(2);
        bytes[4] = 0, bytes[5] = static_cast<char>(cut + 2);
        photos.add("a/1.jpg", bytes);
        CHECK(read_image_folder(photos.path()).train.size() == 6);
    }
    for (std::size_t at = 12; at < 38; ++at) {
        std::string bytes = whole;
        bytes[at] = '\xFF';
        photos.add("a/1.jpg", bytes);
        CHECK(read_image_folder(photos.path()).train.size() == 6);
    }
}

TEST_CASE("what is wrong with an option for image files is said under the option's name") {
    const Folder folder;
    for (const char* name : {"a", "b"}) add_images(folder, name);
    for (const auto& [option, options] : std::vector<std::pair<std::string, ImageOptions>>{
             {"--channels", {.channels = 2}},
             {"--bits", {.bits = 12}},
             {"--most-bad", {.most_bad = 2}},
             {"--fit", {.fit = ImageFit::crop}},
             {"--resize", {.fit = ImageFit::crop, .height = 99'999, .width = 5}}}) {
        CAPTURE(option);
        CHECK_THROWS_WITH(read_image_folder(folder.path(), options), Catch::StartsWith(option + ": "));
        CHECK_THROWS_AS(convert(folder.path(), folder / "x.cyc", {.open = {.images = options}}), UsageError);
    }
}

TEST_CASE("folders that number the folds of one set are no classes") {
    for (const char* stem : {"fold", "Fold_", "subset", "split-"}) {
        const Folder folds;
        for (const char* number : {"0", "1", "2"})
            for (const char* name : {"/a", "/b"}) add_images(folds, (stem + std::string(number) + name).c_str());
        CAPTURE(stem);
        CHECK_THROWS_WITH(read_image_folder(folds.path()), Catch::Contains("--split: ") &&
                                                               Catch::Contains("folds of one set") &&
                                                               Catch::Contains("--split none takes them as classes"));
        CHECK(data::open(folds.path(), {.split = "none"}).train.classes() == 3);
    }
    const Folder classes;  // of images, not of folders
    for (const char* name : {"fold1", "fold2"}) add_images(classes, name);
    CHECK(read_image_folder(classes.path()).train.classes() == 2);
}

TEST_CASE("a test set may lack classes, and images without class folders are left out of it") {
    const Folder folder;
    for (const char* name : {"train/a", "train/b", "train/c", "test/c"}) add_images(folder, name);
    folder.add("test/x.pgm", pgm(1, 1, "a"));
    const Splits parts = read_image_folder(folder.path());
    REQUIRE(parts.test);
    CHECK(parts.test->class_counts() == std::vector<std::int64_t>{0, 0, 2});
    CHECK_THAT(lines_about(parts).at(0), Catch::EndsWith("x.pgm: an image outside the class folders"));

    const Folder unlabelled;
    for (const char* name : {"train/a", "train/b", "test/all"}) add_images(unlabelled, name);
    unlabelled.add("test/x.pgm", pgm(1, 1, "a"));
    const Splits some = read_image_folder(unlabelled.path());
    CHECK_FALSE(some.test);
    CHECK(some.train.size() == 4);
    CHECK_THAT(lines_about(some).at(0),
               Catch::Contains("test: has 3 images but no class folder") && Catch::Contains("cyclone predict"));
    const test::TemporaryFolder elsewhere;
    CHECK(convert(unlabelled.path(), elsewhere / "x.cyc").skipped.size() == 1);

    const Dataset one = read_image_folder(folder / "test", {.classes = {"a", "b", "c"}}).train;
    CHECK(one.class_names.size() == 3);
    CHECK(one.labels.to_vector<std::int64_t>() == std::vector<std::int64_t>{2, 2});
}

TEST_CASE("links to folders are followed once and never in a circle") {
    const Folder folder, elsewhere;
    add_images(folder, "ash", 2);
    add_images(folder, "birch", 1);
    add_images(elsewhere, "more/deep", 3);
    fs::create_directory_symlink(elsewhere / "more", folder / "birch/more");
    fs::create_directory_symlink(folder / "birch", folder / "birch/again");
    fs::create_directory_symlink(elsewhere / "more/deep", folder / "birch/more2");
    fs::create_directory_symlink(folder.path(), folder / "ash/up");
    fs::create_directory_symlink("nowhere", folder / "ash/broken");
    fs::create_directory_symlink(".", folder / "all");
    const Splits parts = read_image_folder(folder.path());
    CHECK(parts.train.class_counts() == std::vector<std::int64_t>{2, 4});
    std::vector<std::string> left;
    for (const SkippedFile& file : parts.skipped)
        left.push_back(fs::path(file.path).filename().string() + ": " + file.reason);
    std::sort(left.begin(), left.end());
    REQUIRE(left.size() == 5);
    CHECK(left[0] == "again: leads to a folder that is read already");
    CHECK(left[1] == "all: leads to a folder that holds this one");
    CHECK(left[2] == "broken: not an image");
    CHECK(left[4] == "up: leads to a folder that holds this one");
    CHECK(find_image_files(folder / "birch").size() == 4);
    const Folder self;
    fs::create_directory(self / "a");
    fs::create_directory_symlink(".", self / "a/a");
    CHECK_THROWS_WITH(read_image_folder(self / "a"), Catch::Contains("two or more classes"));
}

TEST_CASE("images of kinds that are not read are bad files and named once a kind") {
    const Folder folder;
    add_images(folder, "a", 4);
    add_images(folder, "b", 4);
    for (const char* name : {"b/1.tif", "b/2.tif", "b/3.tiff"}) folder.add(name, kTiff);
    folder.add("b/4.webp", kWebp);
    folder.add("b/5.gif", kGif);
    folder.add("b/saved_as.jpg", kWebp);
    folder.add("b/noending", kTiff);
    for (const char* name : {"b/1.txt", "b/2.txt", "a/3.txt"}) folder.add(name, "words");
    CHECK_THROWS_WITH(
        read_image_folder(folder.path()),
        Catch::Contains("7 of 15 files are bad") &&
            Catch::Contains(
                "1.tif and 1 more of its kind: expected a PNG, JPEG, BMP, PGM or PPM image, got a TIFF image") &&
            Catch::Contains("--most-bad"));
    const Splits parts = read_image_folder(folder.path(), {.most_bad = 0.5});
    CHECK(parts.train.size() == 8);
    CHECK(parts.skipped.size() == 10);
    const auto lines = lines_about(parts);
    CHECK(lines.size() == 7);  // .txt, .tif, .tiff, .webp, .gif, .jpg, no ending
    CHECK(std::count_if(lines.begin(), lines.end(),
                        [](const auto& l) { return l.ends_with("3.txt and 2 more of its kind: not an image"); }) == 1);
    std::vector<SkippedFile> others;
    CHECK(find_image_files(folder / "b", &others).size() == 11);
    CHECK(others.size() == 2);
    CHECK_THROWS_WITH(convert(folder.path(), folder / "x.cyc"), Catch::Contains("7 of 15 files are bad"));
}

TEST_CASE("a class without an image that can be read is refused with the reason") {
    const Folder folder;
    add_images(folder, "a", 9);
    folder.add("b/1.tif", kTiff);
    const std::string reason =
        "no image of the class 'b' can be read: expected a PNG, JPEG, BMP, PGM or PPM image, got a TIFF image";
    CHECK_THROWS_WITH(read_image_folder(folder.path(), {.most_bad = 0.9}), Catch::Contains(reason));
    ConvertOptions options;
    options.open.images.most_bad = 0.9;
    CHECK_THROWS_WITH(convert(folder.path(), folder / "x.cyc", options), Catch::Contains(reason));
    CHECK_FALSE(fs::exists(folder / "x.cyc"));
    const Folder two;
    add_images(two, "cat", 2), add_images(two, "dog", 2);
    options.open.images.classes = {"dog", "cat"};  // in this order, as open() has them
    convert(two.path(), two / "x.cyc", options);
    CHECK(open(two / "x.cyc").train.class_names == std::vector<std::string>{"dog", "cat"});
    const Folder texts;
    add_images(texts, "a");
    texts.add("b/1.txt", "words"), texts.add("b/2.txt", "words");
    CHECK_THROWS_WITH(read_image_folder(texts.path()),
                      Catch::Contains("b: the class has no image, only") && Catch::Contains("and 1 more"));
    const Folder webp;
    for (const char* name : {"a/1.jpg", "b/1.jpg"}) webp.add(name, kWebp);
    CHECK_THROWS_WITH(convert(webp.path(), webp / "x.cyc"), Catch::Contains("got a WebP image"));
}

TEST_CASE("a class whose name is not UTF-8 has one that is") {
    const Folder folder;
    for (const char* name : {"train/caf\xE9", "train/ash", "test/caf\xE9", "train/\xE7\x8C\xAB", "test/\xE7\x8C\xAB"})
        add_images(folder, name);
    const Splits parts = read_image_folder(folder.path());
    CHECK(parts.train.class_names == std::vector<std::string>{"ash", "caf\\xE9", "\xE7\x8C\xAB"});
    REQUIRE(parts.test);
    CHECK(parts.test->class_counts() == std::vector<std::int64_t>{0, 2, 2});
}

TEST_CASE("the folders below a class can be groups that no split takes apart") {
    const Folder folder;
    for (const char* name : {"a/p1/left", "a/p1/right", "a/p2", "b/p3/left", "b/p1", "b/p4"})
        add_images(folder, name, 3);
    add_images(folder, "b", 2);  // of no folder: each its own
    const Splits without = read_image_folder(folder.path());
    CHECK(without.groups.empty());
    REQUIRE(without.notes.size() == 1);
    CHECK_THAT(without.notes[0], Catch::Contains("--group folder"));
    CHECK(read_image_folder(folder.path(), {.group_levels = -1}).notes.empty());
    const Splits parts = read_image_folder(folder.path(), {.group_levels = 1});
    REQUIRE(parts.groups.size() == 20);
    const auto count = [](const std::vector<std::int64_t>& groups, std::int64_t group) {
        return std::count(groups.begin(), groups.end(), group);
    };
    const auto divides = [](const std::vector<std::string>& notes) {
        return std::any_of(notes.begin(), notes.end(), [](const auto& n) { return n.find("may divide") != n.npos; });
    };
    CHECK(divides(read_image_folder(folder.path()).notes));
    CHECK(divides(convert(folder.path(), folder / "all.cyc").notes));
    CHECK_FALSE(divides(convert(folder.path(), folder / "none.cyc", {.open = {.group = "none"}}).notes));
    CHECK(count(parts.groups, parts.groups[0]) == 3);  // a/p2 is listed before what lies deeper
    CHECK(std::set<std::int64_t>(parts.groups.begin(), parts.groups.end()).size() == 6);
    CHECK(count(parts.groups, parts.groups[3]) == 9);  // p1 of both classes
    const Splits deeper = read_image_folder(folder.path(), {.group_levels = 2});
    CHECK(std::set<std::int64_t>(deeper.groups.begin(), deeper.groups.end()).size() == 8);
    const Splits cut = parts.train.split({.validation = 0, .test = 0.4, .groups = parts.groups});
    CHECK(cut.test.has_value());
    ConvertOptions options;
    options.open.group = "folder:2";
    CHECK(convert(folder.path(), folder / "x.cyc", options).info.has_groups);
    CHECK(open(folder.path(), options.open).groups == deeper.groups);
    options.open.group = "patient";
    CHECK_THROWS_WITH(open(folder.path(), options.open),
                      Catch::Contains("--group") && Catch::Contains("got 'patient'"));
    CHECK_THROWS_AS(convert(folder.path(), folder / "x.cyc", {.open = {.split = "fold"}}), UsageError);
    CHECK_THROWS_AS(open(folder.path(), {.label = "x"}), UsageError);  // has no effect
}

TEST_CASE("a folder is the same with a slash at the end of its name") {
    const Folder folder;
    for (const char* name : {"photos/photos/cat", "photos/photos/dog"}) add_images(folder, name);
    for (const char* name : {"photos", "photos/"})
        CHECK(open(folder / name).train.class_names == std::vector<std::string>{"cat", "dog"});
}
