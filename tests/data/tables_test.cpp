#include <cyclone/data/formats/csv.h>

#include "data/file_bytes.h"
#include "support/catch.h"
#include "support/shared_files.h"

using namespace cyclone;
using namespace cyclone::data;
using test::write_bytes;

namespace {

using Names = std::vector<std::string>;
using Numbers = std::vector<std::int64_t>;

Splits read_table(const std::string& text, const OpenOptions& options = {}) {
    const test::TemporaryFolder folder;
    write_bytes(folder / "table.csv", text);
    return read_csv(folder / "table.csv", options);
}

std::vector<double> pixels_of(const Dataset& data) { return data.images.tensor().to(DType::f64).to_vector<double>(); }
Numbers labels_of(const Dataset& data) { return data.labels.to_vector<std::int64_t>(); }

std::string notes_of(const Splits& read) {
    std::string all;
    for (const std::string& note : read.notes) all += note + "\n";
    return all;
}

// Two images of 2 x 2, whose labels stand where `row` says.
const std::vector<double> kPixels{1, 2, 3, 4, 5, 6, 7, 8};

// A table of `rows` lines in which column `label` counts 0, 1, 2, 0, ... and the others have many values.
std::string numbers_table(int rows, int columns, int label) {
    std::string text;
    for (int r = 0; r < rows; ++r)
        for (int c = 0; c < columns; ++c)
            text += std::to_string(c == label ? r % 3 : 7 + (r * 31 + c * 17) % 211) + (c + 1 < columns ? "," : "\n");
    return text;
}

// The table as UTF-16 with a byte order mark; ASCII only, and U+732B for '~'.
std::string utf16(const std::string& text, bool big) {
    std::string out = big ? "\xFE\xFF" : "\xFF\xFE";
    for (const char c : text) {
        const std::string unit = c == '~' ? "\x73\x2B" : std::string{'\0', c};
        out += big ? unit : std::string(unit.rbegin(), unit.rend());
    }
    return out;
}

}  // namespace

TEST_CASE("the label of a table stands where its name, its text or the other names say") {
    for (const char* text : {
             "p0,p1,p2,p3,diagnosis\n1,2,3,4,0\n5,6,7,8,1\n",             // a usual name
             "px_1,px_2,px_3,px_4,Ground Truth\n1,2,3,4,0\n5,6,7,8,1\n",  // in another spelling
             "1x1,1x2,2x1,2x2,kind\n1,2,3,4,0\n5,6,7,8,1\n",              // the only one unlike the others
             "genus,v1,v2,v3,v4\n0,1,2,3,4\n1,5,6,7,8\n",
             "1,2,3,4,oak\n5,6,7,8,pine\n",  // the only text
             "1,2,oak,3,4\n5,6,pine,7,8\n",
             "a,b,c,d,e\n1,2,3,4,oak\n5,6,7,8,pine\n",
         }) {
        CAPTURE(text);
        const Splits read = read_table(text);
        CHECK(pixels_of(read.train) == kPixels);
        CHECK(labels_of(read.train) == Numbers{0, 1});
    }
    for (const char* option : {"stage", "5", "last"})
        CHECK(pixels_of(read_table("p0,p1,p2,p3,stage\n1,2,3,4,0\n5,6,7,8,1\n", {.label = option}).train) == kPixels);
    CHECK(pixels_of(read_table("1,2,3,4,0\n5,6,7,8,1\n", {.label = "last"}).train) == kPixels);
}

