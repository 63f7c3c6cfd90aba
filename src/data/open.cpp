// The table of formats, and open(), which goes through it.

#include <cyclone/base/nearest_name.h>
#include <cyclone/data/formats/cifar.h>
#include <cyclone/data/formats/csv.h>
#include <cyclone/data/formats/flat_file.h>
#include <cyclone/data/formats/idx.h>
#include <cyclone/data/formats/numpy.h>
#include <cyclone/data/hdf5/hdf5_file.h>
#include <cyclone/data/images/image_folder.h>
#include <cyclone/data/open.h>

#include <algorithm>
#include <set>
#include <string_view>
#include <tuple>
#include <utility>

#include "data/formats/byte_source.h"
#include "data/formats/flat_header.h"
#include "data/formats/npy.h"
#include "data/images/image_file.h"
#include "data/images/image_listing.h"
#include "data/names.h"
#include "data/recognise.h"

namespace cyclone::data {
namespace {

namespace fs = std::filesystem;

constexpr const char *kImageFolder = "folder of images", *kImage = "image", *kTable = "CSV";

bool is_text(const std::string& bytes) {
    if (bytes.starts_with("\xFF\xFE") || bytes.starts_with("\xFE\xFF")) return true;  // UTF-16
    return !bytes.empty() && std::all_of(bytes.begin(), bytes.end(), [](char c) {
        const auto u = static_cast<unsigned char>(c);
        return u >= 32 || u == '\n' || u == '\r' || u == '\t';
    });
}

bool is_image(const std::string& bytes) {
    return format_of({reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()}) != ImageFormat::none;
}

auto begins_with(std::string_view signature) {
    return [signature](const Candidate& c) { return c.beginning.starts_with(signature); };
}

// add() puts a format first, so the least specific one is added first.
void add_folders(FormatTable& table) {
    table.add(
        {kImageFolder, "one subfolder per class", true, [](const Candidate& c) { return has_subfolder(c.path); },
         [](const fs::path& path, ReadContext& c) { return read_image_folder(path, folder_options(c), c.memory); }});
    table.add({"CIFAR", "data_batch_1.bin, ... or train.bin and test.bin", true,
               [](const Candidate& c) { return is_cifar_folder(c.path); },
               [](const fs::path& path, ReadContext& c) { return read_cifar_folder(path, c.memory); }});
    table.add({"MNIST's IDX folder", "train-images-idx3-ubyte, ..., also .gz", true,
               [](const Candidate& c) { return is_mnist_folder(c.path); },
               [](const fs::path& path, ReadContext& c) { return read_mnist_folder(path, c); }});
    table.add({"the study's HDF5 folder", "Positive_train.h5, ...", true,
               [](const Candidate& c) { return is_study_folder(c.path); },
               [](const fs::path& path, ReadContext& c) { return read_study_folder(path, {}, c.memory); }});
}

void add_files(FormatTable& table) {
    table.add({kTable, "labels with pixels, or with names of image files", false,
               [](const Candidate& c) { return is_text(c.beginning); },
               [](const fs::path& path, ReadContext& c) { return read_csv(path, c); }});
    const auto refuse = [&](const char* name, std::function<bool(const Candidate&)> looks_like, const char* text) {
        table.add({name, "", false, std::move(looks_like), nullptr, text});
    };
    refuse(
        kImage, [](const Candidate& c) { return is_image(c.beginning); },
        "is one image, expected a folder with one subfolder of images per class");
    refuse("IDX", begins_with(std::string_view("\0\0\x08", 3)),
           "an IDX file holds images or labels, expected the folder with MNIST's four files");
    table.add({"NPY", "a NumPy array of images, with the labels in another file", false, begins_with("\x93NUMPY"),
               [](const fs::path& path, ReadContext& c) { return read_npy_dataset(path, c); }});
    table.add({"flat file", "Cyclone's own, mapped into memory", false, begins_with(kFlatMagic),
               [](const fs::path& path, ReadContext&) { return read_flat_file(path); }});
    table.add({"HDF5", "images and labels", false, [](const Candidate& c) { return is_hdf5(c.beginning); },
               [](const fs::path& path, ReadContext& c) { return read_hdf5(path, c); }});
    table.add({"NPZ", "NumPy arrays of images and labels", false,
               [](const Candidate& c) {
                   return c.beginning.starts_with("PK\x03\x04") || c.beginning.starts_with("PK\x05\x06");
               },
               [](const fs::path& path, ReadContext& c) { return read_npz_dataset(path, c); }});
}

// " (hint: ...)" where the folder that is there has a name much like it.
std::string hint_on_missing(const fs::path& path) {
    std::error_code error;
    const fs::path folder = path.has_parent_path() ? path.parent_path() : ".";
    if (!fs::is_directory(folder, error)) return " (hint: " + folder.string() + " is not there either)";
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder, error)) names.push_back(entry.path().filename().string());
    std::sort(names.begin(), names.end());
    const std::string near = nearest_name(path.filename().string(), names);
    return near.empty() ? "" : " (hint: " + near + " is there)";
}

