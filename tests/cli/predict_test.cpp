// cyclone predict and evaluate: what images can be given as.

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <fstream>
#include <sstream>

#include <unistd.h>
#include <nlohmann/json.hpp>

#include "data/image_bytes.h"
#include "support/catch.h"
#include "support/programs.h"

using namespace cyclone;
using test::lines_in;
using test::pgm;
using test::run_program;
using test::whole_file;

namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

// 4 x 4 pixels; class b is bright on the left.
std::string image(bool left, int number) {
    std::string out;
    for (int i = 0; i < 16; ++i) out += char(((i % 4 < 2) == left ? 180 : 40) + (number * 7 + i * 13) % 40);
    return pgm(4, 4, out);
}

// Weights for images() and what they were trained on.
struct Trained {
    test::Folder folder;
    std::string weights;

    Trained() {
        for (int i = 0; i < 12; ++i)
            for (const char* name : {"a", "b"})
                folder.add("photos/" + std::string(name) + '/' + std::to_string(i) + ".pgm", image(name[0] == 'b', i));
        const auto result = run_program(
            "cyclone", "train " + at("photos") +
                           " --model 'flatten linear:classes' --epochs 3 --batch-size 4 --threads 1 --quiet --out " +
                           at("run"));
        INFO(result.err);
        REQUIRE(result.code == 0);
        weights = " --weights " + at("run/best.safetensors");
    }
    std::string at(const std::string& name) const { return (folder / name).string(); }
    test::ProgramResult predict(const std::string& arguments) const {
        return run_program("cyclone", "predict " + arguments + weights);
    }
    test::ProgramResult evaluate(const std::string& arguments) const {
        return run_program("cyclone", "evaluate " + arguments + weights);
    }
};

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
}

// The part of each line behind its first comma.
std::vector<std::string> answers_of(const std::string& text) {
    std::vector<std::string> out;
    for (const std::string& line : lines_of(text)) out.push_back(line.substr(line.find(',')));
    return out;
}

}  // namespace