TEST_CASE("the label of a table without names is told by its values or asked for") {
    for (const int columns : {5, 17})
        for (const int label : {0, columns - 1}) {
            CAPTURE(columns, label);
            const Splits read = read_table(numbers_table(30, columns, label));
            CHECK(read.train.class_names == Names{"0", "1", "2"});
            CHECK(read.train.images.size(0) == 30);
            CHECK(read.train.images.tensor().data<std::uint8_t>()[0] >= 7);
            CHECK((notes_of(read).find("the last column") != std::string::npos) == (label > 0));
        }
    // Two columns that may both be labels; none that may be.
    for (const char* text : {"0,9,8,7,1\n1,6,5,4,0\n", "40,9,8,7,61\n41,6,5,4,62\n", "p0,p1,p2\n0,7,1\n1,8,0\n"})
        CHECK_THROWS_WITH(read_table(text, {.shape = {1, std::string(text)[0] == 'p' ? 2 : 4, 1}}),
                          Catch::Contains("--label: ") && Catch::Contains("which column holds the labels"));
    // Names that leave two.
    CHECK_THROWS_WITH(read_table("p0,p1,p2,p3,stage,grade\n1,2,3,4,0,1\n1,2,3,4,1,1\n"),
                      Catch::Contains("--label: ") && Catch::Contains("stage, grade"));
    CHECK_THROWS_WITH(read_table("p0,p1,label,Label\n1,2,0,0\n"), Catch::Contains("'label' or 'Label'"));
    // As many numbers as an image has.
    CHECK_THROWS_WITH(read_table(numbers_table(9, 16, 16)),
                      Catch::Contains("no column of labels") && Catch::Contains("4 x 4 pixels"));
}

TEST_CASE("columns of patients and the like are groups in any spelling and what is not used is named") {
    for (const char* name : {"PatientID", "patient_id", "PATIENT ID", "Subject", "subjectId", "case_id", "Case-No",
                             "lesion_id", "participant", "groups", "patientid", "slide_name"}) {
        CAPTURE(name);
        const Splits read =
            read_table(std::string("label,") + name + ",p0,p1,p2,p3\n0,a,1,2,3,4\n1,b,5,6,7,8\n1,a,5,6,7,8\n");
        CHECK(read.groups == Numbers{0, 1, 0});
        CHECK(read.train.image_shape() == Shape{2, 2, 1});
        CHECK_THAT(notes_of(read), Catch::Contains(name) && Catch::Contains("stay together"));
    }
    const std::string text = "label,age,patient,site,p0,p1,p2,p3\n0,41,a,x,1,2,3,4\n1,52,b,y,5,6,7,8\n";
    const Splits read = read_table(text);
    CHECK(pixels_of(read.train) == kPixels);
    CHECK_THAT(notes_of(read), Catch::Contains("columns not used: age, site"));
    CHECK(read_table(text, {.group = "site"}).groups == Numbers{0, 1});
    CHECK(read_table(text, {.group = "none"}).groups.empty());
    CHECK_THROWS_WITH(read_table(text, {.group = "hospital"}), Catch::Contains("--group: ") && Catch::Contains("site"));
    // A column that was named the label is no group.
    CHECK(read_table("case,p0\n0,1\n1,2\n", {.label = "case"}).groups.empty());
    CHECK_THROWS_WITH(read_table("label,patient,p0\n0,,1\n1,b,2\n"), Catch::Contains("line 2: the group is empty"));
}

TEST_CASE("columns that name the sets are followed") {
    const std::string rows = "0,TRAIN,1\n1,TRAIN,2\n0,DEV,3\n1,TEST,4\n";
    const auto with = [&](std::string train, std::string dev, std::string test) {
        std::string text = rows;
        for (const auto& [from, to] : {std::pair{std::string("TRAIN"), train}, {"DEV", dev}, {"TEST", test}})
            for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
                text.replace(at, from.size(), to);
        return text;
    };
    const std::pair<std::string, std::string> cases[] = {{"split", with("train", "val", "test")},
                                                         {"Usage", with("Training", "PublicTest", "PrivateTest")},
                                                         {"data_split", with("TRAINING", "validation", "testing")},
                                                         {"Fold", with("train", "dev", "holdout")}};
    for (const auto& [name, table] : cases) {
        CAPTURE(name);
        const Splits read = read_table("label," + name + ",p0\n" + table);
        CHECK(pixels_of(read.train) == std::vector<double>{1, 2});
        REQUIRE(read.validation);
        REQUIRE(read.test);
        CHECK(pixels_of(*read.validation) == std::vector<double>{3});
        CHECK(pixels_of(*read.test) == std::vector<double>{4});
    }
    const std::string text = "label,patient,split,p0\n0,a,train,1\n1,b,train,2\n0,c,test,3\n1,a,train,4\n";
    const Splits read = read_table(text);
    CHECK(read.groups == Numbers{0, 1, 0});
    CHECK_FALSE(read.validation);
    CHECK(read.test->size() == 1);
    CHECK_FALSE(read_table(text, {.split = "none"}).test);
    CHECK_THROWS_WITH(read_table("label,split,p0\n0,train,1\n1,train,2\n0,maybe,3\n"),
                      Catch::Contains("--split: ") && Catch::Contains("line 4") && Catch::Contains("'maybe'"));
}

