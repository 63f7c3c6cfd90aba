#include <cyclone/data/formats/numpy.h>
#include <cyclone/data/hdf5/hdf5_file.h>
#include <cyclone/data/open.h>

#include "data/file_bytes.h"
#include "support/catch.h"
#include "support/shared_files.h"

using namespace cyclone;
using namespace cyclone::data;
using test::npy;
using test::raw;
using test::write_bytes;

namespace {

using Names = std::vector<std::string>;
using Numbers = std::vector<std::int64_t>;
using Members = std::vector<test::ZipMember>;

Splits read_archive(Members members, const OpenOptions& options = {}) {
    const test::TemporaryFolder folder;
    for (auto& member : members) member.name += ".npy";
    write_bytes(folder / "x.npz", test::zip(members));
    return read_npz_dataset(folder / "x.npz", options);
}

// n images of 2 x 2, each with its number as pixels.
std::string images(int n) {
    std::string pixels;
    for (int i = 0; i < n; ++i) pixels += std::string(4, static_cast<char>(i));
    return npy("|u1", "(" + std::to_string(n) + ", 2, 2)", pixels);
}
std::string list(const std::string& bytes) { return npy("|u1", "(" + std::to_string(bytes.size()) + ",)", bytes); }
const std::string kLabels{0, 1, 1, 0};

// UTF-32 text of `width` characters per element.
std::string texts(const std::vector<std::u32string>& values, std::size_t width) {
    std::string data;
    for (std::u32string value : values) {
        value.resize(width, U'\0');
        for (const char32_t c : value) data += test::little(c, 4);
    }
    return npy("<U" + std::to_string(width), "(" + std::to_string(values.size()) + ",)", data);
}

Numbers labels_of(const Dataset& data) { return data.labels.to_vector<std::int64_t>(); }

std::string notes_of(const Splits& read) {
    std::string all;
    for (const std::string& note : read.notes) all += note + "\n";
    return all;
}

}  // namespace

TEST_CASE("arrays are found under any usual name and by their shapes") {
    const std::pair<const char*, const char*> names[] = {
        {"images", "labels"},           {"X", "y"},         {"X_train", "Y_train"}, {"train_x", "train_y"},
        {"trainX", "trainY"},           {"data", "target"}, {"imgs", "y"},          {"xtrain", "ytrain"},
        {"train_set_x", "train_set_y"}, {"arr_0", "arr_1"}, {"scan", "kind"},       {"x", "diagnosis"},
        {"Images", "class_labels"}};
    for (const auto& [x, y] : names) {
        CAPTURE(x, y);
        const Splits read = read_archive({{x, images(4)}, {y, list(kLabels)}});
        CHECK(read.train.images.shape() == Shape{4, 2, 2, 1});
        CHECK(labels_of(read.train) == Numbers{0, 1, 1, 0});
    }
    const Members four{{"arr_0", images(4)}, {"arr_1", list(kLabels)}, {"arr_2", images(2)}, {"arr_3", list({0, 1})}};
    CHECK_THROWS_WITH(read_archive(four), Catch::Contains("--images: ") && Catch::Contains("arr_0, arr_1, arr_2"));
    CHECK(read_archive(four, {.label = "arr_3", .array = "arr_2"}).train.size() == 2);
    CHECK_THROWS_WITH(read_archive({{"images", images(4)}, {"Images", images(4)}, {"y", list(kLabels)}}),
                      Catch::Contains("--images: ") && Catch::Contains("'images' or 'Images'"));
    CHECK_THROWS_WITH(read_archive({{"x", images(4)}}), Catch::Contains("no labels") && Catch::Contains("--label"));
}

