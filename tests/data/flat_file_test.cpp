// Flat files against bytes that are put together here, against the same data in memory, and for how much of a file is
// in memory while a net is trained from it.

#include <cyclone/autograd/backward.h>
#include <cyclone/data/formats/flat_file.h>
#include <cyclone/data/loader.h>
#include <cyclone/data/open.h>
#include <cyclone/data/splits.h>
#include <cyclone/data/synthetic.h>
#include <cyclone/nn/layers.h>
#include <cyclone/ops/loss.h>
#include <cyclone/optim/sgd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <limits>

#include <cyclone/io/crc64.h>
#include "data/file_bytes.h"
#include "support/catch.h"
#include "support/shared_files.h"

using namespace cyclone;
using namespace cyclone::data;
using test::little;

namespace {

// The fields of a flat file; bytes() is written from the format's description, not from the library.
struct FlatBytes {
    std::uint64_t version = 1, type = 1, n = 3, h = 1, w = 2, c = 1, classes = 2, train = 3, validation = 0, flags = 0;
    std::string pixels = "abcdef";
    std::string labels = little(0, 4) + little(1, 4) + little(1, 4);
    std::string before_labels = {}, names = little(3, 4) + "cat" + little(3, 4) + "dog";

    std::string header() const {
        const std::string tables = before_labels + labels + names;
        std::string out =
            "\x89"
            "CYC\r\n\x1a\n" +
            little(version, 4) + little(type, 4);
        for (const std::uint64_t v : {n, h, w, c, classes, train, validation, flags, std::uint64_t{tables.size()}})
            out += little(v, 8);
        out += little(io::crc64(0, pixels.data(), pixels.size()), 8);
        out += little(io::crc64(0, tables.data(), tables.size()), 8) + std::string(16, '\0');
        return out + little(io::crc64(0, out.data(), out.size()), 8);
    }
    std::string bytes() const {
        std::string out = header() + pixels;
        out.resize((out.size() + 63) / 64 * 64);
        return out + before_labels + labels + names;
    }
};

bool same(const Tensor& a, const Tensor& b) {
    const std::size_t bytes = static_cast<std::size_t>(a.numel()) * size_of(a.dtype());
    return a.shape() == b.shape() && a.dtype() == b.dtype() && std::memcmp(a.bytes(), b.bytes(), bytes) == 0;
}

void check_same(const Dataset& mapped, const Dataset& copy) {
    REQUIRE(mapped.size() == copy.size());
    for (std::int64_t i = 0; i < copy.size(); ++i) REQUIRE(same(mapped.image(i), copy.image(i)));
    CHECK(same(mapped.labels, copy.labels));
    CHECK(mapped.class_names == copy.class_names);
    REQUIRE(mapped.standardization.has_value() == copy.standardization.has_value());
    if (!copy.standardization) return;
    CHECK(mapped.standardization->mean == copy.standardization->mean);
    CHECK(mapped.standardization->scale == copy.standardization->scale);
}

// Kilobytes of the mapping of `file` that are in memory.
std::int64_t resident_kb(const std::filesystem::path& file) {
    std::ifstream maps("/proc/self/smaps");
    bool ours = false;
    std::int64_t sum = 0;
    for (std::string line; std::getline(maps, line);) {
        if (line.find('-') < 20 && line.find(' ') > line.find('-')) ours = line.ends_with(file.string());
        if (ours && line.starts_with("Rss:")) sum += std::atoll(line.c_str() + 4);
    }
    return sum;
}

std::int64_t status_kb(const std::string& field) {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);)
        if (line.starts_with(field)) return std::atoll(line.c_str() + field.size());
    return -1;
}