TEST_CASE("folds by number are split by an option, which an error asks for") {
    const std::string text = "label,fold,p0\n0,1,1\n1,2,2\n0,3,3\n1,1.0,4\n0,2,5\n1,3,6\n";
    for (const char* name : {"fold", "kfold", "Fold_ID", "cv fold"}) {
        CAPTURE(name);
        std::string table = text;
        table.replace(6, 4, name);
        CHECK_THROWS_WITH(read_table(table),
                          Catch::Contains("--split: ") && Catch::Contains(name) && Catch::Contains("--split COLUMN=3"));
        CHECK_THROWS_AS(read_table(table), UsageError);
        const Splits random = read_table(table, {.split = "none"});
        CHECK(random.train.size() == 6);
        CHECK_THAT(notes_of(random), Catch::Contains("columns not used: " + std::string(name)));
        const Splits held = read_table(table, {.split = std::string(name) + "=1"});
        CHECK(pixels_of(held.train) == std::vector<double>{2, 3, 5, 6});
        CHECK(pixels_of(*held.test) == std::vector<double>{1, 4});
        CHECK_FALSE(held.validation);
    }
    const Splits both = read_table(text, {.split = "fold=3,2"});
    CHECK(pixels_of(*both.test) == std::vector<double>{3, 6});
    CHECK(pixels_of(*both.validation) == std::vector<double>{2, 5});
    CHECK(pixels_of(both.train) == std::vector<double>{1, 4});
    // Any column will do, also one of text and one by its number.
    const std::string sites = "site,label,p0\nA,0,1\nB,1,2\nB,0,3\nA,1,4\n";
    CHECK(pixels_of(*read_table(sites, {.split = "site=B"}).test) == std::vector<double>{2, 3});
    CHECK(pixels_of(*read_table(sites, {.split = "1=A"}).test) == std::vector<double>{1, 4});
    CHECK_THROWS_WITH(read_table(sites, {.split = "site=C"}),
                      Catch::Contains("--split: no row of ") && Catch::Contains(" has C there, they have A, B"));
    CHECK_THROWS_WITH(read_table(sites, {.split = "site="}), Catch::Contains("expected COLUMN=VALUE"));
    CHECK_THROWS_WITH(read_table(sites, {.split = "ward=1"}), Catch::Contains("has no column 'ward'"));
    // A column per fold that says train and test.
    const std::string columns =
        "label,fold_1,fold_2,p0\n0,train,test,1\n1,test,train,2\n0,train,train,3\n1,train,train,4\n";
    CHECK_THROWS_WITH(read_table(columns), Catch::Contains("--split: ") && Catch::Contains("fold_1, fold_2"));
    CHECK(pixels_of(*read_table(columns, {.split = "fold_2"}).test) == std::vector<double>{1});
    // Prediction needs no split.
    CHECK(read_table(text, {.purpose = Purpose::prediction, .image = {1, 1, 1}}).train.size() == 6);
}

