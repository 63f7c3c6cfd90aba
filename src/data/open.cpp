// The table of formats, and open(), which goes through it.

#include <cyclone/data/formats/cifar.h>
#include <cyclone/data/formats/flat_file.h>
#include <cyclone/data/formats/idx.h>
#include <cyclone/data/formats/numpy.h>
#include <cyclone/data/images/image_folder.h>
#include <cyclone/data/open.h>

#include <algorithm>
#include <utility>

#include "data/formats/byte_source.h"
#include "data/formats/flat_header.h"
#include "data/images/image_file.h"
#include "data/images/image_listing.h"
#include "data/recognise.h"

namespace cyclone::data {
namespace {

namespace fs = std::filesystem;

constexpr const char* kImageFolder = "folder of images";

bool is_text(const std::string& bytes) {
    return !bytes.empty() && std::all_of(bytes.begin(), bytes.end(), [](char c) {
        const auto u = static_cast<unsigned char>(c);
        return u >= 32 || u == '\n' || u == '\r' || u == '\t';
    });
}

// HDF5's signature is at byte 0, 512, 1024, 2048, ...
bool is_hdf5(const std::string& bytes) {
    constexpr std::string_view signature("\x89HDF\r\n\x1a\n", 8);
    for (std::size_t at = 0; at + 8 <= bytes.size(); at = at ? 2 * at : 512)
        if (bytes.compare(at, 8, signature) == 0) return true;
    return false;
}

bool is_image(const std::string& bytes) {
    return format_of({reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()}) != ImageFormat::none;
}

auto begins_with(std::string_view signature) {
    return [signature](const Candidate& c) { return c.beginning.starts_with(signature); };
}

Splits read_table(const fs::path& path, const ReadContext& context) {
    CsvOptions csv = context.options.csv;
    csv.images = context.options.images;
    return read_csv(path, csv, context.memory);
}

// add() puts a format first, so the least specific one is added first.
void add_folders(FormatTable& table) {
    table.add({kImageFolder, "one subfolder per class", true, [](const Candidate& c) { return has_subfolder(c.path); },
               [](const fs::path& path, const ReadContext& c) {
                   return read_image_folder(path, c.options.images, c.memory);
               }});
    table.add({"CIFAR", "data_batch_1.bin, ... or train.bin and test.bin", true,
               [](const Candidate& c) { return is_cifar_folder(c.path); },
               [](const fs::path& path, const ReadContext& c) { return read_cifar_folder(path, c.memory); }});
    table.add({"MNIST's IDX folder", "train-images-idx3-ubyte, ..., also .gz", true,
               [](const Candidate& c) {
                   return c.has_any({"train-images-idx3-ubyte", "train-images-idx3-ubyte.gz", "train-images.idx3-ubyte",
                                     "train-images.idx3-ubyte.gz"});
               },
               [](const fs::path& path, const ReadContext& c) { return read_mnist_folder(path, c.memory); }});
    table.add({"the study's HDF5 folder", "Positive_train.h5, ...", true,
               [](const Candidate& c) { return is_study_folder(c.path); },
               [](const fs::path& path, const ReadContext& c) { return read_study_folder(path, {}, c.memory); }});
}

void add_files(FormatTable& table) {
    table.add({"CSV", "labels with pixels, or with names of image files", false,
               [](const Candidate& c) { return is_text(c.beginning); }, read_table});
    const auto refuse = [&](const char* name, std::function<bool(const Candidate&)> looks_like, const char* text) {
        table.add({name, "", false, std::move(looks_like), nullptr, text});
    };
    refuse(
        "image", [](const Candidate& c) { return is_image(c.beginning); },
        "is one image, expected a folder with one subfolder of images per class");
    refuse("IDX", begins_with(std::string_view("\0\0\x08", 3)),
           "an IDX file holds images or labels, expected the folder with MNIST's four files");
    refuse("NPY", begins_with("\x93NUMPY"),
           "a .npy file holds one array and so no labels (hint: numpy.savez(file, images=x, labels=y))");
    table.add({"flat file", "Cyclone's own, mapped into memory", false, begins_with(kFlatMagic),
               [](const fs::path& path, const ReadContext&) { return read_flat_file(path); }});
    table.add({"HDF5", "images and labels", false, [](const Candidate& c) { return is_hdf5(c.beginning); },
               [](const fs::path& path, const ReadContext& c) { return read_hdf5(path, c.options.hdf5, c.memory); }});
    table.add({"NPZ", "NumPy arrays of images and labels", false,
               [](const Candidate& c) {
                   return c.beginning.starts_with("PK\x03\x04") || c.beginning.starts_with("PK\x05\x06");
               },
               [](const fs::path& path, const ReadContext& c) { return read_npz_dataset(path, c.memory); }});
}

Candidate candidate_at(const fs::path& path) {
    std::error_code error;
    check(fs::exists(path, error), path.string(), "expected data, got nothing of that name");
    Candidate out{path, fs::is_directory(path, error)};
    if (out.folder) return out;
    ByteSource source(path);
    out.beginning.resize(4096);
    out.beginning.resize(source.read(out.beginning.data(), out.beginning.size()));
    return out;
}

[[noreturn]] void fail_unrecognised(const Candidate& candidate) {
    std::string tried;
    for (const Format& format : formats().rows())
        if (format.folder == candidate.folder && format.read)
            tried += (tried.empty() ? "" : ", ") + format.name + " (" + format.description + ")";
    fail(candidate.path.string(),
         candidate.folder              ? "no data recognised in this folder"
         : candidate.beginning.empty() ? "the file is empty"
                                       : "no data recognised in this file",
         "; tried: ", tried);
}

}  // namespace

bool Candidate::has_any(std::initializer_list<const char*> names) const {
    std::error_code error;
    return std::any_of(names.begin(), names.end(), [&](const char* name) { return fs::exists(path / name, error); });
}

void FormatTable::add(Format format) {
    check(!format.name.empty() && format.looks_like && (format.read || !format.refusal.empty()), "FormatTable::add",
          "expected a name, looks_like and read of the format '", format.name, "'");
    check(std::none_of(rows_.begin(), rows_.end(), [&](const Format& row) { return row.name == format.name; }),
          "FormatTable::add", "the name '", format.name, "' is taken");
    rows_.push_front(std::move(format));
}

const Format* FormatTable::find(const Candidate& candidate) const {
    for (const Format& row : rows_)
        if (row.folder == candidate.folder && row.looks_like(candidate)) return &row;
    return nullptr;
}

std::vector<NamedItem> FormatTable::names() const {
    std::vector<NamedItem> items;
    for (const Format& row : rows_)
        if (row.read) items.push_back({row.name, row.name, row.description});
    return items;
}

FormatTable& formats() {
    static FormatTable table = [] {
        FormatTable built_in;
        add_folders(built_in);
        add_files(built_in);
        return built_in;
    }();
    return table;
}

bool opens_as_image_folder(const fs::path& path) {
    std::error_code error;
    if (!fs::is_directory(path, error)) return false;
    const Format* format = formats().find({path, true});
    return format && format->name == kImageFolder;
}

Splits open(const fs::path& path, const OpenOptions& options) {
    const Candidate candidate = candidate_at(path);
    const Format* format = formats().find(candidate);
    if (!format) fail_unrecognised(candidate);
    check(format->refusal.empty(), path.string(), format->refusal);
    Splits out = format->read(path, {options, options.memory_limit});
    if (out.format.empty()) out.format = format->name;
    return out;
}

}  // namespace cyclone::data