// `n` grey 8-bit images of side x side in a file that takes no room on the disk: all its pixels are zeros.
void write_sparse(const std::filesystem::path& path, std::int64_t n, std::int64_t side) {
    FlatBytes flat;
    flat.n = flat.train = static_cast<std::uint64_t>(n);
    flat.h = flat.w = static_cast<std::uint64_t>(side);
    flat.labels.clear();
    for (std::int64_t i = 0; i < n; ++i) flat.labels += little(static_cast<std::uint64_t>(i % 2), 4);
    test::write_bytes(path, flat.header());
    std::filesystem::resize_file(path, 128 + static_cast<std::uint64_t>(n * side * side));
    std::ofstream(path, std::ios::binary | std::ios::app) << flat.labels << flat.names;
}

// Updates of a small net on the images of a split, and the most of the file that was in memory meanwhile.
std::int64_t train_from(const std::filesystem::path& path, std::int64_t updates) {
    const Splits parts = data::open(path).train.split({.validation = 0, .test = 0.2, .seed = 1});
    std::int64_t most = 0, done = 0;
    nn::Linear layer(parts.train.images.shape().numel_between(1, 4), 2);
    optim::Sgd sgd(layer.parameters(), {.lr = 0.01});
    Loader loader(parts.train, {.batch_size = 32, .seed = 3});
    while (done < updates)
        for (const Batch& batch : loader) {
            const Tensor x = batch.x.viewed({batch.x.size(0), batch.x.numel() / batch.x.size(0)});
            backward(cross_entropy(layer.forward(x), batch.y));
            sgd.step();
            if (++done % 16 == 0) most = std::max(most, resident_kb(path));
            if (done == updates) break;
        }
    return most;
}

}  // namespace

TEST_CASE("a flat file put together by hand is read as the format says") {
    const test::TemporaryFolder folder;
    FlatBytes flat;
    flat.flags = 3;
    flat.train = 2;
    const double mean = 100.5, scale = 2.25;
    flat.before_labels = test::raw<double>({mean, scale}) + little(7, 8) + little(9, 8);
    test::write_bytes(folder / "a", flat.bytes());
    const Splits parts = data::open(folder / "a");
    CHECK(parts.format == "flat file");
    CHECK(parts.train.size() == 2);
    CHECK_FALSE(parts.validation);
    REQUIRE(parts.test);
    CHECK(parts.test->size() == 1);
    CHECK(parts.groups == std::vector<std::int64_t>{7, 9});
    CHECK(parts.train.class_names == std::vector<std::string>{"cat", "dog"});
    CHECK(parts.train.labels.to_vector<std::int64_t>() == std::vector<std::int64_t>{0, 1});
    CHECK(parts.test->labels.item() == 1);
    CHECK(parts.train.images.tensor().to_vector<std::uint8_t>() == std::vector<std::uint8_t>{'a', 'b', 'c', 'd'});
    CHECK(parts.test->image(0).to_vector<std::uint8_t>() == std::vector<std::uint8_t>{'e', 'f'});
    CHECK(parts.test->standardization->mean == std::vector<double>{mean});
    CHECK(parts.test->standardization->scale == std::vector<double>{scale});
    CHECK_NOTHROW(verify_flat_file(folder / "a"));

    write_flat_file(folder / "b", parts);
    CHECK(test::read_bytes(folder / "b") == flat.bytes());
}