TEST_CASE("a column that says whether a row is for validation or testing is followed") {
    const std::string rows = "0,1,+\n1,2,-\n0,3,-\n1,4,-\n";
    const auto with = [&](const std::string& name, const std::string& yes, const std::string& no) {
        std::string text = rows;
        for (std::size_t at = 0; (at = text.find_first_of("+-")) != std::string::npos;)
            text.replace(at, 1, text[at] == '+' ? yes : no);
        return read_table("label,p0," + name + "\n" + text);
    };
    for (const auto& [yes, no] : {std::pair{"True", "False"}, {"1", "0"}, {"true", "false"}, {"TRUE", "FALSE"}}) {
        CAPTURE(yes);
        const Splits valid = with("is_valid", yes, no), test = with("isTest", yes, no),
                     train = with("is_train", no, yes);
        CHECK(pixels_of(*valid.validation) == std::vector<double>{1});
        CHECK_FALSE(valid.test);
        CHECK_THAT(notes_of(valid), Catch::Contains("'is_valid' says which set a row is in"));
        CHECK(pixels_of(*test.test) == std::vector<double>{1});
        CHECK(pixels_of(*train.test) == std::vector<double>{1});
        CHECK(pixels_of(train.train) == std::vector<double>{2, 3, 4});
    }
    CHECK(read_table("label,p0,is_valid\n0,1,True\n1,2,False\n1,3,False\n", {.split = "none"}).train.size() == 3);
    CHECK_THROWS_WITH(read_table("label,p0,is_valid,is_test\n0,1,1,0\n1,2,0,0\n1,3,0,1\n"),
                      Catch::Contains("--split: ") && Catch::Contains("is_valid, is_test"));
    // Other answers are no flags.
    CHECK_THAT(notes_of(read_table("label,p0,is_valid\n0,1,yes\n1,2,no\n")), Catch::Contains("not used: is_valid"));
}

TEST_CASE("columns of pixels are read in the order of their numbers") {
    for (const char* text : {"label,p3,p2,p1,p0\n0,4,3,2,1\n1,8,7,6,5\n", "p2,label,p1,p4,p3\n2,0,1,4,3\n6,1,5,8,7\n",
                             "pixel10,pixel11,pixel8,pixel9,y\n3,4,1,2,0\n7,8,5,6,1\n"}) {
        CAPTURE(text);
        const Splits read = read_table(text);
        CHECK(pixels_of(read.train) == kPixels);
        CHECK_THAT(notes_of(read), Catch::Contains("in the order of their numbers"));
        const OpenOptions predict{.purpose = Purpose::prediction, .image = {2, 2, 1}};
        CHECK(pixels_of(read_table(text, predict).train) == kPixels);
    }
    // Where the names do not count they say nothing about the order.
    for (const char* header :
         {"label,p0,p2,p4,p1", "label,p0x1,p0x0,p1x1,p1x0", "label,d,c,b,a", "label,p0,p1,p2,p3"}) {
        CAPTURE(header);
        const Splits read = read_table(std::string(header) + "\n0,1,2,3,4\n1,5,6,7,8\n");
        CHECK(pixels_of(read.train) == kPixels);
        CHECK_THAT(notes_of(read), !Catch::Contains("order"));
    }
}

TEST_CASE("a table with other pixels than were trained on says how many were expected") {
    for (const Purpose purpose : {Purpose::prediction, Purpose::evaluation}) {
        CHECK_THROWS_WITH(read_table("label,p0,p1,p2\n0,1,2,3\n1,4,5,6\n", {.purpose = purpose, .image = {2, 2, 1}}),
                          Catch::Contains("expected 4 pixels per row") && Catch::Contains("got 3"));
        CHECK(read_table("label,p0,p1,p2\n0,1,2,3\n1,4,5,6\n", {.purpose = purpose, .image = {1, 3, 1}}).train.size() ==
              2);
    }
}

TEST_CASE("labels below 0 are classes in tables and that is said") {
    const Splits two = read_table("label,p0\n1,1\n-1,2\n1.0,3\n-1,4\n");
    CHECK(two.train.class_names == Names{"-1", "1"});
    CHECK(labels_of(two.train) == Numbers{1, 0, 1, 0});
    CHECK_THAT(notes_of(two), Catch::Contains("the labels are -1, 1, each a class\n"));
    CHECK_THAT(notes_of(read_table("label,p0\n1,1\n-1,2\n0,3\n")), Catch::Contains("leave out the images"));
    CHECK_THAT(notes_of(read_table("label,p0\n1,1\n0,2\n")), !Catch::Contains("the labels are"));
}