TEST_CASE("predict takes several files and folders, and standard input and output") {
    const Trained t;
    for (int i = 0; i < 3; ++i) t.folder.add("new/" + std::to_string(i) + ".pgm", image(i == 1, 50 + i));
    t.folder.add("other/0.pgm", image(true, 60));
    const auto whole = t.predict(t.at("new"));
    REQUIRE(whole.code == 0);
    REQUIRE(lines_in(whole.out) == 4);
    SECTION("files, as a shell writes *.pgm") {
        const auto files = t.predict(t.at("new") + "/*.pgm");
        CHECK(files.code == 0);
        CHECK(answers_of(files.out) == answers_of(whole.out));
        CHECK(lines_of(files.out)[1].starts_with(t.at("new/0.pgm")));
    }
    SECTION("a folder and a file, each called by its path") {
        const auto both = t.predict(t.at("new") + ' ' + t.at("other/0.pgm"));
        CHECK(both.code == 0);
        REQUIRE(lines_in(both.out) == 5);
        CHECK(lines_of(both.out)[1].starts_with(t.at("new/0.pgm")));
        CHECK(lines_of(both.out)[4].ends_with(",b"));
    }
    SECTION("an image on standard input") {
        for (const char* name : {"-", "/dev/stdin"}) {
            const auto one = t.predict(std::string(name) + " <" + t.at("new/1.pgm") + " --out -");
            CHECK(one.code == 0);
            REQUIRE(lines_in(one.out) == 2);
            CHECK(lines_of(one.out)[1].starts_with("-,"));
            CHECK(answers_of(one.out)[1] == answers_of(whole.out)[2]);
        }
        const auto damaged = t.predict("- </dev/null");
        CHECK(damaged.code == 1);
        CHECK_THAT(damaged.err, Catch::Contains("standard input"));
        CHECK_THAT(damaged.err, !Catch::Contains("/proc"));
        CHECK(t.predict("- - </dev/null").code == 2);
        t.folder.add("x.h5", "\x89HDF\r\n\x1a\n");
        CHECK_THAT(t.predict("- <" + t.at("x.h5")).err, Catch::Contains("save it as a file"));
    }
    SECTION("tables and lists of files keep the names and are read in the size of the training") {
        t.folder.add("new/wide.pgm", pgm(5, 6, std::string(30, 'z')));
        t.folder.add("new/list.txt", "1.pgm\n0.pgm\n");
        t.folder.add("new/table.csv", "id,age\n2,30\nwide,40\n");
        const auto list = t.predict(t.at("new/list.txt"));
        INFO(list.err);
        CHECK(list.code == 0);
        REQUIRE(lines_in(list.out) == 3);
        CHECK(lines_of(list.out)[1] == lines_of(whole.out)[2]);
        CHECK(lines_of(list.out)[2] == lines_of(whole.out)[1]);
        const auto table = t.predict(t.at("new/table.csv") + " --fit crop");
        INFO(table.err);
        CHECK(table.code == 0);
        REQUIRE(lines_in(table.out) == 3);
        CHECK(lines_of(table.out)[1].starts_with("2,"));
        CHECK(answers_of(table.out)[1] == answers_of(whole.out)[3]);
        const auto piped =
            run_program("cyclone", "predict - --image-root " + t.at("new") + t.weights + " <" + t.at("new/list.txt"));
        CHECK(piped.out == list.out);
        t.folder.add("labelled.csv", "file,label\nnew/0.pgm,a\nnew/1.pgm,b\nnew/wide.pgm,b\n");
        CHECK(Json::parse(t.evaluate(t.at("labelled.csv") + " --fit crop --json").out)["images"] == 3);
    }
    SECTION("what is missing shows before anything is predicted") {
        const auto missing = t.predict(t.at("new") + ' ' + t.at("nowhere"));
        CHECK(missing.code == 1);
        CHECK(missing.out.empty());
    }
    SECTION("each file of a kind that is not read is named") {
        t.folder.add("new/a.tif", std::string("II*\0....", 8));
        t.folder.add("new/b.tif", std::string("II*\0....", 8));
        t.folder.add("new/c.webp", "RIFF....WEBP");
        t.folder.add("new/labels.txt", "words");
        t.folder.add("new/more.txt", "words");
        const auto some = t.predict(t.at("new"));
        CHECK(some.code == 1);
        CHECK(some.out == whole.out);
        CHECK(lines_in(some.err) == 5);
        CHECK_THAT(some.err, Catch::Contains("a.tif: expected") && Catch::Contains("b.tif: expected") &&
                                 Catch::Contains("got a WebP image") &&
                                 Catch::Contains("labels.txt and 1 more of its kind: not an image") &&
                                 Catch::Contains("3 file(s) could not be used, 3 image(s) predicted"));
    }
    SECTION("names of files become UTF-8") {
        t.folder.add("latin/caf\xE9.pgm", image(true, 1));
        CHECK(lines_of(t.predict(t.at("latin")).out).at(1).starts_with("caf\\xE9.pgm,"));
        CHECK(Json::parse(t.predict(t.at("latin") + " --json").out)["predictions"][0]["file"] == "caf\\xE9.pgm");
    }
}

TEST_CASE("the folder of a training stands for its best weights") {
    const Trained t;
    const std::string file = run_program("cyclone", "predict " + t.at("photos/a") + t.weights).out;
    CHECK(lines_in(file) == 13);
    CHECK(run_program("cyclone", "predict " + t.at("photos/a") + " --weights " + t.at("run")).out == file);
    CHECK(run_program("cyclone", "evaluate " + t.at("photos") + " --weights " + t.at("run/")).code == 0);
    const auto init = run_program(
        "cyclone", "train " + t.at("photos") + " --epochs 1 --init " + t.at("run") + " --out " + t.at("more"));
    INFO(init.err);
    CHECK(init.code == 0);
    const auto no_weights = run_program("cyclone", "predict " + t.at("photos/a") + " --weights " + t.at("photos"));
    CHECK(no_weights.code == 1);
    CHECK_THAT(no_weights.err, Catch::Contains("expected a file, this is a folder"));
}