TEST_CASE("every set of an archive is used and what is not is named") {
    for (const auto& [train, validation, test] : {std::tuple{"x_train", "x_valid", "x_test"},
                                                  {"train_images", "val_images", "test_images"},
                                                  {"X_train", "X_dev", "X_test"},
                                                  {"xtrain", "xvalidation", "xtest"}}) {
        const auto label = [](std::string name) {
            const std::size_t at = name.find("images");
            return at != std::string::npos ? name.replace(at, 6, "labels")
                                           : name.replace(name.find_first_of("xX"), 1, "y");
        };
        CAPTURE(train);
        const Splits read = read_archive({{train, images(4)},
                                          {label(train), list(kLabels)},
                                          {validation, images(3)},
                                          {label(validation), list({0, 1, 1})},
                                          {test, images(2)},
                                          {label(test), list({1, 0})}});
        CHECK(read.train.size() == 4);
        REQUIRE(read.validation);
        REQUIRE(read.test);
        CHECK(read.validation->size() == 3);
        CHECK(labels_of(*read.test) == Numbers{1, 0});
        CHECK(read.notes.empty());
    }
    const Splits read = read_archive({{"x_train", images(4)},
                                      {"y_train", list(kLabels)},
                                      {"x_test", images(2)},
                                      {"age", list("abcd")},
                                      {"info", npy("|O", "()", "\x80\x04N.")}});
    CHECK_FALSE(read.test);
    CHECK_THAT(notes_of(read),
               Catch::Contains("'x_test' is not used, it has no labels") && Catch::Contains("not used: age, info"));
}

TEST_CASE("an option that names the labels of one set names those of the others") {
    Members members = {{"x_train", images(4)}, {"y_train", list({1, 1, 1, 0})}, {"y_train_fine", list(kLabels)},
                       {"x_test", images(2)},  {"y_test", list({1, 1})},        {"y_test_fine", list({1, 0})}};
    const Splits read = read_archive(members, {.label = "y_train_fine"});
    CHECK(labels_of(read.train) == Numbers{0, 1, 1, 0});
    REQUIRE(read.test);
    CHECK(labels_of(*read.test) == Numbers{1, 0});
    members.pop_back();
    const Splits without = read_archive(members, {.label = "y_train_fine"});
    CHECK_FALSE(without.test);
    CHECK_THAT(notes_of(without), Catch::Contains("--label names the labels of the training images only"));
}

TEST_CASE("sizes as Python 2 wrote them are numbers") {
    const Splits read =
        read_archive({{"x", npy("|u1", "(2L, 2L, 2L)", std::string(8, 'a'))}, {"y", npy("|u1", "(2L,)", {0, 1})}});
    CHECK(read.train.image_shape() == Shape{2, 2, 1});
}

TEST_CASE("groups and class names of an archive are used") {
    for (const char* name : {"groups", "patient_id", "train_patients", "SubjectID"}) {
        CAPTURE(name);
        const Splits read = read_archive({{"x", images(4)}, {"y", list(kLabels)}, {name, list({7, 8, 8, 7})}});
        CHECK(read.groups == Numbers{7, 8, 8, 7});
        CHECK_THAT(notes_of(read), Catch::Contains("stay together"));
    }
    // Floating-point ones are whole numbers, and all of them are known.
    const auto with_groups = [](const std::vector<double>& ids) {
        return read_archive(
            {{"x", images(4)}, {"y", list(kLabels)}, {"patient_id", npy("<f8", "(4,)", test::raw(ids))}});
    };
    CHECK(with_groups({7, 8, 8, 7}).groups == Numbers{7, 8, 8, 7});
    for (const double bad : {static_cast<double>(NAN), 1.5, 1e17})
        CHECK_THROWS_WITH(with_groups({1, bad, 2, 2}),
                          Catch::Contains("expected groups that are texts or whole numbers"));
    const Members members{{"x", images(4)}, {"y", list(kLabels)}, {"site", texts({U"a", U"b", U"a", U"b"}, 1)}};
    CHECK(read_archive(members).groups.empty());
    CHECK(read_archive(members, {.group = "site"}).groups == Numbers{0, 1, 0, 1});
    CHECK_THROWS_WITH(read_archive(members, {.group = "center"}), Catch::Contains("--group: "));

    for (const char* name : {"class_names", "classes", "label_names", "categories"})
        CHECK(read_archive({{"x", images(4)}, {"y", list(kLabels)}, {name, texts({U"ash", U"b\u00E4rch"}, 5)}})
                  .train.class_names == Names{"ash", "b\xC3\xA4rch"});
    const Splits bad = read_archive({{"x", images(4)}, {"y", list(kLabels)}, {"class_names", texts({U"ash"}, 3)}});
    CHECK(bad.train.class_names == Names{"0", "1"});
    CHECK_THAT(notes_of(bad), Catch::Contains("1 class names are not used"));
}

