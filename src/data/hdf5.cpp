#include "data/hdf5.h"

#include <cyclone/data/study_folder.h>

#ifdef CYCLONE_WITH_HDF5

#include <hdf5.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <mutex>
#include <utility>
#include <vector>

namespace cyclone::data {
namespace {

constexpr std::uint64_t kBombBytes = std::uint64_t{256} << 20;  // a larger declared size must be backed by the file
constexpr std::uint64_t kBombRatio = 1000;                      // zlib reaches 1032 at most
constexpr std::uint64_t kMostElements = std::uint64_t{1} << 36;
constexpr std::uint64_t kMostPixels = std::uint64_t{1} << 26;  // of one image
constexpr std::uint64_t kBlockBytes = std::uint64_t{1} << 20;  // read at a time where not all images are wanted

// While it lives: this thread alone uses the library (most builds of it are not thread-safe), which prints nothing and
// loads no plug-ins.
class LibraryUse {
public:
    LibraryUse() : lock_(mutex()) {
        H5Eget_auto2(H5E_DEFAULT, &printer_, &printer_data_);
        H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
        H5PLget_loading_state(&plugins_);
        H5PLset_loading_state(0);
    }
    ~LibraryUse() {
        H5PLset_loading_state(plugins_);
        H5Eset_auto2(H5E_DEFAULT, printer_, printer_data_);
    }
    LibraryUse(const LibraryUse&) = delete;
    LibraryUse& operator=(const LibraryUse&) = delete;

private:
    static std::mutex& mutex() {
        static std::mutex instance;
        return instance;
    }
    std::unique_lock<std::mutex> lock_;
    H5E_auto2_t printer_ = nullptr;
    void* printer_data_ = nullptr;
    unsigned plugins_ = 0;
};

// An open identifier; negative means the call that made it failed.
class Handle {
public:
    Handle() = default;
    Handle(hid_t id, herr_t (*close)(hid_t)) : id_(id), close_(close) {}
    Handle(Handle&& other) noexcept : id_(std::exchange(other.id_, -1)), close_(other.close_) {}
    Handle& operator=(Handle&& other) noexcept {
        std::swap(id_, other.id_);
        std::swap(close_, other.close_);
        return *this;
    }
    ~Handle() { reset(); }
    void reset() {
        if (id_ >= 0) close_(std::exchange(id_, -1));
    }
    operator hid_t() const { return id_; }

private:
    hid_t id_ = -1;
    herr_t (*close_)(hid_t) = nullptr;
};

// The innermost reason the library gives for its last failure, cut to printable characters.
std::string library_reason() {
    std::string reason;
    H5Ewalk2(
        H5E_DEFAULT, H5E_WALK_UPWARD,
        [](unsigned n, const H5E_error2_t* error, void* into) -> herr_t {
            if (n == 0 && error->desc) *static_cast<std::string*>(into) = error->desc;
            return 0;
        },
        &reason);
    for (char& c : reason)
        if (c < ' ' || c > '~') c = '?';
    return reason.empty() ? "no reason given" : reason.substr(0, 200);
}

// Streams library_reason() when the message is built, after the call that failed.
struct LibraryReason {};
std::ostream& operator<<(std::ostream& out, LibraryReason) { return out << library_reason(); }

std::string printable(std::string text) {
    for (char& c : text)
        if (c < ' ' || c > '~') c = '?';
    return text.substr(0, 60);
}

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

DType dtype_of_file(hid_t type, const std::string& where) {
    const auto is = [&](hid_t a, hid_t b) { return H5Tequal(type, a) > 0 || H5Tequal(type, b) > 0; };
    if (is(H5T_STD_U8LE, H5T_STD_U8BE)) return DType::u8;
    if (is(H5T_STD_U16LE, H5T_STD_U16BE)) return DType::u16;
    if (is(H5T_IEEE_F32LE, H5T_IEEE_F32BE)) return DType::f32;
    fail(where, "expected pixels of 8-bit or 16-bit unsigned integers or 32-bit floating-point numbers, got ",
         name_of_type(type), " (hint: convert them before, e.g. data.astype('float32') in h5py)");
}

hid_t memory_type(DType dtype) {
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
    fail(where, signature ? "expected a whole HDF5 file, got a damaged or truncated one: " : "expected an HDF5 file: ",
         reason);
}

// Names of the datasets right under the root. Other links than hard ones may lead out of the file and are refused.
std::vector<std::string> top_datasets(hid_t file, const std::string& where) {
    H5G_info_t root{};
    check(H5Gget_info(file, &root) >= 0, where, "the root group cannot be read: ", LibraryReason{});
    check(root.nlinks <= 1000, where, "expected one dataset, got ", root.nlinks, " entries");
    std::vector<std::string> names;
    for (hsize_t i = 0; i < root.nlinks; ++i) {
        char name[256] = {};
        const auto length =
            H5Lget_name_by_idx(file, ".", H5_INDEX_NAME, H5_ITER_INC, i, name, sizeof name, H5P_DEFAULT);
        check(length > 0 && length < static_cast<ssize_t>(sizeof name), where, "the name of entry ", i, " is ",
              "damaged, empty or longer than 255 bytes");
        H5L_info_t link{};
        check(H5Lget_info(file, name, &link, H5P_DEFAULT) >= 0, where, "entry '", printable(name),
              "' cannot be read: ", LibraryReason{});
        check(link.type == H5L_TYPE_HARD, where, "expected a dataset in the file itself, got '", printable(name), "', ",
              link.type == H5L_TYPE_SOFT ? "a soft link" : "a link to another file", ", which is refused for safety");
        const Handle object(H5Oopen(file, name, H5P_DEFAULT), H5Oclose);
        check(object >= 0, where, "entry '", printable(name), "' cannot be opened: ", LibraryReason{});
        if (H5Iget_type(object) == H5I_DATASET) names.emplace_back(name);
    }
    return names;
}

std::string the_one_dataset(hid_t file, const std::string& where) {
    const auto names = top_datasets(file, where);
    check(!names.empty(), where, "expected one dataset at the top level, got none");
    if (names.size() > 1) {
        std::string list;
        for (const auto& name : names)
            if (list.size() < 100) list += (list.empty() ? "" : ", ") + printable(name);
        fail(where, "expected one dataset, got ", names.size(), ": ", list);
    }
    return names[0];
}

}  // namespace

struct Hdf5Images::State {
    std::string where;
    Handle file, dataset;
    std::vector<hsize_t> dims;  // as in the file, rank 3 or 4
    std::vector<hsize_t> chunk;
    DType dtype = DType::u8;