TEST_CASE("images of EMNIST's tables and those that an option says are turned upright") {
    const test::TemporaryFolder folder;
    const std::string text = "1,1,2,3,4\n2,5,6,7,8\n";
    for (const char* name : {"emnist-letters-train.csv", "digits.csv"}) write_bytes(folder / name, text);
    const std::vector<double> turned{1, 3, 2, 4, 5, 7, 6, 8};
    const Splits emnist = read_csv(folder / "emnist-letters-train.csv", OpenOptions{});
    CHECK(pixels_of(emnist.train) == turned);
    CHECK_THAT(notes_of(emnist), Catch::Contains("--layout nhw takes them as they lie"));
    CHECK(pixels_of(read_csv(folder / "emnist-letters-train.csv", {.layout = "nhw"}).train) == kPixels);
    CHECK(pixels_of(read_csv(folder / "digits.csv", {.layout = "nwh"}).train) == turned);
    CHECK(pixels_of(read_csv(folder / "digits.csv", OpenOptions{}).train) == kPixels);
    CHECK_THROWS_WITH(read_csv(folder / "digits.csv", {.layout = "nchw"}),
                      Catch::Contains("--layout: expected nhw or nwh"));
}

TEST_CASE("class names are kept whole in any script and one value has one name") {
    const std::string dog = "\xE7\x8A\xAC", cat = "\xE7\x8C\xAB", same(70, 'x');
    CHECK(read_table("label,p\n" + dog + ",1\n" + cat + ",2\n").train.class_names == Names{dog, cat});
    CHECK(read_table("label,p\n" + same + "1,1\n" + same + "2,2\n").train.class_names == Names{same + "1", same + "2"});
    // Latin-1 is no UTF-8: the byte is shown, and two such classes stay two.
    CHECK(read_table("label,p\ncaf\xE9,1\ncaf\xE8,2\n").train.class_names == Names{"caf\\xE8", "caf\\xE9"});
    for (const char* text : {"label,p\n0,1\n1.0,2\n0.0,3\n1,4\n", "label;p\n 0;1\n1 ;2\n+0;3\n1,0;4\n"}) {
        const Splits read = read_table(text);
        CAPTURE(text);
        CHECK(read.train.class_names == Names{"0", "1"});
        CHECK(labels_of(read.train) == Numbers{0, 1, 0, 1});
    }
    CHECK(read_table("label,p\nash,1\n ash,2\nbirch ,3\n").train.class_names == Names{"ash", "birch"});
    CHECK(read_table("label,p\n-1,1\n2.50,2\n").train.class_names == Names{"-1", "2.5"});
    for (const char* missing : {"nan", "NaN", "", "  ", "<NA>"})
        CHECK_THROWS_WITH(read_table(std::string("label,p\n0,1\n") + missing + ",2\n"),
                          Catch::Contains("line 3: the label is "));
}

TEST_CASE("a header that counts the columns is a header") {
    std::string from_zero, from_one, data;
    for (int c = 0; c < 17; ++c) {
        from_zero += (c ? "," : "") + std::to_string(c);
        from_one += (c ? "," : "") + std::to_string(c + 1);
    }
    const std::string table = numbers_table(12, 17, 0);
    for (const std::string& header : {from_zero, from_one}) {
        const Splits read = read_table(header + "\n" + table);
        CHECK(read.train.size() == 12);
        CHECK(read.train.class_names.size() == 3);
    }
    // With pandas' column of row numbers, which is no pixel.
    std::string indexed;
    std::size_t begin = 0;
    for (int row = 0; begin < table.size(); ++row) {
        const std::size_t end = table.find('\n', begin) + 1;
        indexed += std::to_string(row) + "," + table.substr(begin, end - begin);
        begin = end;
    }
    for (const std::string& header : {"," + from_zero, "Unnamed: 0," + from_zero}) {
        const Splits read = read_table(header + "\n" + indexed);
        CHECK(read.train.size() == 12);
        CHECK(pixels_of(read.train) == pixels_of(read_table(table).train));
    }
    // Fewer columns than ten may be an image.
    CHECK(read_table("0,1,2,3,4\n1,5,6,7,8\n").train.size() == 2);
}