// A text that begins so in any case of letters.
bool begins_as(std::string_view text, std::string_view signature) {
    return same_in_any_case(text.substr(0, signature.size()), signature);
}

// The name of the first member of a zip archive; empty: it is none.
std::string_view first_member(std::string_view zip) {
    if (!zip.starts_with("PK\x03\x04") || zip.size() < 30) return {};
    const std::size_t length = static_cast<unsigned char>(zip[26]) | std::size_t{static_cast<unsigned char>(zip[27])}
                                                                         << 8;
    return zip.substr(30, length);
}

// Files that people have data in and that are not read: what they are and what can be done.
void add_other_kinds(FormatTable& table) {
    struct Kind {
        const char *name, *hint;
        std::function<bool(std::string_view)> is;
    };
    const auto at = [](std::size_t place, std::string_view signature) {
        return [place, signature](std::string_view b) {
            return b.size() > place && b.substr(place).starts_with(signature) && !is_text(std::string(b));
        };
    };
    const auto first = [](std::initializer_list<std::string_view> ends) {
        return [ends = std::vector<std::string_view>(ends)](std::string_view b) {
            const std::string_view name = first_member(b);
            return std::any_of(ends.begin(), ends.end(),
                               [&](auto end) { return !name.empty() && name.ends_with(end); });
        };
    };
    constexpr const char *kUnpack = "unpack it and name the folder", *kCsv = "save it as CSV",
                         *kNumpy = "save its arrays with numpy.savez";
    const Kind kinds[] = {{"a zip archive of files", kUnpack,
                           [&](std::string_view b) {
                               const std::string_view name = first_member(b);
                               return !name.empty() && (name.ends_with('/') || called_like_an_image(std::string(name)));
                           }},
                          {"a zip archive of tables", kUnpack, first({".csv", ".tsv", ".txt"})},
                          {"an Excel workbook", kCsv,
                           first({"[Content_Types].xml", "docProps/app.xml", "_rels/.rels", "xl/workbook.xml"})},
                          {"an OpenDocument file", kCsv, first({"mimetype"})},
                          {"a PyTorch file", kNumpy, first({"data.pkl"})},
                          {"an old Excel workbook", kCsv, at(0, "\xD0\xCF\x11\xE0")},
                          {"a tar archive", kUnpack, at(257, "ustar")},
                          {"a 7z archive", kUnpack, at(0, "7z\xBC\xAF")},
                          {"a RAR archive", kUnpack, at(0, "Rar!\x1A")},
                          {"an xz archive", kUnpack,
                           at(0, std::string_view("\xFD"
                                                  "7zXZ\0",
                                                  6))},
                          {"a bzip2 archive", kUnpack, at(0, "BZh9")},
                          {"a Zstandard archive", kUnpack, at(0, "\x28\xB5\x2F\xFD")},
                          {"a Python pickle", "reading one would run code; save its arrays with numpy.savez",
                           [](std::string_view b) { return b.size() > 2 && b[0] == '\x80' && b[1] >= 2 && b[1] <= 5; }},
                          {"a MATLAB file", "save it with -v7.3, which is HDF5, or its arrays with numpy.savez",
                           at(0, "MATLAB 5.0 MAT-file")},
                          {"a Parquet file", kCsv, at(0, "PAR1")},
                          {"an Arrow file", kCsv, at(0, "ARROW1")},
                          {"an SQLite database", kCsv, at(0, "SQLite format 3")},
                          {"a pointer of Git LFS", "the file itself is not here: git lfs pull",
                           [](std::string_view b) { return b.starts_with("version https://git-lfs"); }},
                          {"a web page", "did the download ask for something?",
                           [](std::string_view b) { return begins_as(b, "<!doctype html") || begins_as(b, "<html"); }}};
    for (const Kind& kind : kinds)
        table.add({kind.name, "", false, [is = kind.is](const Candidate& c) { return is(c.beginning); }, nullptr,
                   std::string("is ") + kind.name + ", which is not read (hint: " + kind.hint + ")"});
}

Candidate candidate_at(const fs::path& path) {
    std::error_code error;
    check(fs::exists(path, error), path.string(), "expected data, got nothing of that name", hint_on_missing(path));
    Candidate out{path, fs::is_directory(path, error)};
    if (out.folder) return out;
    out.beginning = beginning_of(path);
    return out;
}

