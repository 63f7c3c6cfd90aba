// Checkpoint files and folders, damage and failures.

#include <cyclone/io/atomic_file.h>
#include <cyclone/io/checkpoint_folder.h>
#include <cyclone/io/crc64.h>

#include <algorithm>
#include <fstream>
#include <limits>
#include <set>

#include "io/checkpoint_content.h"
#include "support/catch.h"
#include "support/shared_files.h"

using namespace cyclone;
using io::CheckpointFolder;
using test::content;
using test::names_in;
using test::TemporaryFolder;
using test::value_of;
using test::whole_file;
namespace fs = std::filesystem;

namespace {

void store(const fs::path& path, const std::string& bytes) { std::ofstream(path, std::ios::binary) << bytes; }

}  // namespace

TEST_CASE("crc64 gives the published check value and does not depend on the cuts") {
    // "123456789": the check value of CRC-64/XZ in the RevEng catalogue.
    CHECK(io::crc64(0, "123456789", 9) == 0x995DC9BBDF1939FA);
    CHECK(io::crc64(0, "", 0) == 0);
    std::string text;
    for (int i = 0; i < 100; ++i) text += static_cast<char>(i * 37);
    for (std::size_t cut = 0; cut <= text.size(); ++cut)
        CHECK(io::crc64(io::crc64(0, text.data(), cut), text.data() + cut, text.size() - cut) ==
              io::crc64(0, text.data(), text.size()));
}

TEST_CASE("a checkpoint gives back every bit") {
    const TemporaryFolder folder;
    const fs::path path = folder / "a.ckpt";
    io::save_checkpoint(path, content(3));
    CHECK(io::is_checkpoint(path));
    const io::WeightsFile back = io::load_checkpoint(path);
    CHECK(back.metadata == content(3).metadata);
    REQUIRE(back.tensors.size() == 3);
    CHECK(value_of(back) == 3);
    CHECK(back.tensors[1].name == "counts");
    CHECK(back.tensors[1].tensor.to_vector<std::int64_t>() == std::vector<std::int64_t>{3, -1});
    CHECK(std::isnan(back.tensors[2].tensor.data<double>()[2]));
    io::save_checkpoint(folder / "b.ckpt", back);
    CHECK(whole_file(folder / "b.ckpt") == whole_file(path));
    io::save_weights(folder / "w", content(3));
    CHECK_FALSE(io::is_checkpoint(folder / "w"));
    CHECK_FALSE(io::is_checkpoint(folder / "missing"));
    CHECK_FALSE(io::is_checkpoint(folder.path()));
}

TEST_CASE("every shorter file and every changed byte is found") {
    const TemporaryFolder folder;
    io::save_checkpoint(folder / "a.ckpt", {{{"w", Tensor::full({3}, 2)}}, {{"k", "v"}}});
    const std::string whole = whole_file(folder / "a.ckpt");
    for (std::size_t length = 0; length < whole.size(); ++length)
        CHECK_THROWS_AS(io::parse_checkpoint(whole.substr(0, length), "a"), io::DamagedFile);
    for (std::size_t i = 0; i < whole.size(); ++i)
        for (const int bit : {0, 7}) {
            std::string changed = whole;
            changed[i] = static_cast<char>(changed[i] ^ (1 << bit));
            INFO("byte " << i);
            if (i < 8)
                CHECK_THROWS_WITH(io::parse_checkpoint(changed, "a"), "a: is not a checkpoint of this program");
            else
                CHECK_THROWS_AS(io::parse_checkpoint(changed, "a"), io::DamagedFile);
        }
    CHECK_THROWS_AS(io::parse_checkpoint(whole + " ", "a"), io::DamagedFile);
    CHECK_THROWS_WITH(io::parse_checkpoint(whole.substr(0, whole.size() - 1), "a"), Catch::Contains("truncated"));
    CHECK_THROWS_WITH(io::load_checkpoint(folder / "missing"), Catch::Contains("missing: cannot read"));
}

TEST_CASE("a checkpoint of a later version is no damaged one") {
    const TemporaryFolder folder;
    io::save_checkpoint(folder / "a.ckpt", content(1));
    std::string bytes = whole_file(folder / "a.ckpt");
    bytes[8] = 2;
    CHECK_THROWS_AS(io::parse_checkpoint(bytes, "a"), io::DamagedFile);  // the checksum is the old one
    std::uint64_t sum = io::crc64(0, bytes.data(), bytes.size() - 8);
    for (std::size_t i = 0; i < 8; ++i, sum >>= 8) bytes[bytes.size() - 8 + i] = static_cast<char>(sum);
    CHECK_THROWS_WITH(io::parse_checkpoint(bytes, "a"),
                      Catch::Contains("version 2") && Catch::Contains("up to version 1"));
    {
        CheckpointFolder run(folder / "run");
        run.save(1, content(1));
        store(run.path_of(2), bytes);
        CHECK_THROWS_WITH(run.load_newest(), Catch::Contains("version 2"));  // not silently the older one
        CHECK(fs::exists(run.path_of(2)));
    }
}