TEST_CASE("tables as other programs write them are read") {
    const std::pair<const char*, std::string> cases[] = {
        {"decimal commas", "label;a;b;c;d\n0;1,0;2,0;3,0;4,0\n1;5,0;6,0;7,0;8,0\n"},
        {"decimal commas without names", "0;1,0;2,0;3,0;4,0\n1;5,0;6,0;7,0;8,0\n"},
        {"decimal commas and tabs", "0\t1,0\t2,0\t3,0\t4,0\n1\t5,0\t6,0\t7,0\t8,0\n"},
        {"Excel's line", "sep=;\nlabel;a;b;c;d\n0;1;2;3;4\n1;5;6;7;8\n"},
        {"Excel's line for a bar", "sep=|\n0|1|2|3|4\n1|5|6|7|8\n"},
        {"bars", "label|a|b|c|d\n0|1|2|3|4\n1|5|6|7|8\n"},
        {"blanks", "0 1 2 3 4\n1 5 6 7 8\n"},
        {"many blanks", "  0   1 2  3 4 \n  1   5 6  7 8\n"},
        {"comments", "# made by hand\n# twice\nlabel,a,b,c,d\n0,1,2,3,4\n#0,9,9,9\n1,5,6,7,8\n"},
        {"numpy's header", "# label,a,b,c,d\n0,1,2,3,4\n1,5,6,7,8\n"},
        {"plus", "0,+1,+2,3,4\n1,5,6,7,+8\n"},
        {"CR", "0,1,2,3,4\r1,5,6,7,8\r"},
        {"a separator at the end", "label,a,b,c,d,\n0,1,2,3,4,\n1,5,6,7,8,\n"},
        {"a separator after rows only", "label,a,b,c,d\n0,1,2,3,4,\n1,5,6,7,8,\n"},
        {"UTF-16", utf16("label,a,b,c,d\n0,1,2,3,4\n1,5,6,7,8\n", false)},
        {"UTF-16, the other order", utf16("label\ta\tb\tc\td\r\n0\t1\t2\t3\t4\r\n1\t5\t6\t7\t8\r\n", true)},
        {"a list of pixels", "emotion,pixels\n0,1 2 3 4\n1,5 6 7 8\n"},
        {"a list in another place", "\"1 2 3 4\",0\n\"5 6 7 8\",1\n"}};
    for (const auto& [what, text] : cases) {
        CAPTURE(what);
        const Splits read = read_table(text);
        CHECK(pixels_of(read.train) == kPixels);
        CHECK(labels_of(read.train) == Numbers{0, 1});
    }
    CHECK(read_table(utf16("label,p\n~,1\n~~,2\n", true)).train.class_names ==
          Names{"\xE7\x8C\xAB", "\xE7\x8C\xAB\xE7\x8C\xAB"});
    CHECK_THROWS_WITH(read_table("emotion,pixels\n0,1 2 3 4\n1,5 6 7\n"), Catch::Contains("line 3"));
    CHECK_THROWS_WITH(read_table("emotion,pixels\n0,1 2 3 4\n1,5 6 7 8 9\n"),
                      Catch::Contains("line 3: expected 4 pixels like the rows before, got 5"));
    CHECK_THROWS_WITH(read_table(utf16("label,p\n0,1\n", true).substr(0, 23)), Catch::Contains("table.csv: "));
}