TEST_CASE("labels may be text, counted from any number, floating-point or one-hot") {
    const auto with = [](const std::string& labels) { return read_archive({{"x", images(4)}, {"y", labels}}).train; };
    CHECK(with(texts({U"pine", U"ash", U"ash", U"pine"}, 6)).class_names == Names{"ash", "pine"});
    CHECK(labels_of(with(npy("|S4", "(4, 1)", std::string("pineash\0ash\0pine", 16)))) == Numbers{1, 0, 0, 1});
    CHECK(with(list({1, 2, 2, 3})).class_names == Names{"1", "2", "3"});
    CHECK(labels_of(with(list(std::string("\0\xFF\xFF\0", 4)))) == Numbers{0, 1, 1, 0});
    CHECK(with(npy("<f8", "(4,)", raw<double>({0, 1, 1, 0}))).class_names == Names{"0", "1"});
    CHECK(with(npy("|b1", "(4, 1)", kLabels)).class_names == Names{"0", "1"});
    CHECK(labels_of(with(npy("<f4", "(4, 2)", raw<float>({1, 0, 0, 1, 0, 1, 1, 0})))) == Numbers{0, 1, 1, 0});
    CHECK_THROWS_WITH(with(npy("|u1", "(4, 2)", std::string{1, 0, 1, 1, 0, 1, 1, 0})), Catch::Contains("row 1"));
    CHECK_THROWS_WITH(with(npy("<f4", "(4,)", raw<float>({0, 1, std::nanf(""), 0}))),
                      Catch::Contains("label 2 is nan"));
    CHECK_THROWS_WITH(with(texts({U"pine", U"", U"ash", U"pine"}, 4)),
                      Catch::Contains("element 1: the label is empty"));
}

