// One dataset in an HDF5 file: opened, checked, read in blocks. Without HDF5: errors that say so.

#include "data/hdf5/hdf5.h"

#include <cyclone/base/error.h>

#ifdef CYCLONE_WITH_HDF5

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include "data/assemble.h"
#include "data/hdf5/hdf5_library.h"
#include "data/hdf5/lzf.h"

namespace cyclone::data {
namespace {

constexpr std::uint64_t kBombBytes = std::uint64_t{256} << 20;  // a larger declared size must be backed by the file
constexpr std::uint64_t kBombRatio = 1000;                      // zlib reaches 1032 at most
constexpr std::uint64_t kMostElements = std::uint64_t{1} << 36;
constexpr std::uint64_t kMostPixels = std::uint64_t{1} << 26;  // of one image
constexpr std::size_t kMostText = 100'000;                     // bytes
constexpr std::uint64_t kBlockBytes = std::uint64_t{1} << 20;  // the least chunk cache

std::string name_of_type(hid_t type) {
    const std::string bits = std::to_string(8 * H5Tget_size(type)) + "-bit ";
    switch (H5Tget_class(type)) {
        case H5T_INTEGER:
            return bits + (H5Tget_sign(type) == H5T_SGN_NONE ? "unsigned" : "signed") + " integers";
        case H5T_FLOAT:
            return bits + "floating-point numbers";
        case H5T_STRING:
            return "strings";
        case H5T_COMPOUND:
            return "compounds";
        case H5T_ENUM:
            return "enumerations or booleans";
        default:
            return "another kind of value";
    }
}

bool is_text_type(hid_t type) { return H5Tget_class(type) == H5T_STRING; }

DType dtype_of_file(hid_t type, Hdf5Role role, const std::string& where) {
    const auto is = [&](hid_t a, hid_t b) { return H5Tequal(type, a) > 0 || H5Tequal(type, b) > 0; };
    if (is(H5T_STD_U8LE, H5T_STD_U8BE)) return DType::u8;
    if (is(H5T_STD_U16LE, H5T_STD_U16BE)) return DType::u16;
    const bool small = H5Tget_size(type) <= 8;
    if (H5Tget_class(type) == H5T_FLOAT && small) return DType::f32;
    const bool number = H5Tget_class(type) == H5T_INTEGER || H5Tget_class(type) == H5T_ENUM;
    if (role == Hdf5Role::values && small && number) return DType::i64;
    if (role == Hdf5Role::values && is_text_type(type)) return DType::u8;
    fail(where, "expected ", role == Hdf5Role::values ? "" : "pixels of 8-bit or 16-bit unsigned ",
         "integers or floating-point numbers of 16 to 64 bits, got ", name_of_type(type),
         " (hint: convert them before, e.g. data.astype('float32') in h5py)");
}

// A file that a newer library wrote in its own newest format.
std::string hint_on(const std::string& reason) {
    if (reason.find("version") == std::string::npos) return "";
    unsigned major = 0, minor = 0, release = 0;
    H5get_libversion(&major, &minor, &release);
    return " (hint: it may be written for a newer HDF5 library than this one, " + std::to_string(major) + "." +
           std::to_string(minor) + "." + std::to_string(release) +
           "; h5py.File(name, 'w', libver='v108') writes what every library reads)";
}

hid_t memory_type(DType dtype) {
    if (dtype == DType::i64) return H5T_NATIVE_INT64;
    return dtype == DType::u8 ? H5T_NATIVE_UINT8 : dtype == DType::u16 ? H5T_NATIVE_UINT16 : H5T_NATIVE_FLOAT;
}

Handle open_file(const std::filesystem::path& path, const std::string& where) {
    std::error_code error;
    const auto status = std::filesystem::status(path, error);
    check(std::filesystem::exists(status), where, "expected an HDF5 file, got nothing of that name");
    check(std::filesystem::is_regular_file(status), where, "expected an HDF5 file, got a folder or special file");
    const Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
    check(access >= 0 && H5Pset_fapl_sec2(access) >= 0, where, "the HDF5 library cannot start: ", LibraryReason{});
    Handle file(H5Fopen(path.c_str(), H5F_ACC_RDONLY, access), H5Fclose);
    if (file >= 0) return file;
    const std::string reason = library_reason();
    const bool signature = H5Fis_hdf5(path.c_str()) > 0;
    fail(where,
         signature ? "expected a whole HDF5 file, got a damaged or truncated one: " : "expected an HDF5 file: ", reason,
         hint_on(reason));
}

// The shape of a dataset; empty where it is none of numbers in a grid.
std::vector<hsize_t> sizes_of(hid_t dataset) {
    const Handle space(H5Dget_space(dataset), H5Sclose);
    const int rank =
        space >= 0 && H5Sget_simple_extent_type(space) == H5S_SIMPLE ? H5Sget_simple_extent_ndims(space) : 0;
    std::vector<hsize_t> sizes(static_cast<std::size_t>(std::max(rank, 0)));
    if (rank > 0 && H5Sget_simple_extent_dims(space, sizes.data(), nullptr) != rank) sizes.clear();
    return sizes;
}

// Adds the datasets in a group and, `depth` levels down, in the groups below it. Links other than hard ones may lead
// out of the file and are not followed.
void add_entries(hid_t file, const std::string& below, int depth, const std::string& where,
                 std::vector<Hdf5Entry>& entries) {
    const std::string path = below.empty() ? "/" : below;
    const Handle here(H5Gopen2(file, path.c_str(), H5P_DEFAULT), H5Gclose);
    H5G_info_t group{};
    check(here >= 0 && H5Gget_info(here, &group) >= 0, where, "the group '", printable(path),
          "' cannot be read: ", LibraryReason{});
    check(group.nlinks + entries.size() <= 1000, where, "expected at most 1000 entries, got ",
          group.nlinks + entries.size());
    for (hsize_t i = 0; i < group.nlinks; ++i) {
        char name[256] = {};
        const auto length =
            H5Lget_name_by_idx(here, ".", H5_INDEX_NAME, H5_ITER_INC, i, name, sizeof name, H5P_DEFAULT);
        check(length > 0 && length < static_cast<ssize_t>(sizeof name), where, "the name of entry ", i, " is ",
              "damaged, empty or longer than 255 bytes");
        Hdf5Entry entry{.name = below.empty() ? name : below + "/" + name};
        H5L_info_t link{};
        check(H5Lget_info(here, name, &link, H5P_DEFAULT) >= 0, where, "entry '", printable(entry.name),
              "' cannot be read: ", LibraryReason{});
        if (link.type != H5L_TYPE_HARD) {
            entry.refusal = std::string("expected a dataset in the file itself, got '") + printable(entry.name) +
                            "', " + (link.type == H5L_TYPE_SOFT ? "a soft link" : "a link to another file") +
                            ", which is refused for safety";
            entries.push_back(entry);
            continue;
        }
        const Handle object(H5Oopen(here, name, H5P_DEFAULT), H5Oclose);
        check(object >= 0, where, "entry '", printable(entry.name), "' cannot be opened: ", LibraryReason{},
              hint_on(library_reason()));
        if (H5Iget_type(object) == H5I_GROUP && depth > 0) add_entries(file, entry.name, depth - 1, where, entries);
        if (H5Iget_type(object) != H5I_DATASET) continue;
        const Handle type(H5Dget_type(object), H5Tclose);
        const auto sizes = sizes_of(object);
        entry.sizes.assign(sizes.begin(), sizes.end());
        entry.text = type >= 0 && is_text_type(type);
        entries.push_back(entry);
    }
}

std::string the_one_dataset(hid_t file, const std::string& where) {
    std::vector<Hdf5Entry> entries;
    add_entries(file, "", 0, where, entries);
    std::vector<std::string> names;
    for (const Hdf5Entry& entry : entries)
        if (entry.refusal.empty()) names.push_back(entry.name);
    check(!names.empty() || entries.empty(), where, entries.empty() ? "" : entries[0].refusal);
    check(!names.empty(), where, "expected one dataset at the top level, got none");
    if (names.size() > 1) {
        std::string list;
        for (const auto& name : names)
            if (list.size() < 100) list += (list.empty() ? "" : ", ") + printable(name);
        fail(where, "expected one dataset, got ", names.size(), ": ", list);
    }
    return names[0];
}

// Text of a fixed or a variable length as it lies in memory.
Handle text_type(hid_t type, const std::string& where) {
    Handle out(H5Tcopy(type), H5Tclose);
    check(out >= 0 && H5Tget_size(type) <= kMostText, where, "expected texts of at most ", kMostText, " bytes");
    return out;
}

// Every step of "a/b/c" must be a link inside the file.
void check_links(hid_t file, const std::string& name, const std::string& where) {
    for (std::size_t end = 0; end != std::string::npos;) {
        end = name.find('/', end + 1);
        const std::string step = name.substr(0, end);
        H5L_info_t link{};
        check(
            H5Lexists(file, step.c_str(), H5P_DEFAULT) > 0 && H5Lget_info(file, step.c_str(), &link, H5P_DEFAULT) >= 0,
            where, "has no '", printable(step), "'");
        check(link.type == H5L_TYPE_HARD, where, "expected a dataset in the file itself, got '", printable(step),
              "', a link to elsewhere, which is refused for safety");
    }
}

}  // namespace

struct Hdf5Images::State {
    std::string where;
    Handle file, dataset;
    std::vector<hsize_t> dims;  // as in the file
    Hdf5Role role = Hdf5Role::images;
    std::vector<hsize_t> chunk;
    DType dtype = DType::u8;
    Handle text;  // the type in memory of a dataset of text

