// CIFAR's binary files.

#include <cyclone/base/utf8.h>
#include <cyclone/data/formats/cifar.h>
#include <cyclone/io/input_file.h>

#include <algorithm>
#include <sstream>

#include "data/assemble.h"
#include "data/formats/byte_source.h"

namespace cyclone::data {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kSide = 32, kPlane = kSide * kSide;
constexpr std::uint64_t kMostNames = std::uint64_t{1} << 20;  // bytes of the file of names

struct Kind {
    std::int64_t classes = 10, label_bytes = 1;  // the last label byte counts: CIFAR-100 has coarse, fine
    const char* names = "batches.meta.txt";
    std::int64_t record() const { return label_bytes + 3 * kPlane; }
};

std::vector<std::string> read_names(const fs::path& file, std::int64_t classes) {
    std::string text;
    try {
        io::InputFile in(file);
        text.resize(static_cast<std::size_t>(std::min(in.size(), kMostNames)));
        text.resize(in.read_some(text.data(), text.size()));
    } catch (const Error&) {  // numbers will do
    }
    std::vector<std::string> names;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) {
        if (line.ends_with('\r')) line.pop_back();
        if (!line.empty()) names.push_back(valid_utf8(line));
    }
    if (static_cast<std::int64_t>(names.size()) == classes) return names;
    names.clear();
    for (std::int64_t i = 0; i < classes; ++i) names.push_back(std::to_string(i));
    return names;
}

// Appends nothing unless the whole file is good; planes of R, G, B become pixels.
void read_batch(const fs::path& path, const Kind& kind, std::int64_t first, std::int64_t count, Dataset& into) {
    ByteSource file(path);
    std::vector<unsigned char> record(static_cast<std::size_t>(kind.record()));
    auto* labels = into.labels.mutable_data<std::int64_t>() + first;
    auto* pixels = into.images.tensor().mutable_data<std::uint8_t>() + first * 3 * kPlane;
    for (std::int64_t i = 0; i < count; ++i) {
        check(file.read(record.data(), record.size()) == record.size(), file.where(), "the file ends inside image ", i);
        labels[i] = record[static_cast<std::size_t>(kind.label_bytes) - 1];
        check(labels[i] < kind.classes, file.where(), "label ", labels[i], " of image ", i, " is outside the ",
              kind.classes, " classes");
        const unsigned char* planes = record.data() + kind.label_bytes;
        for (std::int64_t p = 0; p < kPlane; ++p)
            for (std::int64_t c = 0; c < 3; ++c) *pixels++ = planes[c * kPlane + p];
    }
}

Dataset read_batches(const std::vector<fs::path>& files, const Kind& kind, const fs::path& folder,
                     MemoryBudget& memory) {
    std::vector<std::int64_t> counts;
    std::int64_t total = 0;
    for (const fs::path& file : files) {
        std::error_code error;
        const auto size = static_cast<std::int64_t>(fs::file_size(file, error));
        check(!error && size > 0 && size % kind.record() == 0, file.string(), "expected records of ", kind.record(),
              " bytes, got a file of ", error ? 0 : size, ", it is truncated or not CIFAR-", kind.classes);
        counts.push_back(size / kind.record());
        total += counts.back();
    }
    memory.take(static_cast<std::uint64_t>(total * 3 * kPlane), folder.string());
    Dataset out;
    out.images = Tensor::empty({total, kSide, kSide, 3}, DType::u8);
    out.labels = Tensor::empty({total}, DType::i64);
    out.class_names = read_names(folder / kind.names, kind.classes);
    out.source = folder.string();
    std::int64_t first = 0;
    for (std::size_t i = 0; i < files.size(); ++i) {
        read_batch(files[i], kind, first, counts[i], out);
        first += counts[i];
    }
    return out;
}

}  // namespace

bool is_cifar_folder(const fs::path& folder) {
    std::error_code error;
    return fs::is_regular_file(folder / "data_batch_1.bin", error) ||
           (fs::is_regular_file(folder / "train.bin", error) && fs::is_regular_file(folder / "test.bin", error));
}

Splits read_cifar_folder(const fs::path& folder, MemoryBudget memory) {
    check(is_cifar_folder(folder), folder.string(),
          "expected data_batch_1.bin, ... and test_batch.bin (CIFAR-10) or train.bin and test.bin (CIFAR-100)");
    std::error_code error;
    Kind kind;
    std::vector<fs::path> train, test;
    if (fs::exists(folder / "data_batch_1.bin", error)) {
        for (int i = 1; i <= 5; ++i) {
            const fs::path file = folder / ("data_batch_" + std::to_string(i) + ".bin");
            if (fs::exists(file, error)) train.push_back(file);
        }
        test = {folder / "test_batch.bin"};
    } else {
        kind = {100, 2, "fine_label_names.txt"};
        train = {folder / "train.bin"};
        test = {folder / "test.bin"};
    }
    check(fs::exists(test[0], error), folder.string(), "missing: ", test[0].filename().string());
    Splits out;
    out.format = "CIFAR-" + std::to_string(kind.classes);
    out.train = read_batches(train, kind, folder, memory);
    out.test = read_batches(test, kind, folder, memory);
    out.validate(folder.string());
    out.standardize();
    return out;
}

}  // namespace cyclone::data