// Made by a script from the description in checkpoint_file.h, with a bit-by-bit CRC: a file of version 1 stays
// readable.
TEST_CASE("a stored checkpoint of version 1 can be read and is written the same") {
    const std::string hex =
        "4359434c4f4e450a0100000000000000680000000000000058000000000000007b225f5f6d65746164617461"
        "5f5f223a7b2273656564223a2237227d2c2277223a7b226474797065223a22463332222c227368617065223a"
        "5b325d2c22646174615f6f666673657473223a5b302c385d7d7d2020202020200000c03f000080bed2717d69"
        "2a48ad58";
    std::string bytes;
    for (std::size_t i = 0; i < hex.size(); i += 2)
        bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
    const io::WeightsFile file = io::parse_checkpoint(bytes, "stored");
    CHECK(file.metadata == io::Metadata{{"seed", "7"}});
    REQUIRE(file.tensors.size() == 1);
    CHECK(file.tensors[0].name == "w");
    CHECK(file.tensors[0].tensor.to_vector<float>() == std::vector<float>{1.5F, -0.25F});
    const TemporaryFolder folder;
    io::save_checkpoint(folder / "again", file);
    CHECK(whole_file(folder / "again") == bytes);
}

TEST_CASE("the folder keeps the newest few and the best") {
    const TemporaryFolder temporary;
    CheckpointFolder folder(temporary / "deep" / "run", 2);
    CHECK(folder.numbers().empty());
    CHECK_FALSE(folder.load_newest());
    for (const std::uint64_t n : {1, 5, 10, 1200}) folder.save(n, content(static_cast<double>(n)));
    folder.save_best(content(5));
    CHECK(folder.numbers() == std::vector<std::uint64_t>{10, 1200});
    store(folder.path() / "checkpoint-12.ckpt", "not ours: too few digits");
    CHECK(names_in(folder.path()) == std::set<std::string>{"best.ckpt", "checkpoint-12.ckpt",
                                                           "checkpoint-000000000010.ckpt",
                                                           "checkpoint-000000001200.ckpt"});
    const auto newest = folder.load_newest();
    REQUIRE(newest);
    CHECK(newest->number == 1200);
    CHECK(value_of(newest->content) == 1200);
    CHECK(value_of(io::load_checkpoint(folder.best_path())) == 5);
    folder.save(1200, content(7));  // once more with the same number
    CHECK(folder.numbers() == std::vector<std::uint64_t>{10, 1200});
    CHECK(value_of(folder.load_newest()->content) == 7);
    folder.remove(1200);
    CHECK(folder.load_newest()->number == 10);
    CHECK_THROWS_AS(CheckpointFolder(temporary / "x", 0), UsageError);
    store(temporary / "file", "");
    CHECK_THROWS_WITH(CheckpointFolder(temporary / "file"), Catch::Contains("cannot create the folder"));
}

TEST_CASE("a damaged checkpoint is reported and set aside and the one before it used") {
    const TemporaryFolder temporary;
    CheckpointFolder folder(temporary / "run", 3);
    for (const std::uint64_t n : {1, 2, 3}) folder.save(n, content(static_cast<double>(n)));
    std::string third = whole_file(folder.path_of(3)), second = whole_file(folder.path_of(2));
    third[third.size() / 2] ^= 1;
    store(folder.path_of(3), third);
    store(folder.path_of(2), second.substr(0, 100));
    std::vector<std::string> reports;
    const auto report = [&](const std::string& text) { reports.push_back(text); };
    const auto newest = folder.load_newest(report);
    REQUIRE(newest);
    CHECK(newest->number == 1);
    REQUIRE(reports.size() == 2);
    CHECK_THAT(reports[0], Catch::Contains(folder.path_of(3).string()) && Catch::Contains("checksum"));
    CHECK_THAT(reports[1], Catch::Contains(folder.path_of(2).string()) && Catch::Contains("truncated"));
    CHECK(fs::exists(folder.path_of(3).string() + ".damaged"));
    CHECK(folder.load_newest(report)->number == 1);
    CHECK(reports.size() == 2);
    store(folder.path_of(1), "");
    CHECK_THROWS_WITH(folder.load_newest(report), Catch::Contains("none of the 1 checkpoints is whole"));
    CHECK(fs::exists(folder.path_of(1)));  // a second try must not take the folder for an empty one
}

TEST_CASE("one run at a time writes to a folder and cleans up after killed ones") {
    const TemporaryFolder temporary;
    const fs::path run = temporary / "run";
    {
        CheckpointFolder folder(run);
        folder.save(1, content(1));
        CHECK_THROWS_WITH(CheckpointFolder(run), Catch::Contains("another run"));
    }
    for (const char* name : {"checkpoint-000000000002.ckpt.tmp.123", "best.ckpt.tmp.123.1"}) store(run / name, "half");
    for (const char* name : {"notes.tmp.123", "checkpoint-000000000002.ckpt.tmp.mine"}) store(run / name, "not ours");
    const CheckpointFolder again(run);
    CHECK(names_in(run) == std::set<std::string>{"checkpoint-000000000001.ckpt", "notes.tmp.123",
                                                 "checkpoint-000000000002.ckpt.tmp.mine"});
}