TEST_CASE(
    "a table takes the pixel type that is wanted where its values fit and is read without labels for prediction") {
    const std::string dark = "0,1,2,3,4\n1,5,6,7,8\n";
    CHECK(read_table(dark).train.images.dtype() == DType::u8);
    CHECK(read_table(dark, {.pixels = DType::u16}).train.images.dtype() == DType::u16);
    CHECK(read_table(dark, {.pixels = DType::f32}).train.images.dtype() == DType::f32);
    CHECK(read_table("0,1,2,3,400\n1,5,6,7,8\n", {.pixels = DType::u8}).train.images.dtype() == DType::u16);
    CHECK(read_table("0,1,2,3,-4\n1,5,6,7,8\n", {.pixels = DType::u8}).train.images.dtype() == DType::f32);

    const OpenOptions predict{.purpose = Purpose::prediction, .image = {2, 2, 1}};
    for (const char* text :
         {"1,2,3,4\n5,6,7,8\n", "p0,p1,p2,p3\n1,2,3,4\n5,6,7,8\n", "id,p0,p1,p2,p3\n7,1,2,3,4\n8,5,6,7,8\n",
          "label,p0,p1,p2,p3\n1,1,2,3,4\n1,5,6,7,8\n", "p0,p1,p2,p3,stage\n1,2,3,4,1\n5,6,7,8,1\n",
          "split,p0,p1,p2,p3\ntrain,1,2,3,4\ntest,5,6,7,8\n", "label,p0,p1,p2,p3\n,1,2,3,4\n,5,6,7,8\n"}) {
        CAPTURE(text);
        const Splits read = read_table(text, predict);
        CHECK(pixels_of(read.train) == kPixels);
        CHECK(read.train.class_names == Names{"unlabelled"});
    }
    const Splits one = read_table("label,p0\n1,1\n1,5\n", {.purpose = Purpose::evaluation});
    CHECK(one.train.class_names == Names{"1"});
}

TEST_CASE("tables for evaluation are not split: groups are not read, and rows of one set may stand alone") {
    const OpenOptions evaluation{.purpose = Purpose::evaluation};
    const std::string gap = "label,patient,p0,p1,p2,p3\n0,7,1,2,3,4\n1,,5,6,7,8\n";
    CHECK(pixels_of(read_table(gap, evaluation).train) == kPixels);
    CHECK(pixels_of(read_table(gap, {.purpose = Purpose::prediction}).train) == kPixels);
    CHECK_THROWS_WITH(read_table(gap), Catch::Contains("the group is empty"));
    for (const std::string set : {"test", "validation"}) {
        const std::string alone = "label,split,p0,p1,p2,p3\n0," + set + ",1,2,3,4\n1," + set + ",5,6,7,8\n";
        CHECK(pixels_of(read_table(alone, evaluation).train) == kPixels);
        CHECK_THROWS_WITH(read_table(alone), Catch::Contains("no row is for training"));
    }
    CHECK(read_table("label,split,p0\n0,train,1\n1,test,5\n", evaluation).test->size() == 1);
}

TEST_CASE("columns that are called as pixels and hold no numbers end in an error") {
    for (const char* text : {"label,p0,p1,p2,p3\ncat,NA,NA,NA,NA\ndog,1,2,3,4\n",
                             "label,p0,p1,p2,p3\ncat, \"1\", \"2\", \"3\", \"4\"\ndog,1,2,3,4\n",
                             "label,view1,view2,view3,view4\ncat,a,b,c,d\ndog,e,f,g,h\n"})
        for (const Purpose purpose : {Purpose::training, Purpose::evaluation, Purpose::prediction}) {
            CAPTURE(text);
            CHECK_THROWS_AS(read_table(text, {.purpose = purpose}), Error);
        }
    CHECK_THROWS_WITH(read_table("name,city,colour\nanna,rome,red\nbob,paris,blue\n", {.purpose = Purpose::prediction}),
                      Catch::Contains("has no columns of pixels"));
}

TEST_CASE("groups that a table itself splits are told of") {
    const std::string text =
        "label,patient,split,p0,p1,p2,p3\n0,a,train,1,2,3,4\n1,b,train,1,2,3,4\n0,a,test,1,2,3,4\n1,c,test,1,2,3,4\n";
    CHECK_THAT(notes_of(read_table(text)),
               Catch::Contains("1 of 3 'patient' have images in more than one of its sets"));
    CHECK_THAT(notes_of(read_table(text, {.split = "none"})), !Catch::Contains("more than one"));
}

TEST_CASE("blanks around the name of a file are no part of it, where none has that name") {
    const test::TemporaryFolder folder;
    for (const char* name : {"0.pgm", "1.pgm"}) write_bytes(folder / name, std::string("P5 1 1 255 ") + name[0]);
    write_bytes(folder / "table.csv", "label, file\na, 0.pgm\nb, 1.pgm \n");
    CHECK(pixels_of(read_csv(folder / "table.csv").train) == std::vector<double>{'0', '1'});
}
