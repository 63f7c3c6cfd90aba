#include <cyclone/data/formats/cifar.h>
#include <cyclone/data/formats/flat_file.h>
#include <cyclone/data/formats/idx.h>
#include <cyclone/data/formats/numpy.h>
#include <cyclone/data/hdf5/study_folder.h>
#include <cyclone/data/open.h>

#include <algorithm>
#include <string>
#include <utility>

#include "data/formats/byte_source.h"
#include "data/formats/flat_header.h"
#include "data/images/image_file.h"
#include "data/images/image_listing.h"

namespace cyclone::data {
namespace {

namespace fs = std::filesystem;

bool has_any(const fs::path& folder, std::initializer_list<const char*> names) {
    std::error_code error;
    return std::any_of(names.begin(), names.end(), [&](const char* name) { return fs::exists(folder / name, error); });
}

bool has_subfolder(const fs::path& folder) {
    std::error_code error;
    for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error))
        if (it->is_directory(error) && !it->path().filename().string().starts_with('.')) return true;
    return false;
}

Parts from_split(Split split, const char* format) {
    Parts out;
    out.train = std::move(split.train);
    out.test = std::move(split.test);
    out.format = format;
    return out;
}

enum class FolderKind { study, mnist, cifar, images, unknown };

FolderKind kind_of(const fs::path& folder) {
    if (is_study_folder(folder)) return FolderKind::study;
    if (has_any(folder, {"train-images-idx3-ubyte", "train-images-idx3-ubyte.gz", "train-images.idx3-ubyte",
                         "train-images.idx3-ubyte.gz"}))
        return FolderKind::mnist;
    if (is_cifar_folder(folder)) return FolderKind::cifar;
    return has_subfolder(folder) ? FolderKind::images : FolderKind::unknown;
}

ImageOptions limited_images(const OpenOptions& options) {
    ImageOptions out = options.images;
    out.memory_limit = options.memory_limit;
    return out;
}

Parts open_folder(const fs::path& folder, const OpenOptions& options) {
    switch (kind_of(folder)) {
        case FolderKind::study:
            return from_split(read_study_folder(folder, {.memory_limit = options.memory_limit}),
                              "the study's HDF5 folder");
        case FolderKind::mnist:
            return from_split(read_mnist_folder(folder, options.memory_limit), "MNIST's IDX folder");
        case FolderKind::cifar:
            return read_cifar_folder(folder, options.memory_limit);
        case FolderKind::images:
            return read_image_folder(folder, limited_images(options));
        case FolderKind::unknown:
            break;
    }
    fail(folder.string(),
         "no data recognised in this folder; tried: the study's HDF5 files (Positive_train.h5, ...), MNIST's IDX files "
         "(train-images-idx3-ubyte, ...), CIFAR's binary files (data_batch_1.bin or train.bin, ...), images in one "
         "subfolder for each class");
}

// The first bytes, decompressed where the file is gzip.
std::string beginning(const fs::path& file) {
    ByteSource source(file);
    std::string bytes(4096, '\0');
    bytes.resize(source.read(bytes.data(), bytes.size()));
    return bytes;
}

bool looks_like_text(const std::string& bytes) {
    return !bytes.empty() && std::all_of(bytes.begin(), bytes.end(), [](char c) {
        const auto u = static_cast<unsigned char>(c);
        return u >= 32 || u == '\n' || u == '\r' || u == '\t';
    });
}

// HDF5's signature stands at 0, 512, 1024, 2048, ...
bool is_hdf5(const std::string& bytes) {
    constexpr std::string_view signature("\x89HDF\r\n\x1a\n", 8);
    for (std::size_t at = 0; at + 8 <= bytes.size(); at = at ? 2 * at : 512)
        if (bytes.compare(at, 8, signature) == 0) return true;
    return false;
}

Parts open_file(const fs::path& file, const OpenOptions& options) {
    const std::string where = file.string(), bytes = beginning(file);
    if (bytes.starts_with("PK\x03\x04") || bytes.starts_with("PK\x05\x06"))
        return read_npz_dataset(file, options.memory_limit);
    if (bytes.starts_with(kFlatMagic)) return read_flat_file(file);
    if (is_hdf5(bytes)) {
        Hdf5Options hdf5 = options.hdf5;
        hdf5.memory_limit = options.memory_limit;
        return read_hdf5(file, hdf5);
    }
    check(!bytes.starts_with("\x93NUMPY"), where,
          "a .npy file holds one array and so no labels (hint: numpy.savez(file, images=x, labels=y))");
    check(!bytes.starts_with(std::string("\0\0\x08", 3)), where,
          "an IDX file holds images or labels, expected the folder with MNIST's four files");
    const auto* data = reinterpret_cast<const unsigned char*>(bytes.data());
    check(format_of({data, bytes.size()}) == ImageFormat::none, where,
          "is one image, expected a folder with a subfolder of images for each class");
    if (looks_like_text(bytes)) {
        CsvOptions csv = options.csv;
        csv.images = options.images;
        csv.memory_limit = options.memory_limit;
        return read_csv(file, csv);
    }
    fail(where, bytes.empty() ? "the file is empty" : "no data recognised in this file",
         "; tried: NPZ, HDF5, CSV, flat file");
}

}  // namespace

bool opens_as_image_folder(const fs::path& path) {
    std::error_code error;
    return fs::is_directory(path, error) && kind_of(path) == FolderKind::images;
}

Parts open(const fs::path& path, const OpenOptions& options) {
    std::error_code error;
    check(fs::exists(path, error), path.string(), "expected data, got nothing of that name");
    return fs::is_directory(path, error) ? open_folder(path, options) : open_file(path, options);
}

}  // namespace cyclone::data
