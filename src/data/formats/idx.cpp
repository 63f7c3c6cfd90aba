// IDX files, and MNIST's folder of four of them.

#include <cyclone/data/formats/idx.h>

#include <array>
#include <set>

#include "data/assemble.h"
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

namespace fs = std::filesystem;

constexpr std::array kTrainingImages{"train-images-idx3-ubyte", "train-images-idx3-ubyte.gz", "train-images.idx3-ubyte",
                                     "train-images.idx3-ubyte.gz"};

// What stands before "train-images-..." in the names of files: nothing, or "emnist-letters-".
std::set<std::string> prefixes_in(const fs::path& folder) {
    std::set<std::string> out;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(folder, error)) {
        const std::string name = entry.path().filename().string();
        for (const std::string ending : kTrainingImages)
            if (name.ends_with(ending)) out.insert(name.substr(0, name.size() - ending.size()));
    }
    return out;
}

std::string choose_prefix(const fs::path& folder, ReadContext& context) {
    const auto prefixes = prefixes_in(folder);
    if (prefixes.size() <= 1 || prefixes.contains("")) return prefixes.contains("") ? "" : *prefixes.begin();
    std::string list;
    for (const std::string& prefix : prefixes) {
        if (prefix == context.array() || prefix == context.array() + "-") return prefix;
        list += (list.empty() ? "" : ", ") + printable(prefix);
    }
    fail<UsageError>("--images", "expected which of the sets in ", folder.string(), " is meant: ", list);
}

// Empty: there is none.
fs::path find_part(const fs::path& folder, const std::string& stem, const std::string& suffix) {
    std::error_code error;
    for (const char* separator : {"-", "."})
        for (const char* ending : {"", ".gz"}) {
            auto path = folder / (stem + separator + suffix + ending);
            if (fs::exists(path, error)) return path;
        }
    return {};
}

fs::path need_part(const fs::path& folder, const std::string& stem, const std::string& suffix) {
    fs::path path = find_part(folder, stem, suffix);
    check(!path.empty(), folder.string(), "expected MNIST's four files, missing: ", stem, '-', suffix, " (or .gz)");
    return path;
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

Dataset read_mnist_set(const fs::path& folder, const std::string& set, Labels& all, ReadContext& context) {
    const auto image_file = need_part(folder, set + "-images", "idx3-ubyte");
    const auto label_file = need_part(folder, set + "-labels", "idx1-ubyte");
    const Tensor images = read_array(image_file, &context.memory), labels = read_array(label_file, &context.memory);
    check(images.rank() == 3, image_file.string(), "expected images N x H x W, got shape ", images.shape());
    check(labels.rank() == 1, label_file.string(), "expected a list of labels, got shape ", labels.shape());
    check(labels.size(0) == images.size(0), label_file.string(), "expected a label for each of the ", images.size(0),
          " images, got ", labels.size(0));
    Dataset out;
    out.images = upright(images.viewed({images.size(0), images.size(1), images.size(2), 1}), context, image_file);
    out.labels = all.add(labels, label_file.string());
    out.source = image_file.string();
    return out;
}

}  // namespace

Tensor read_idx(const fs::path& path) { return read_array(path, nullptr); }

bool is_mnist_folder(const fs::path& folder) { return !prefixes_in(folder).empty(); }

Splits read_mnist_folder(const fs::path& folder, ReadContext& context) {
    std::error_code error;
    check(fs::is_directory(folder, error), folder.string(), "expected a folder with MNIST's four files, got ",
          fs::exists(folder, error) ? "a file" : "nothing of that name");
    const std::string prefix = is_mnist_folder(folder) ? choose_prefix(folder, context) : "";
    const bool t10k = find_part(folder, prefix + "test-images", "idx3-ubyte").empty();
    Labels labels;
    Splits out{.train = read_mnist_set(folder, prefix + "train", labels, context),
               .test = read_mnist_set(folder, prefix + (t10k ? "t10k" : "test"), labels, context)};
    out.format = "MNIST's IDX folder";
    finish_sets(out, labels, context, folder.string());
    return out;
}

Splits read_mnist_folder(const fs::path& folder, const OpenOptions& options) {
    return read_with(options, folder, [&](ReadContext& context) { return read_mnist_folder(folder, context); });
}

}  // namespace cyclone::data