TEST_CASE("one fault of all images is told once") {
    const Trained t;
    for (int i = 0; i < 5; ++i) t.folder.add("large/" + std::to_string(i) + ".pgm", pgm(8, 8, std::string(64, 'a')));
    const auto all = t.predict(t.at("large"));
    CHECK(all.code == 1);
    CHECK(lines_in(all.err) == 2);
    CHECK_THAT(all.err, Catch::Contains("large/0.pgm and 4 more of its kind: is 8 x 8, expected 4 x 4") &&
                            Catch::Contains("5 file(s) could not be used"));
    // Beside images that can be used each is named.
    t.folder.add("large/good.pgm", image(true, 3));
    CHECK(lines_in(t.predict(t.at("large")).err) == 6);
}

TEST_CASE("options that image files have no use for are refused by predict") {
    const Trained t;
    t.folder.add("list.txt", t.at("photos/a/0.pgm") + "\n" + t.at("photos/b/0.pgm") + "\n");
    for (const char* data : {"photos", "photos/a/0.pgm", "list.txt"})
        for (const char* option : {"--layout nchw", "--images x", "--shape 4x4", "--group patient"}) {
            const auto result = t.predict(t.at(data) + ' ' + option);
            CAPTURE(data, option, result.err);
            CHECK(result.code == 2);
            CHECK_THAT(result.err, Catch::Contains(std::string(option).substr(0, std::string(option).find(' ')) +
                                                   ": has no effect on "));
            CHECK(result.out.empty());
        }
}

TEST_CASE("evaluate takes several data and data of one class") {
    const Trained t;
    for (int i = 0; i < 4; ++i)
        for (const char* name : {"a", "b"})
            t.folder.add("more/" + std::string(name) + '/' + std::to_string(i) + ".pgm", image(name[0] == 'b', 70 + i));
    for (int i = 0; i < 3; ++i) t.folder.add("one/b/" + std::to_string(i) + ".pgm", image(true, 90 + i));
    const auto both = t.evaluate(t.at("more") + ' ' + t.at("photos") + " --json");
    INFO(both.err);
    CHECK(both.code == 0);
    CHECK(Json::parse(both.out)["images"] == 32);
    const auto one = t.evaluate(t.at("one") + " --json");
    INFO(one.err);
    CHECK(one.code == 0);
    CHECK(Json::parse(one.out)["images"] == 3);
    CHECK(Json::parse(one.out)["classes"][0]["images"] == 0);
    CHECK(Json::parse(one.out)["auc"].is_null());
    CHECK(t.evaluate(t.at("one")).code == 0);
    t.folder.add("one/c/0.pgm", image(true, 1));
    CHECK_THAT(t.evaluate(t.at("one")).err, Catch::Contains("no class 'c'"));
    const auto trained = run_program(
        "cyclone", "train " + t.at("photos") +
                       " --model 'flatten linear:classes' --epochs 1 --batch-size 4 --threads 1 --quiet --test " +
                       t.at("more") + " --out " + t.at("again"));
    INFO(trained.err);
    CHECK(trained.code == 0);
}

