// IDX files, and MNIST's folder of four of them.

#include <cyclone/data/formats/idx.h>

#include <algorithm>
#include <array>
#include <utility>

#include "data/formats/byte_source.h"

namespace cyclone::data {
namespace {

constexpr int kUnsignedByte = 0x08;

const char* name_of_code(int code) {
    switch (code) {
        case 0x08:
            return "unsigned bytes";
        case 0x09:
            return "signed bytes";
        case 0x0B:
            return "16-bit integers";
        case 0x0C:
            return "32-bit integers";
        case 0x0D:
            return "32-bit floating-point numbers";
        case 0x0E:
            return "64-bit floating-point numbers";
        default:
            return "an unknown type";
    }
}

// The shape an IDX header declares: two zero bytes, a type code, the number of dimensions, each size as a big-endian
// 32-bit integer.
Shape read_header(ByteSource& source) {
    const auto& where = source.where();
    std::array<unsigned char, 4> word{};
    check(source.read(word.data(), 4) == 4, where, "expected an IDX file, got less than its header of 4 bytes");
    const int code = word[2], rank = word[3];
    check(word[0] == 0 && word[1] == 0 && rank >= 1 && rank <= Shape::kMaxRank, where, "expected an IDX file of 1 to ",
          Shape::kMaxRank, " dimensions, got the first bytes ", int{word[0]}, ' ', int{word[1]}, ' ', code, ' ', rank);
    check(code == kUnsignedByte, where, "expected an IDX file of unsigned bytes, got ", name_of_code(code));
    Shape shape;
    std::uint64_t bytes = 1;
    for (int d = 0; d < rank; ++d) {
        check(source.read(word.data(), 4) == 4, where, "the file ends inside its header");
        const auto size =
            std::uint64_t{word[0]} << 24 | std::uint64_t{word[1]} << 16 | std::uint64_t{word[2]} << 8 | word[3];
        check(size > 0, where, "expected at least one element, dimension ", d, " is 0");
        check(size <= source.most_bytes() / bytes, where,
              "the header declares more elements than the file can hold, it is "
              "truncated or not an IDX file");
        bytes *= size;
        shape.push_back(static_cast<std::int64_t>(size));
    }
    return shape;
}

std::filesystem::path find_part(const std::filesystem::path& folder, const std::string& stem,
                                const std::string& suffix) {
    std::error_code error;
    for (const char* separator : {"-", "."})
        for (const char* ending : {"", ".gz"}) {
            auto path = folder / (stem + separator + suffix + ending);
            if (std::filesystem::exists(path, error)) return path;
        }
    fail(folder.string(), "expected MNIST's four files, missing: ", stem, '-', suffix, " (or .gz)");
}

Tensor read_array(const std::filesystem::path& path, MemoryBudget* memory) {
    ByteSource source(path);
    const Shape shape = read_header(source);
    const auto expected = static_cast<std::size_t>(shape.numel());
    if (memory) memory->take(expected, source.where());
    Tensor out = Tensor::empty(shape, DType::u8);
    const std::size_t got = source.read(out.mutable_bytes(), expected);
    check(got == expected, source.where(), "expected ", expected, " bytes after the header for shape ", shape, ", got ",
          got, ", the file is truncated");
    unsigned char more = 0;
    check(source.read(&more, 1) == 0, source.where(), "expected ", expected, " bytes after the header for shape ",
          shape, ", got more");
    return out;
}

Dataset read_mnist_set(const std::filesystem::path& folder, const std::string& set, MemoryBudget& memory) {
    const auto image_file = find_part(folder, set + "-images", "idx3-ubyte");
    const auto label_file = find_part(folder, set + "-labels", "idx1-ubyte");
    const Tensor images = read_array(image_file, &memory), labels = read_array(label_file, &memory);
    check(images.rank() == 3, image_file.string(), "expected images N x H x W, got shape ", images.shape());
    check(labels.rank() == 1, label_file.string(), "expected a list of labels, got shape ", labels.shape());
    Dataset out;
    out.images = images.viewed({images.size(0), images.size(1), images.size(2), 1});
    out.labels = labels.to(DType::i64);
    for (int digit = 0; digit < 10; ++digit) out.class_names.push_back(std::to_string(digit));
    out.source = image_file.string();
    out.validate(label_file.string());
    return out;
}

}  // namespace

Tensor read_idx(const std::filesystem::path& path) { return read_array(path, nullptr); }

Splits read_mnist_folder(const std::filesystem::path& folder, MemoryBudget memory) {
    std::error_code error;
    check(std::filesystem::is_directory(folder, error), folder.string(),
          "expected a folder with MNIST's four files, got ",
          std::filesystem::exists(folder, error) ? "a file" : "nothing of that name");
    Splits out{.train = read_mnist_set(folder, "train", memory), .test = read_mnist_set(folder, "t10k", memory)};
    out.format = "MNIST's IDX folder";
    out.standardize();
    return out;
}

}  // namespace cyclone::data