TEST_CASE("labels below 0 in arrays are classes, as in tables, and that is said") {
    const auto with = [](const std::string& labels) { return read_archive({{"x", images(4)}, {"y", labels}}); };
    for (const std::string& labels :
         {npy("|i1", "(4,)", std::string("\xFF\1\1\xFF")), npy("<i8", "(4, 1)", raw<std::int64_t>({-1, 1, 1, -1})),
          npy("<f4", "(4,)", raw<float>({-1, 1, 1, -1}))}) {
        const Splits read = with(labels);
        CHECK(read.train.class_names == Names{"-1", "1"});
        CHECK(labels_of(read.train) == Numbers{0, 1, 1, 0});
        CHECK_THAT(notes_of(read), Catch::Contains("the labels are -1, 1, each a class\n"));
    }
    const Splits three = with(npy("<i2", "(4,)", raw<std::int16_t>({-1, 1, 0, -1})));
    CHECK(three.train.class_names == Names{"-1", "0", "1"});
    CHECK_THAT(notes_of(three), Catch::Contains("leave out the images where these say that the class is not known"));
    CHECK_THAT(notes_of(with(list({2, 7, 7, 2}))), !Catch::Contains("the labels are"));
    CHECK(with(list({2, 7, 7, 2})).train.class_names == Names{"2", "7"});
    CHECK_THROWS_WITH(with(npy("<f4", "(4,)", raw<float>({0, 1, 0.5F, 0}))),
                      Catch::Contains("label 2 is 0.5") && Catch::Contains("classes are meant, not measurements"));
    CHECK_THROWS_WITH(with(npy("<i8", "(4,)", raw<std::int64_t>({0, 1, -5'000'000'000, 0}))),
                      Catch::Contains("whole numbers below 1000000, label 2 is -5e+09"));
}

TEST_CASE("an array that is one image for a network is read as one") {
    const test::TemporaryFolder folder;
    const auto predict = [&](const std::string& shape, const std::string& pixels, const Shape& image) {
        write_bytes(folder / "one.npy", npy("|u1", shape, pixels));
        const auto set = data::open(folder / "one.npy", {.purpose = Purpose::prediction, .image = image}).train;
        const auto values = set.images.tensor().to_vector<std::uint8_t>();
        return std::pair(set.images.shape(), std::string(values.begin(), values.end()));
    };
    CHECK(predict("(2, 3)", "abcdef", {2, 3, 1}) == std::pair(Shape{1, 2, 3, 1}, std::string("abcdef")));
    CHECK(predict("(2, 2, 3)", "abcdefghijkl", {2, 2, 3}) == std::pair(Shape{1, 2, 2, 3}, std::string("abcdefghijkl")));
    CHECK(predict("(3, 6, 6)", std::string(108, 'x'), {6, 6, 3}).first == Shape{1, 6, 6, 3});
    // Others stay several.
    CHECK(predict("(3, 2, 2)", "abcdefghijkl", {2, 2, 1}).first == Shape{3, 2, 2, 1});
    CHECK(predict("(3, 4)", "abcdefghijkl", {2, 2, 1}).first == Shape{3, 2, 2, 1});
    CHECK(predict("(4, 4)", "abcdefghijklmnop", {2, 2, 1}).first == Shape{4, 2, 2, 1});
    write_bytes(folder / "one.npy", npy("|u1", "(2, 3)", "abcdef"));
    CHECK_THROWS_AS(data::open(folder / "one.npy", {.image = {2, 3, 1}}), Error);  // for training there is one label
}

TEST_CASE("an array of images whose rows and columns are exchanged is turned by an option") {
    const std::string pixels = npy("|u1", "(2, 2, 3)", "abcdefghijkl");
    const Splits read = read_archive({{"x", pixels}, {"y", list({0, 1})}}, {.layout = "nwh"});
    CHECK(read.train.images.shape() == Shape{2, 3, 2, 1});
    const auto values = read.train.images.tensor().to_vector<std::uint8_t>();
    CHECK(std::string(values.begin(), values.end()) == "adbecfgjhkil");
    CHECK(read_archive({{"x", pixels}, {"y", list({0, 1})}}, {.layout = "nhw"}).train.image_shape() == Shape{2, 3, 1});
    CHECK_THROWS_WITH(read_archive({{"x", pixels}, {"y", list({0, 1})}}, {.layout = "nhx"}),
                      Catch::Contains("--layout: expected nhwc or nchw, nhw or nwh, got 'nhx'"));
}

TEST_CASE("pixels take their type from the array and integers without one agree in all sets") {
    const auto of = [](const std::string& descr, const std::string& pixels, const OpenOptions& options = {}) {
        return read_archive({{"x", npy(descr, "(2, 1, 1)", pixels)}, {"y", list({0, 1})}}, options).train.images;
    };
    CHECK(of("<f2", test::little(0x3C00, 2) + test::little(0xC100, 2)).tensor().to_vector<float>() ==
          std::vector<float>{1, -2.5});
    CHECK(of("<f2", test::little(0x0001, 2) + test::little(0x7BFF, 2)).tensor().to_vector<float>() ==
          std::vector<float>{5.9604645e-8F, 65504});
    CHECK(of("<i2", raw<std::int16_t>({-864, 728})).tensor().to_vector<float>() == std::vector<float>{-864, 728});
    CHECK(of("<i4", raw<std::int32_t>({0, 70'000})).dtype() == DType::f32);
    CHECK(of("<i8", raw<std::int64_t>({0, 255})).dtype() == DType::u8);
    CHECK(of("<i8", raw<std::int64_t>({0, 255}), {.pixels = DType::u16}).dtype() == DType::u16);
    CHECK(of("<i8", raw<std::int64_t>({0, 256}), {.pixels = DType::u8}).dtype() == DType::u16);
    CHECK(of("<u2", raw<std::uint16_t>({0, 1})).dtype() == DType::u16);
    // The dark test set has the type of the bright training set, and of a set that has one.
    const auto in_parts = [](const std::string& train, const std::string& test) {
        return read_archive(
            {{"x_train", train}, {"y_train", list({0, 1})}, {"x_test", test}, {"y_test", list({0, 1})}});
    };
    const std::string bright = npy("<i8", "(2, 1, 1)", raw<std::int64_t>({0, 3500})),
                      dark = npy("<i8", "(2, 1, 1)", raw<std::int64_t>({0, 3}));
    CHECK(in_parts(bright, dark).test->images.dtype() == DType::u16);
    CHECK(in_parts(dark, bright).train.images.dtype() == DType::u16);
    CHECK(in_parts(npy("<f4", "(2, 1, 1)", raw<float>({0, 0.5F})), dark).test->images.dtype() == DType::f32);
    CHECK(in_parts(npy("|u1", "(2, 1, 1)", "ab"), dark).test->images.dtype() == DType::u8);
}

TEST_CASE("channels that come first are put last where the shape is clear and else asked about") {
    const auto with = [](const std::string& shape, std::size_t elements, const OpenOptions& options = {}) {
        std::string pixels(elements, '\0');
        for (std::size_t i = 0; i < elements; ++i) pixels[i] = static_cast<char>(i % 251);
        return read_archive({{"x", npy("|u1", shape, pixels)}, {"y", list({0, 1})}}, options);
    };
    const Splits first = with("(2, 3, 8, 8)", 384);
    CHECK(first.train.image_shape() == Shape{8, 8, 3});
    CHECK_THAT(notes_of(first), Catch::Contains("channels come first"));
    const auto* pixel = first.train.images.tensor().data<std::uint8_t>();
    CHECK(std::vector<int>{pixel[0], pixel[1], pixel[2], pixel[3]} == std::vector<int>{0, 64, 128, 1});
    CHECK(with("(2, 1, 5, 7)", 70).train.image_shape() == Shape{5, 7, 1});
    CHECK(with("(2, 13, 6, 6)", 936).train.image_shape() == Shape{6, 6, 13});
    for (const auto& [shape, elements, image] : {std::tuple{"(2, 8, 8, 3)", 384, Shape{8, 8, 3}},
                                                 {"(2, 6, 6, 13)", 936, Shape{6, 6, 13}},
                                                 {"(2, 5, 7, 1)", 70, Shape{5, 7, 1}}}) {
        const Splits last = with(shape, static_cast<std::size_t>(elements));
        CHECK(last.train.image_shape() == image);
        CHECK(last.notes.empty());
    }
    for (const auto& [shape, elements] :
         {std::pair{"(2, 1, 4, 4)", 32U}, {"(2, 9, 9, 9)", 1458U}, {"(2, 3, 8, 1)", 48U}, {"(2, 6, 7, 8)", 672U}})
        CHECK_THROWS_WITH(with(shape, elements), Catch::Contains("--layout: expected nhwc or nchw"));
    CHECK(with("(2, 1, 4, 4)", 32, {.layout = "nchw"}).train.image_shape() == Shape{4, 4, 1});
    CHECK(with("(2, 1, 4, 4)", 32, {.layout = "nhwc"}).train.image_shape() == Shape{1, 4, 4});
    CHECK_THROWS_AS(with("(2, 1, 4, 4)", 32, {.layout = "chwn"}), UsageError);
    CHECK_THROWS_WITH(with("(2, 4, 4, 4, 1)", 128), Catch::Contains("volumes are not supported"));
    CHECK(with("(2, 16)", 32).train.image_shape() == Shape{4, 4, 1});
    CHECK(with("(2, 12)", 24, {.shape = {2, 2, 3}}).train.image_shape() == Shape{2, 2, 3});
    // Rows of planes, as CIFAR's Python files have them.
    const Splits planes = with("(2, 12)", 24, {.layout = "nchw", .shape = {2, 2, 3}});
    CHECK(planes.train.image_shape() == Shape{2, 2, 3});
    const auto* first_pixels = planes.train.images.tensor().data<std::uint8_t>();
    CHECK(std::vector<int>{first_pixels[0], first_pixels[1], first_pixels[2], first_pixels[3]} ==
          std::vector<int>{0, 4, 8, 1});
}

TEST_CASE("labels in a file of their own are named or found beside the images") {
    const test::TemporaryFolder folder;
    write_bytes(folder / "train_x.npy", images(4));
    CHECK_THROWS_WITH(data::open(folder / "train_x.npy"), Catch::Contains("no labels") && Catch::Contains("--label"));
    write_bytes(folder / "marks.npy", list(kLabels));
    write_bytes(folder / "marks.txt", "label\npine\nash\nash\npine\n");
    CHECK(labels_of(data::open(folder / "train_x.npy", {.label = folder / "marks.npy"}).train) == Numbers{0, 1, 1, 0});
    CHECK(labels_of(data::open(folder / "train_x.npy", {.label = folder / "marks.txt"}).train) == Numbers{1, 0, 0, 1});
    write_bytes(folder / "train_y.npy", list({1, 1, 0, 0}));
    const Splits beside = data::open(folder / "train_x.npy");
    CHECK(labels_of(beside.train) == Numbers{1, 1, 0, 0});
    CHECK_THAT(notes_of(beside), Catch::Contains("train_y.npy beside it"));
    write_bytes(folder / "train_y.npy", list({1, 1, 0}));
    CHECK_THROWS_WITH(data::open(folder / "train_x.npy"), Catch::Contains("a label for each of the 4 images, got 3"));
}

TEST_CASE("archives are read without labels for prediction and with one class for evaluation") {
    const OpenOptions predict{.purpose = Purpose::prediction};
    CHECK(read_archive({{"x", images(3)}}, predict).train.size() == 3);
    CHECK(read_archive({{"x", images(3)}, {"y", list({1, 1, 1})}}, predict).train.class_names == Names{"unlabelled"});
    const Splits test =
        read_archive({{"x_train", images(4)}, {"y_train", list(kLabels)}, {"x_test", images(2)}}, predict);
    REQUIRE(test.test);
    CHECK(test.test->size() == 2);
    CHECK(read_archive({{"test_images", images(3)}}, predict).train.size() == 3);
    Dataset one = read_archive({{"x", images(2)}, {"y", list({3, 3})}}, {.purpose = Purpose::evaluation}).train;
    one.match_classes({"1", "2", "3"}, "x");
    CHECK(labels_of(one) == Numbers{2, 2});
    CHECK_THROWS_WITH(one.match_classes({"1", "2"}, "x"), Catch::Contains("got '3'"));
}

TEST_CASE("an option that the data have no use for is refused by its name") {
    const test::TemporaryFolder folder;
    write_bytes(folder / "x.npz", test::zip({{"x.npy", images(4)}, {"y.npy", list(kLabels)}}));
    write_bytes(folder / "table", "label,p\n0,1\n1,2\n");
    std::filesystem::create_directories(folder / "photos/a");
    std::filesystem::create_directories(folder / "photos/b");
    write_bytes(folder / "photos/a/1.pgm", "P5 1 1 255\na");
    write_bytes(folder / "photos/b/1.pgm", "P5 1 1 255\nb");
    const auto refused = [&](const char* file, const OpenOptions& options, const std::string& option) {
        CAPTURE(file, option);
        CHECK_THROWS_WITH(data::open(folder / file, options),
                          Catch::Contains(option + ": has no effect on ") && Catch::Contains(file));
    };
    refused("x.npz", {.images = {.fit = ImageFit::resize, .height = 4, .width = 4}}, "--resize");
    refused("x.npz", {.images = {.channels = 1}}, "--channels");
    refused("x.npz", {.split = "part"}, "--split");
    refused("x.npz", {.image_root = "photos"}, "--image-root");
    refused("table", {.images = {.most_bad = 0.5}}, "--most-bad");
    refused("table", {.array = "x"}, "--images");
    refused("photos", {.layout = "nwh"}, "--layout");
    refused("photos", {.label = "kind"}, "--label");
    refused("photos", {.shape = {1, 1, 1}}, "--shape");
    CHECK(data::open(folder / "photos", {.images = {.channels = 1}}).train.size() == 2);
    CHECK(data::open(folder / "photos", {.group = "folder", .split = "none"}).groups.size() == 2);
    CHECK(data::open(folder / "photos", {.group = "none"}).groups.empty());
    CHECK_THROWS_WITH(data::open(folder / "photos", {.group = "patient"}),
                      Catch::Contains("--group: of a folder of images expected"));
    CHECK_THROWS_WITH(data::open(folder / "photos", {.split = "patient"}),
                      Catch::Contains("--split: of a folder of images expected"));
}