TEST_CASE("pipes, sockets and devices end in an error at once wherever a file is read") {
    const Trained t;
    REQUIRE(mkfifo(t.at("pipe").c_str(), 0600) == 0);
    REQUIRE(mkfifo(t.at("pipe.json").c_str(), 0600) == 0);
    REQUIRE(mkfifo(t.at("photos/a/pipe").c_str(), 0600) == 0);
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    const fs::path here = fs::current_path();
    fs::current_path(t.folder.path());  // the name of a socket is short
    std::snprintf(name.sun_path, sizeof name.sun_path, "socket");
    const int socket = ::socket(AF_UNIX, SOCK_STREAM, 0);
    REQUIRE(bind(socket, reinterpret_cast<const sockaddr*>(&name), sizeof name) == 0);
    fs::current_path(here);
    const auto ends = [&](const std::string& arguments) {
        INFO(arguments);
        const auto ended = run_program("cyclone", arguments);
        CHECK((ended.code == 1 || ended.code == 2));
        CHECK_THAT(ended.err, Catch::Contains("pipe") || Catch::Contains("socket") || Catch::Contains("device") ||
                                  Catch::Contains("folder"));
    };
    for (const std::string& special : {t.at("pipe"), t.at("socket"), std::string("/dev/zero")}) {
        for (const char* command : {"train ", "find-lr ", "convert "})
            ends(command + special + (command[0] == 'c' ? ' ' + t.at("x.cyc") : ""));
        ends("predict " + special + t.weights);
        ends("evaluate " + special + t.weights);
        ends("predict " + t.at("photos") + " --weights " + special);
        ends("train --config " + special);
        ends("convert --info " + special);
        ends("report " + special);
    }
    ends("train " + t.at("photos") + " --model " + t.at("pipe.json") + " --out " + t.at("y"));
    close(socket);
    CHECK(t.predict(t.at("photos")).code == 0);  // one among images is no image
}

TEST_CASE("evaluate leaves damaged files out where they are allowed") {
    const Trained t;
    for (int i = 0; i < 3; ++i)
        for (const char* name : {"a", "b"})
            t.folder.add("some/" + std::string(name) + '/' + std::to_string(i) + ".pgm", image(name[0] == 'b', i));
    t.folder.add("some/a/bad.pgm", "P5 4 4 255 short");
    const auto refused = t.evaluate(t.at("some"));
    CHECK(refused.code == 1);
    CHECK_THAT(refused.err, Catch::Contains("--most-bad"));
    const auto allowed = t.evaluate(t.at("some") + " --most-bad 0.2 --json");
    INFO(allowed.err);
    REQUIRE(allowed.code == 0);
    CHECK(Json::parse(allowed.out)["images"] == 6);
    CHECK_THAT(allowed.err, Catch::Contains("bad.pgm"));
    REQUIRE(run_program("cyclone", "convert " + t.at("photos") + ' ' + t.at("photos.cyc") + " --quiet").code == 0);
    const auto of_arrays = t.evaluate(t.at("photos.cyc") + " --most-bad 0.2");
    CHECK(of_arrays.code == 2);
    CHECK_THAT(of_arrays.err, Catch::Contains("--most-bad: has no effect on"));
    for (const auto& fitted :
         {t.evaluate(t.at("photos.cyc") + " --fit crop"), t.predict(t.at("photos.cyc") + " --fit crop")}) {
        CHECK(fitted.code == 2);
        CHECK_THAT(fitted.err, Catch::Contains("--fit: has no effect on"));
    }
    CHECK(t.evaluate(t.at("photos") + " --fit crop").code == 0);
}

TEST_CASE("the option --fit is for the images of --test where the data to train on have their size") {
    const Trained t;
    for (int i = 0; i < 4; ++i)
        for (const char* name : {"a", "b"})
            t.folder.add("wide/" + std::string(name) + '/' + std::to_string(i) + ".pgm",
                         pgm(8, 4, std::string(32, char(name[0] == 'b' ? 'x' : 'B'))));
    REQUIRE(run_program("cyclone", "convert " + t.at("photos") + ' ' + t.at("photos.cyc") + " --quiet").code == 0);
    const std::string train = " --model 'flatten linear:classes' --epochs 1 --batch-size 4 --threads 1 --quiet ";
    for (const char* data : {"photos", "photos.cyc"}) {
        const auto with = [&](const std::string& more) {
            return run_program("cyclone", "train " + t.at(data) + train + more + " --out " + t.at("fit-") + data);
        };
        CHECK(with("--test " + t.at("wide")).code == 1);
        const auto fitted = with("--fit resize --test " + t.at("wide"));
        INFO(fitted.err);
        CHECK(fitted.code == 0);
        CHECK(with("--fit resize").code == 2);
    }
}