    void check_space();
    void check_storage(std::uint64_t file_bytes);
    void open_with_cache(const std::string& name);
    void read_rows(std::int64_t begin, std::int64_t count, void* into) const;
    void read_chosen(std::span<const std::int64_t> indices, std::byte* into) const;

    std::uint64_t image_bytes() const {
        std::uint64_t bytes = size_of(dtype);
        for (std::size_t d = 1; d < dims.size(); ++d) bytes *= dims[d];
        return bytes;
    }
    std::int64_t rows_of_block() const {
        const std::uint64_t rows = std::max<std::uint64_t>(1, kBlockBytes / image_bytes());
        return static_cast<std::int64_t>(
            std::min<std::uint64_t>(chunk.empty() ? rows : std::max<std::uint64_t>(rows, chunk[0]), dims[0]));
    }
};

void Hdf5Images::State::check_space() {
    const Handle space(H5Dget_space(dataset), H5Sclose);
    check(space >= 0, where, "the dataset's shape cannot be read: ", LibraryReason{});
    const int rank = H5Sget_simple_extent_type(space) == H5S_SIMPLE ? H5Sget_simple_extent_ndims(space) : 0;
    check(rank == 3 || rank == 4, where, "expected a dataset N x H x W or N x H x W x C, got ", rank, " dimensions");
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
        check(filter == H5Z_FILTER_DEFLATE || filter == H5Z_FILTER_SHUFFLE || filter == H5Z_FILTER_FLETCHER32, where,
              "expected no compression or gzip, got filter ", static_cast<int>(filter), " '", printable(name),
              "' (hint: h5repack -f GZIP=6 old.h5 new.h5)");
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

// Opens the dataset anew with a cache that holds one row of chunks, so that none is decompressed twice.
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

void Hdf5Images::State::read_chosen(std::span<const std::int64_t> indices, std::byte* into) const {
    const auto rows = rows_of_block();
    const auto bytes = static_cast<std::size_t>(image_bytes());
    const auto total = static_cast<std::int64_t>(dims[0]);
    std::vector<std::byte> block;
    for (std::size_t k = 0; k < indices.size();) {
        const std::int64_t begin = indices[k] / rows * rows, count = std::min(rows, total - begin);
        std::size_t end = k;
        while (end < indices.size() && indices[end] < begin + count) ++end;
        if (end - k == static_cast<std::size_t>(count)) {
            read_rows(begin, count, into + k * bytes);
        } else {
            block.resize(static_cast<std::size_t>(count) * bytes);
            read_rows(begin, count, block.data());
            for (std::size_t i = k; i < end; ++i)
                std::memcpy(into + i * bytes, block.data() + static_cast<std::size_t>(indices[i] - begin) * bytes,
                            bytes);
        }
        k = end;
    }
}

Hdf5Images::Hdf5Images(const std::filesystem::path& path) {
    const LibraryUse use;
    auto state = std::make_unique<State>();
    State& s = *state;
    s.where = path.string();
    s.file = open_file(path, s.where);
    const std::string name = the_one_dataset(s.file, s.where);
    s.dataset = Handle(H5Dopen2(s.file, name.c_str(), H5P_DEFAULT), H5Dclose);
    check(s.dataset >= 0, s.where, "dataset '", printable(name), "' cannot be opened: ", LibraryReason{});
    s.check_space();
    const Handle type(H5Dget_type(s.dataset), H5Tclose);
    check(type >= 0, s.where, "the pixels' type cannot be read: ", LibraryReason{});
    s.dtype = dtype_of_file(type, s.where);
    s.check_storage(std::filesystem::file_size(path));
    s.open_with_cache(name);
    state_ = std::move(state);
}

Hdf5Images::~Hdf5Images() {
    const LibraryUse use;
    state_.reset();
}

const std::string& Hdf5Images::where() const { return state_->where; }
std::int64_t Hdf5Images::count() const { return static_cast<std::int64_t>(state_->dims[0]); }
DType Hdf5Images::dtype() const { return state_->dtype; }
Shape Hdf5Images::shape(std::int64_t n) const {
    const auto& dims = state_->dims;
    return {n, static_cast<std::int64_t>(dims[1]), static_cast<std::int64_t>(dims[2]),
            dims.size() == 4 ? static_cast<std::int64_t>(dims[3]) : 1};
}

void Hdf5Images::read(std::span<const std::int64_t> indices, Tensor& out, std::int64_t first) const {
    const State& s = *state_;
    const auto count = static_cast<std::int64_t>(indices.size());
    check(out.dtype() == s.dtype && out.rows(first, count).shape() == shape(count), s.where, "expected a target of ",
          shape(count), " ", s.dtype, ", got ", out.shape(), " ", out.dtype());
    auto* into = static_cast<std::byte*>(out.mutable_bytes()) + static_cast<std::size_t>(first) * s.image_bytes();
    {
        const LibraryUse use;
        s.read_chosen(indices, into);
    }
    if (s.dtype != DType::f32) return;
    const std::int64_t pixels = shape(1).numel();
    const float* pixel = out.data<float>() + first * pixels;
    for (std::int64_t i = 0; i < count * pixels; ++i)
        check(std::isfinite(pixel[i]), s.where, "pixel ", i % pixels, " of image ",
              indices[static_cast<std::size_t>(i / pixels)], " is ", pixel[i], ", expected a finite number");
}

bool has_hdf5() { return true; }

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

Hdf5Images::Hdf5Images(const std::filesystem::path& path) { refuse(path.string()); }
Hdf5Images::~Hdf5Images() = default;
const std::string& Hdf5Images::where() const { refuse("Hdf5Images"); }
std::int64_t Hdf5Images::count() const { refuse("Hdf5Images"); }
DType Hdf5Images::dtype() const { refuse("Hdf5Images"); }
Shape Hdf5Images::shape(std::int64_t) const { refuse("Hdf5Images"); }
void Hdf5Images::read(std::span<const std::int64_t>, Tensor&, std::int64_t) const { refuse("Hdf5Images"); }
bool has_hdf5() { return false; }

}  // namespace cyclone::data

#endif