    void check_space();
    void check_storage(std::uint64_t file_bytes);
    void open_with_cache(const std::string& name);
    void read_rows(std::int64_t begin, std::int64_t count, void* into) const;

    std::uint64_t image_bytes() const {
        std::uint64_t bytes = text >= 0 ? H5Tget_size(text) : size_of(dtype);
        for (std::size_t d = 1; d < dims.size(); ++d) bytes *= dims[d];
        return bytes;
    }
};

void Hdf5Images::State::check_space() {
    const Handle space(H5Dget_space(dataset), H5Sclose);
    check(space >= 0, where, "the dataset's shape cannot be read: ", LibraryReason{});
    const int rank = H5Sget_simple_extent_type(space) == H5S_SIMPLE ? H5Sget_simple_extent_ndims(space) : 0;
    if (role == Hdf5Role::images)
        check(rank == 3 || rank == 4, where, "expected a dataset N x H x W or N x H x W x C, got ", rank,
              " dimensions");
    else
        check(rank >= 1 && rank <= 4, where, "expected 1 to 4 dimensions, got ", rank);
    dims.resize(static_cast<std::size_t>(rank));
    check(H5Sget_simple_extent_dims(space, dims.data(), nullptr) == rank, where, "the dataset's shape is damaged");
    check(dims[0] > 0, where, "expected images, got a dataset of none");
    std::uint64_t elements = 1;
    for (std::size_t d = dims.size(); d-- > 0;) {
        check(dims[d] > 0, where, "expected images, got a dataset with a side of 0");
        check(dims[d] <= kMostElements / elements, where, "the declared shape has more than ", kMostElements,
              " pixels");
        elements *= dims[d];
        check(d == 0 || elements <= kMostPixels, where, "one image has more than ", kMostPixels, " pixels");
    }
}

void Hdf5Images::State::check_storage(std::uint64_t file_bytes) {
    const Handle plist(H5Dget_create_plist(dataset), H5Pclose);
    check(plist >= 0, where, "the dataset's storage cannot be read: ", LibraryReason{});
    const auto layout = H5Pget_layout(plist);
    check(layout != H5D_VIRTUAL && H5Pget_external_count(plist) == 0, where,
          "expected pixels in the file itself, got storage in another file, which is refused for safety");
    check(layout == H5D_CONTIGUOUS || layout == H5D_CHUNKED || layout == H5D_COMPACT, where,
          "the dataset's storage has an unknown layout");
    for (int i = 0; i < H5Pget_nfilters(plist); ++i) {
        unsigned flags = 0, config = 0;
        std::size_t values = 0;
        char name[64] = {};
        const auto filter =
            H5Pget_filter2(plist, static_cast<unsigned>(i), &flags, &values, nullptr, sizeof name - 1, name, &config);
        if (filter == kLzfFilter) register_lzf();
        check(filter == H5Z_FILTER_DEFLATE || filter == H5Z_FILTER_SHUFFLE || filter == H5Z_FILTER_FLETCHER32 ||
                  filter == kLzfFilter,
              where, "expected no compression, gzip or LZF, got filter ", static_cast<int>(filter), " '",
              printable(name), "' (hint: in h5py, write them again with compression='gzip')");
    }
    std::uint64_t declared = image_bytes() * dims[0];
    if (layout == H5D_CHUNKED) {
        chunk.resize(dims.size());
        check(H5Pget_chunk(plist, static_cast<int>(chunk.size()), chunk.data()) == static_cast<int>(chunk.size()),
              where, "the dataset's chunks cannot be read: ", LibraryReason{});
        std::uint64_t bytes = size_of(dtype);
        for (const hsize_t side : chunk) {
            check(side > 0 && side <= kMostElements / bytes, where, "the dataset's chunks have an impossible size");
            bytes *= side;
        }
        declared = std::max(declared, bytes);
    }
    const std::uint64_t stored = std::min<std::uint64_t>(H5Dget_storage_size(dataset), file_bytes);
    check(stored > 0, where, "the dataset declares ", dims[0], " images but stores none");
    check(declared <= kBombBytes || declared / kBombRatio <= stored, where, "the dataset declares ", declared,
          " bytes but the file stores ", stored, " of them, which is refused for safety");
}

// Reopens the dataset with a cache that holds one row of chunks, so that none is decompressed twice.
void Hdf5Images::State::open_with_cache(const std::string& name) {
    std::uint64_t bytes = size_of(dtype);
    for (std::size_t d = 0; d < chunk.size(); ++d)
        bytes *= d == 0 ? chunk[0] : (dims[d] + chunk[d] - 1) / chunk[d] * chunk[d];
    const Handle access(H5Pcreate(H5P_DATASET_ACCESS), H5Pclose);
    check(access >= 0 && H5Pset_chunk_cache(access, 12'421, std::max(bytes, kBlockBytes), 1.0) >= 0, where,
          "no chunk cache: ", LibraryReason{});
    dataset.reset();
    dataset = Handle(H5Dopen2(file, name.c_str(), access), H5Dclose);
    check(dataset >= 0, where, "dataset '", printable(name), "' cannot be opened: ", LibraryReason{});
}

void Hdf5Images::State::read_rows(std::int64_t begin, std::int64_t count, void* into) const {
    std::vector<hsize_t> start(dims.size(), 0), extent = dims;
    start[0] = static_cast<hsize_t>(begin);
    extent[0] = static_cast<hsize_t>(count);
    const Handle file_space(H5Dget_space(dataset), H5Sclose);
    const Handle memory_space(H5Screate_simple(static_cast<int>(extent.size()), extent.data(), nullptr), H5Sclose);
    const bool ok =
        file_space >= 0 && memory_space >= 0 &&
        H5Sselect_hyperslab(file_space, H5S_SELECT_SET, start.data(), nullptr, extent.data(), nullptr) >= 0 &&
        H5Dread(dataset, memory_type(dtype), memory_space, file_space, H5P_DEFAULT, into) >= 0;
    check(ok, where, "images ", begin, " to ", begin + count - 1,
          " cannot be read, the file is damaged: ", LibraryReason{});
}

Hdf5Images::Hdf5Images(const std::filesystem::path& path, const std::string& name, Hdf5Role role) {
    const LibraryUse use(hdf5_lock());
    auto state = std::make_unique<State>();
    State& s = *state;
    s.where = path.string();
    s.role = role;
    s.file = open_file(path, s.where);
    const std::string found = name.empty() ? the_one_dataset(s.file, s.where) : name;
    if (!name.empty()) {
        check_links(s.file, name, s.where);
        s.where += ", " + printable(name);
    }
    s.dataset = Handle(H5Dopen2(s.file, found.c_str(), H5P_DEFAULT), H5Dclose);
    check(s.dataset >= 0, s.where, "dataset '", printable(found), "' cannot be opened: ", LibraryReason{});
    s.check_space();
    const Handle type(H5Dget_type(s.dataset), H5Tclose);
    check(type >= 0, s.where, "the pixels' type cannot be read: ", LibraryReason{});
    s.dtype = dtype_of_file(type, role, s.where);
    if (is_text_type(type)) s.text = text_type(type, s.where);
    s.check_storage(std::filesystem::file_size(path));
    s.open_with_cache(found);
    state_ = std::move(state);
}

Hdf5Images::~Hdf5Images() {
    const LibraryUse use(hdf5_lock());
    state_.reset();
}

const std::string& Hdf5Images::where() const { return state_->where; }
std::int64_t Hdf5Images::count() const { return static_cast<std::int64_t>(state_->dims[0]); }
DType Hdf5Images::dtype() const { return state_->dtype; }
Shape Hdf5Images::shape(std::int64_t n) const {
    const auto& dims = state_->dims;
    if (state_->role == Hdf5Role::values) {
        Shape out{n};
        for (std::size_t d = 1; d < dims.size(); ++d) out.push_back(static_cast<std::int64_t>(dims[d]));
        return out;
    }
    return {n, static_cast<std::int64_t>(dims[1]), static_cast<std::int64_t>(dims[2]),
            dims.size() == 4 ? static_cast<std::int64_t>(dims[3]) : 1};
}

bool Hdf5Images::is_text() const { return state_->text >= 0; }

std::vector<std::string> Hdf5Images::read_texts() const {
    const LibraryUse use(hdf5_lock());
    const State& s = *state_;
    for (std::size_t d = 1; d < s.dims.size(); ++d)
        check(s.dims[d] == 1, s.where, "expected one text per image, got ", s.dims[d],
              " (hint: several labels per image are not supported)");
    const std::size_t width = H5Tget_size(s.text);
    std::vector<std::string> texts;
    std::vector<char> bytes(s.dims[0] * width);
    const Handle space(H5Dget_space(s.dataset), H5Sclose);
    check(space >= 0 && H5Dread(s.dataset, s.text, H5S_ALL, H5S_ALL, H5P_DEFAULT, bytes.data()) >= 0, s.where,
          "the texts cannot be read, the file is damaged: ", LibraryReason{});
    const bool variable = H5Tis_variable_str(s.text) > 0;
    for (std::size_t i = 0; i < s.dims[0]; ++i) {
        const char* at = bytes.data() + i * width;
        if (!variable) {
            texts.emplace_back(at, strnlen(at, width));
            continue;
        }
        const char* text = nullptr;
        std::memcpy(&text, at, sizeof text);
        texts.emplace_back(text ? text : "");
    }
    if (variable) H5Dvlen_reclaim(s.text, space, H5P_DEFAULT, bytes.data());
    return texts;
}

void Hdf5Images::read_block(std::int64_t first, std::int64_t count, void* into) const {
    const LibraryUse use(hdf5_lock());
    state_->read_rows(first, count, into);
}

std::unique_lock<std::mutex> hdf5_lock() {
    static std::mutex instance;
    return std::unique_lock(instance);
}

std::vector<Hdf5Entry> hdf5_entries(const std::filesystem::path& path) {
    const LibraryUse use(hdf5_lock());
    const std::string where = path.string();
    std::vector<Hdf5Entry> entries;
    add_entries(open_file(path, where), "", 8, where, entries);
    return entries;
}

void require_hdf5(std::string_view) {}

}  // namespace cyclone::data

#else

namespace cyclone::data {

struct Hdf5Images::State {};
namespace {
[[noreturn]] void refuse(std::string_view where) {
    fail(where,
         "this build cannot read HDF5 files (hint: install libhdf5-dev and build with -DCYCLONE_HDF5=ON, or use "
         "synthetic patches)");
}
}  // namespace

Hdf5Images::Hdf5Images(const std::filesystem::path& path, const std::string&, Hdf5Role) { refuse(path.string()); }
Hdf5Images::~Hdf5Images() = default;
const std::string& Hdf5Images::where() const { refuse("Hdf5Images"); }
std::int64_t Hdf5Images::count() const { refuse("Hdf5Images"); }
DType Hdf5Images::dtype() const { refuse("Hdf5Images"); }
Shape Hdf5Images::shape(std::int64_t) const { refuse("Hdf5Images"); }
void Hdf5Images::read_block(std::int64_t, std::int64_t, void*) const { refuse("Hdf5Images"); }
std::unique_lock<std::mutex> hdf5_lock() { return {}; }
bool Hdf5Images::is_text() const { refuse("Hdf5Images"); }
std::vector<std::string> Hdf5Images::read_texts() const { refuse("Hdf5Images"); }
std::vector<Hdf5Entry> hdf5_entries(const std::filesystem::path& path) { refuse(path.string()); }
void require_hdf5(std::string_view where) { refuse(where); }

}  // namespace cyclone::data

#endif