TEST_CASE("what is written to a flat file comes back with its type and sets") {
    const test::TemporaryFolder folder;
    for (const DType dtype : {DType::u8, DType::u16, DType::f32}) {
        INFO(name_of(dtype));
        Dataset all{Tensor::empty({7, 3, 5, 2}, dtype),
                    Tensor::from<std::int64_t>({0, 1, 2, 0, 1, 2, 0}, {7}),
                    {"a", "", "\xC3\xA4"},
                    "",
                    std::nullopt};
        visit_dtype(dtype, [&](auto zero) {
            auto* pixel = all.images.tensor().mutable_data<decltype(zero)>();
            for (std::int64_t i = 0; i < all.images.numel(); ++i)
                pixel[i] =
                    static_cast<decltype(zero)>(static_cast<double>(i * 31 % 251) * (dtype == DType::f32 ? .1 : 1));
        });
        Splits parts;
        parts.train = all;
        parts.validation = all.subset(std::vector<std::int64_t>{4});
        parts.test = all.subset(std::vector<std::int64_t>{5, 1});
        parts.standardize();
        write_flat_file(folder / "x.cyc", parts);
        verify_flat_file(folder / "x.cyc");
        const Splits back = data::open(folder / "x.cyc");
        check_same(back.train, parts.train);
        check_same(*back.validation, *parts.validation);
        check_same(*back.test, *parts.test);
        CHECK(reinterpret_cast<std::uintptr_t>(back.train.image(0).bytes()) % 64 == 0);
        const FlatFileInfo info = flat_file_info(folder / "x.cyc");
        CHECK(info.shape == Shape{10, 3, 5, 2});
        CHECK(info.dtype == dtype);
        CHECK(info.bytes == std::filesystem::file_size(folder / "x.cyc"));
    }
}

TEST_CASE("a mapped dataset behaves as its copy in memory and copies no pixel") {
    const test::TemporaryFolder folder;
    Splits parts;
    parts.train = synthetic_patches({.positives = 40, .negatives = 160, .seed = 5, .size = 8});
    write_flat_file(folder / "x.cyc", parts);
    const Dataset& copy = parts.train;
    const Dataset mapped = data::open(folder / "x.cyc").train;
    check_same(mapped, copy);
    const auto [train, test] = mapped.split(0.7, 9);
    const auto [train_copy, test_copy] = copy.split(0.7, 9);
    check_same(train, train_copy);
    check_same(test, test_copy);
    CHECK(train.image(0).shares_storage_with(mapped.image(0)));
    check_same(test.subset(std::vector<std::int64_t>{3, 0, 3}), test_copy.subset(std::vector<std::int64_t>{3, 0, 3}));

    Loader a(train, {.batch_size = 32, .seed = 4}), b(train_copy, {.batch_size = 32, .seed = 4});
    for (int epoch = 0; epoch < 2; ++epoch) {
        auto it = a.begin();
        for (const Batch& batch : b) {
            CHECK(same(it->x, batch.x));
            CHECK(same(it->y, batch.y));
            ++it;
        }
        CHECK(it == a.end());
    }
    // A selection is written like any dataset; the numbers of its pixels tell selections apart.
    Splits selected;
    selected.train = train;
    write_flat_file(folder / "y.cyc", selected);
    check_same(data::open(folder / "y.cyc").train, train_copy);
    CHECK(train.images.checksum() != test.images.checksum());
    CHECK(train.images.checksum() == mapped.split(0.7, 9).train.images.checksum());
    Splits twice;
    twice.train = train;
    twice.test = test.subset(std::vector<std::int64_t>{1});
    CHECK(duplicates_across(twice).empty());
    twice.test = train.subset(std::vector<std::int64_t>{1});
    CHECK(duplicates_across(twice).size() == 1);
}

TEST_CASE("a mapped tensor can be read and cloned but not written") {
    const test::TemporaryFolder folder;
    test::write_bytes(folder / "a", FlatBytes{}.bytes());
    Tensor images = data::open(folder / "a").train.image(0);  // keeps the mapping alive by itself
    CHECK(images.is_read_only());
    CHECK_THROWS_WITH(images.mutable_data<std::uint8_t>(), Catch::Contains("cannot be written to"));
    CHECK_THROWS_WITH(images.mutable_bytes(), Catch::Contains("hint: clone()"));
    CHECK_THROWS_AS(images.fill(0), Error);
    CHECK_THROWS_AS(images.rows(0, 1).copy_from(images.rows(0, 1)), Error);
    Tensor copy = images.clone();
    CHECK_FALSE(copy.is_read_only());
    copy.fill(1);
    CHECK(images.data<std::uint8_t>()[0] == 'a');
}