// " (hint: ...)" where files in the folder are data.
std::string hint_on_files_in(const fs::path& folder) {
    std::error_code error;
    std::set<std::string> found;  // sorted
    std::string refused;
    int looked_at = 0, images = 0;
    for (const auto& entry : fs::directory_iterator(folder, error)) {
        if (++looked_at > 100 || !entry.is_regular_file(error)) continue;
        try {
            const Candidate file = candidate_at(entry.path());
            const Format* format = formats().find(file);
            if (format && format->name == kImage) ++images;
            if (format && format->read) found.insert(entry.path().string() + " (" + format->name + ")");
            if (format && format->name != kImage && format->refusal.starts_with("is ") && refused.empty())
                refused = "; " + entry.path().string() + ' ' + format->refusal;
        } catch (const Error&) {  // cannot be read: no hint
        }
    }
    if (images > 0)
        return " (hint: it holds images itself: DATA is the folder above it, with one subfolder per class, or a table "
               "of file names and labels)";
    if (found.empty()) return refused;
    return " (hint: a file in it is data: " + *found.begin() + (found.size() > 1 ? ", ...)" : ")");
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
         "; tried: ", tried, candidate.folder ? hint_on_files_in(candidate.path) : "");
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
        add_other_kinds(built_in);
        return built_in;
    }();
    return table;
}

static bool contains(const std::vector<std::string>& texts, std::string_view text) {
    return std::find(texts.begin(), texts.end(), text) != texts.end();
}

bool opens_as_image_folder(const fs::path& path) {
    std::error_code error;
    if (!fs::is_directory(path, error)) return false;
    const Format* format = formats().find({path, true});
    return format && format->name == kImageFolder;
}

std::string beginning_of(const fs::path& file) {
    ByteSource source(file);
    std::string bytes(4096, '\0');
    bytes.resize(source.read(bytes.data(), bytes.size()));
    return bytes;
}

bool is_hdf5(const std::string& bytes) {
    constexpr std::string_view signature("\x89HDF\r\n\x1a\n", 8);
    for (std::size_t at = 0; at + 8 <= bytes.size(); at = at ? 2 * at : 512)
        if (bytes.compare(at, 8, signature) == 0) return true;
    return false;
}

void ReadContext::note(std::string text) {
    if (!contains(notes_, text)) notes_.push_back(std::move(text));
}

void ReadContext::mark_used(const char* name) {
    if (!contains(used_, name)) used_.push_back(name);
}

void ReadContext::finish(Splits& read, std::string_view where) {
    const ImageOptions& image = options.images;
    const bool for_training = options.purpose == Purpose::training;  // else they are the form of the training
    const std::tuple<const char*, const char*, bool> given[] = {
        {"--label", "--label", !options.label.empty()},
        {"--group", "--group", !options.group.empty()},
        {"--split", "--split", !options.split.empty()},
        {"--images", "--images", !options.array.empty()},
        {"--layout", "--layout", !options.layout.empty()},
        {"--shape", "--shape", options.shape.rank() > 0},
        {"--image-root", "--image-root", !options.image_root.empty()},
        {"--file-column", "--file-column", !options.file_column.empty()},
        {"--ending", "--ending", !options.ending.empty()},
        {"--resize", "--resize", for_training && image.height > 0},
        {"--fit", "--resize", for_training && image.fit != ImageFit::exact},
        {"--channels", "--resize", for_training && image.channels > 0},
        {"--bits", "--resize", for_training && image.bits > 0},
        {"--most-bad", "--resize", image.most_bad > 0}};
    for (const auto& [name, group, is_given] : given)
        check<UsageError>(!is_given || contains(used_, group), name, "has no effect on ", where, ", which is ",
                          read.format.empty() ? "other data" : read.format, " (hint: omit it)");
    read.notes.insert(read.notes.end(), notes_.begin(), notes_.end());
}

bool opens_as_table(const fs::path& path) {
    std::error_code error;
    if (!fs::is_regular_file(path, error)) return false;
    const Format* format = formats().find({path, false, beginning_of(path)});
    return format && format->name == kTable;
}

Splits open(const fs::path& path, const OpenOptions& options) {
    const Candidate candidate = candidate_at(path);
    const Format* format = formats().find(candidate);
    if (!format) fail_unrecognised(candidate);
    check(format->refusal.empty(), path.string(), format->refusal);
    ReadContext context(options);
    Splits out = format->read(path, context);
    if (out.format.empty()) out.format = format->name;
    context.finish(out, path.string());
    return out;
}

}  // namespace cyclone::data