TEST_CASE("a flat file that was damaged is refused with the reason") {
    const test::TemporaryFolder folder;
    const auto refused = [&](const std::string& bytes, const std::string& why) {
        test::write_bytes(folder / "a", bytes);
        INFO(why);
        CHECK_THROWS_WITH(read_flat_file(folder / "a"),
                          Catch::StartsWith((folder / "a").string()) && Catch::Contains(why));
    };
    const std::string good = FlatBytes{}.bytes();
    for (std::size_t length = 0; length < good.size(); ++length)
        refused(good.substr(0, length), length < 8     ? "an unrecognised signature"
                                        : length < 128 ? "ends inside its header"
                                                       : "is truncated");
    refused(good + '\0', "longer than its header says, by 1 bytes");
    for (std::size_t i = 0; i < good.size(); ++i) {
        std::string bad = good;
        bad[i] = static_cast<char>(bad[i] ^ 4);
        if (i < 128)
            refused(bad, i < 8 ? "an unrecognised signature" : i < 12 ? "version" : "the header is damaged");
        else if (i >= 192)
            refused(bad, "the labels and names are damaged");
        else {
            test::write_bytes(folder / "a", bad);
            CHECK_NOTHROW(read_flat_file(folder / "a"));  // pixels are not read
            CHECK_THROWS_WITH(verify_flat_file(folder / "a"),
                              Catch::Contains(i < 134 ? "the pixels are damaged" : "expected zeros"));
        }
    }
    // Headers and tables with right checksums and wrong values.
    const auto with = [&](auto change, const std::string& why) {
        FlatBytes flat;
        change(flat);
        refused(flat.bytes(), why);
    };
    constexpr auto most = std::numeric_limits<std::uint64_t>::max();
    with([](auto& f) { f.version = 2; }, "is of version 2 of the flat file, this build reads version 1");
    with([](auto& f) { f.type = 4; }, "expected pixels of type 1, 2 or 3");
    with([](auto& f) { f.n = 0; }, "expected at least one image");
    with([](auto& f) { f.c = 65; }, "1 to 64 channels");
    with([](auto& f) { f.n = std::uint64_t{1} << 40; }, "is truncated");
    with([](auto& f) { f.h = most; }, "more pixels than any file can hold");
    with([](auto& f) { f.n = f.train = std::uint64_t{1} << 62, f.w = 4; }, "more pixels than any file can hold");
    with([](auto& f) { f.type = 3, f.n = f.train = std::uint64_t{1} << 61; }, "more pixels than any file can hold");
    with([](auto& f) { f.classes = 0; }, "classes");
    with([](auto& f) { f.classes = most; }, "classes");
    with([](auto& f) { f.train = 0; }, "expected sets of the 3 images");
    with([](auto& f) { f.validation = most; }, "expected sets of the 3 images");
    with([](auto& f) { f.flags = 4; }, "unknown flags");
    with([](auto& f) { f.flags = 1; }, "the tables are too short");
    with([](auto& f) { f.classes = 900'000; }, "the tables are too short");
    with([](auto& f) { f.labels[4] = 2; }, "label 2 of image 1 is outside the 2 classes");
    with([](auto& f) { f.names[0] = 120; }, "the name of a class is longer than the tables");
    with([](auto& f) { f.names += "x"; }, "the tables are longer");
    with([](auto& f) { f.labels[0] = 1; }, "class 'cat' has no image");
    test::write_bytes(folder / "a", "\x1f\x8b" + good);
    CHECK_THROWS_WITH(read_flat_file(folder / "a"), Catch::Contains("gunzip"));
    CHECK_THROWS_WITH(read_flat_file(folder / "none"), Catch::Contains("cannot read"));
    CHECK_THROWS_WITH(read_flat_file(folder.path()), Catch::Contains("this is a folder"));
}

TEST_CASE("a flat file is written whole or not at all") {
    const test::TemporaryFolder folder;
    const auto empty = [&] { return std::filesystem::is_empty(folder.path()); };
    const Dataset data = synthetic_patches({.positives = 2, .negatives = 2, .size = 8});
    const Dataset digits = synthetic_digits({.count = 10, .size = 12});
    {
        FlatFileWriter writer(folder / "x.cyc");
        writer.add(FlatPart::test, data);
        CHECK_THROWS_WITH(writer.add(FlatPart::train, data), Catch::Contains("order training, validation, test"));
        CHECK_THROWS_WITH(writer.add(FlatPart::test, digits), Catch::Contains("like those before"));
        CHECK_THROWS_WITH(writer.commit(), Catch::Contains("at least one image for training"));
    }
    CHECK(empty());
    {
        FlatFileWriter writer(folder / "x.cyc");
        writer.add(FlatPart::train, data.subset(std::vector<std::int64_t>{0}));
        CHECK_THROWS_WITH(writer.commit(), Catch::Contains("class 'negative' has no image"));
        CHECK_THROWS_WITH(writer.commit({1, 2}), Catch::Contains("a group for each of the 1 training images"));
    }
    CHECK(empty());
    Splits parts;
    parts.train = data;
    parts.train.images = Tensor::full(data.images.shape(), std::numeric_limits<double>::infinity());
    CHECK_THROWS_WITH(write_flat_file(folder / "x.cyc", parts), Catch::Contains("is inf, expected a finite number"));
    parts.train = data;
    CHECK_THROWS_AS(write_flat_file(folder / "none" / "x.cyc", parts), Error);
    CHECK(empty());
}

TEST_CASE("a file that is shortened or rewritten while it is read is an error") {
    const test::TemporaryFolder folder;
    Splits parts;
    parts.train = synthetic_digits({.count = 40, .size = 12});
    write_flat_file(folder / "x.cyc", parts);
    const Dataset train = data::open(folder / "x.cyc").train;
    Loader loader(train, {.batch_size = 8}), direct(train, {.batch_size = 8, .prefetch = 0});
    auto batch = direct.begin();
    const auto changed = Catch::Contains("x.cyc: was changed while it was in use");
    // Of the same size as before; the clock of the file system may be coarse.
    std::filesystem::last_write_time(folder / "x.cyc",
                                     std::filesystem::file_time_type::clock::now() + std::chrono::seconds(1));
    CHECK_THROWS_WITH(++batch, changed);
    std::filesystem::resize_file(folder / "x.cyc", 200);
    CHECK_THROWS_WITH(loader.begin(), changed);
    CHECK_THROWS_WITH(Standardization::fit(train.images), changed);
}

TEST_CASE("training from a flat file keeps a small part of it in memory") {
    const test::TemporaryFolder folder;
    const auto path = folder / "big.cyc";
    constexpr std::int64_t kMegabytes = 160;
    write_sparse(path, kMegabytes << 10, 32);  // images of 1 KB
    const std::int64_t before = status_kb("RssAnon:");
    const std::int64_t most = train_from(path, 400);  // 12,800 images, each in pages of its own
    INFO(most << " KB of the file, " << before << " KB of memory before, " << status_kb("RssAnon:") << " after");
    CHECK(most > 0);
    CHECK(most <= 100 << 10);
#ifndef __SANITIZE_ADDRESS__
    CHECK(status_kb("RssAnon:") - before < 64 << 10);
#endif
}

// CYCLONE_BIG=1, by hand: needs no room on the disk but 4 GB of reading.
TEST_CASE("training from 4 GB takes less than 1 GB") {
    if (!std::getenv("CYCLONE_BIG")) CYCLONE_SKIP("CYCLONE_BIG is not set");
    const test::TemporaryFolder folder;
    write_sparse(folder / "big.cyc", std::int64_t{4} << 20, 32);
    train_from(folder / "big.cyc", 4 << 15);  // one epoch and a quarter of the other
    WARN("most memory in use: " << status_kb("VmHWM:") / 1024 << " MB");
    CHECK(status_kb("VmHWM:") < 1 << 20);
}
