// Weights in files of named arrays.

#include <cyclone/data/formats/weight_files.h>

#include <cyclone/base/error.h>
#include <cyclone/io/atomic_file.h>
#include <cyclone/io/input_file.h>

#include <unistd.h>
#include <zip.h>
#include <zlib.h>

#include <array>
#include <memory>
#include <system_error>

#include "data/hdf5/hdf5_apart.h"

namespace cyclone::data {
namespace {

bool is_of_training(const std::string& name) {
    return name.starts_with("optimizer") || name.find("seed_generator") != std::string::npos;
}

/// A file of its own for what HDF5's library reads by name.
class TemporaryFile {
public:
    TemporaryFile() {
        std::string name = (std::filesystem::temp_directory_path() / "cyclone-weights-XXXXXX").string();
        descriptor_ = ::mkstemp(name.data());
        check(descriptor_ >= 0, name, "cannot be made: ", std::generic_category().message(errno));
        path_ = name;
    }
    ~TemporaryFile() {
        ::close(descriptor_);
        std::error_code ignored;
        std::filesystem::remove(path_, ignored);
    }
    TemporaryFile(const TemporaryFile&) = delete;
    TemporaryFile& operator=(const TemporaryFile&) = delete;

    const std::filesystem::path& path() const { return path_; }
    void write(const char* bytes, std::size_t count) const {
        for (std::size_t done = 0; done < count;) {
            const ssize_t wrote = ::write(descriptor_, bytes + done, count - done);
            check(wrote > 0, path_.string(), "cannot be written: ", std::generic_category().message(errno));
            done += static_cast<std::size_t>(wrote);
        }
    }

private:
    int descriptor_ = -1;
    std::filesystem::path path_;
};

/// Copies model.weights.h5 out of the archive. Its size is bounded by what the archive stores of it.
void extract_weights(const std::filesystem::path& path, const TemporaryFile& into) {
    constexpr const char* kMember = "model.weights.h5";
    const std::string where = path.string();
    int code = 0;
    const std::unique_ptr<zip_t, void (*)(zip_t*)> archive(zip_open(path.c_str(), ZIP_RDONLY, &code), zip_discard);
    check(archive != nullptr, where, "expected a .keras file (a zip archive), got a truncated or damaged one");
    zip_stat_t stat;
    constexpr zip_uint64_t kNeeded = ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE;
    check(zip_stat(archive.get(), kMember, 0, &stat) == 0 && (stat.valid & kNeeded) == kNeeded, where,
          "expected a .keras file of Keras 3, which holds ", kMember);
    check(stat.size / 200 <= stat.comp_size, where, kMember, " declares ", stat.size, " bytes but stores ",
          stat.comp_size, ", which is refused for safety");
    const std::unique_ptr<zip_file_t, int (*)(zip_file_t*)> member(zip_fopen(archive.get(), kMember, 0), zip_fclose);
    check(member != nullptr, where, kMember, " cannot be opened: ", zip_strerror(archive.get()));
    std::array<char, 1 << 16> block{};
    std::uint64_t done = 0;
    while (true) {
        const zip_int64_t got = zip_fread(member.get(), block.data(), block.size());
        check(got >= 0 && done + static_cast<std::uint64_t>(got) <= stat.size, where, kMember, " is damaged");
        if (got == 0) break;
        into.write(block.data(), static_cast<std::size_t>(got));
        done += static_cast<std::uint64_t>(got);
    }
}

// NPY 1.0: numpy.lib.format.
std::string npy_header(const Tensor& array) {
    const char* type = array.dtype() == DType::f32   ? "<f4"
                       : array.dtype() == DType::f64 ? "<f8"
                       : array.dtype() == DType::i64 ? "<i8"
                       : array.dtype() == DType::u8  ? "|u1"
                                                     : "<u2";
    std::string sizes;
    for (const std::int64_t size : array.shape()) sizes += std::to_string(size) + ", ";
    std::string text = std::string("{'descr': '") + type + "', 'fortran_order': False, 'shape': (" + sizes + "), }";
    text.resize((10 + text.size() + 64) / 64 * 64 - 11, ' ');
    text += '\n';
    std::string out("\x93NUMPY\x01\x00", 8);
    out += static_cast<char>(text.size() & 255U);
    out += static_cast<char>(text.size() >> 8);
    return out + text;
}

void put(std::string& out, std::uint64_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) out += static_cast<char>(value >> 8 * i & 255U);
}

/// What a zip archive says of a member, before its data (`central` false) and in the list at the end.
std::string zip_entry(const std::string& name, std::uint32_t checksum, std::uint64_t size, std::uint64_t offset,
                      bool central) {
    constexpr std::uint64_t kDate = 1 << 5 | 1;  // 1 January 1980: the same bytes for the same weights
    std::string out;
    put(out, central ? 0x02014b50 : 0x04034b50, 4);
    if (central) put(out, 20, 2);
    put(out, 20, 2);
    put(out, 0x800, 2);  // names in UTF-8
    put(out, 0, 2);      // stored
    put(out, 0, 2);
    put(out, kDate, 2);
    put(out, checksum, 4);
    put(out, size, 4);
    put(out, size, 4);
    put(out, name.size(), 2);
    put(out, 0, 2);
    if (central) {
        put(out, 0, 2);
        put(out, 0, 2);
        put(out, 0, 2);
        put(out, 0, 4);
        put(out, offset, 4);
    }
    return out + name;
}

}  // namespace

StateDict read_hdf5_arrays(const std::filesystem::path& path) {
    const OpenOptions options;
    ReadContext context(options);
    const ArrayArchive archive = open_hdf5(path, context);
    StateDict out;
    for (const ArrayEntry& entry : archive.entries) {
        if (is_of_training(entry.name) || entry.kind == ArrayEntry::Kind::text || entry.sizes.empty()) continue;
        check(entry.kind == ArrayEntry::Kind::numbers, path.string(), entry.refusal);
        out.add(entry.name, archive.read(entry).numbers);
    }
    return out;
}

StateDict read_keras_weights(const std::filesystem::path& path) {
    std::array<char, 4> start{};
    io::InputFile(path).read_some(start.data(), start.size());
    if (std::string_view(start.data(), 2) != "PK") return read_hdf5_arrays(path);
    const TemporaryFile file;
    extract_weights(path, file);
    try {
        return read_hdf5_arrays(file.path());
    } catch (const Error& error) {
        fail(path.string(), "model.weights.h5: ", error.what());
    }
}

void write_npz(const std::filesystem::path& path, const StateDict& arrays) {
    constexpr std::uint64_t kMost = (std::uint64_t{1} << 32) - 1;
    const std::string where = path.string();
    io::AtomicFile file(path);
    std::string list;
    std::uint64_t offset = 0;
    for (const auto& [key, array] : arrays) {
        check(!key.empty() && key.size() < 60'000 && key.find('\0') == std::string::npos, where,
              "expected names for its arrays, got '", key, "'");
        const std::string name = key + ".npy", header = npy_header(array);
        const std::size_t bytes = static_cast<std::size_t>(array.numel()) * size_of(array.dtype());
        const auto* data = static_cast<const Bytef*>(array.bytes());
        uLong checksum = crc32_z(0, reinterpret_cast<const Bytef*>(header.data()), header.size());
        if (bytes > 0) checksum = crc32_z(checksum, data, bytes);
        const std::string entry =
            zip_entry(name, static_cast<std::uint32_t>(checksum), header.size() + bytes, 0, false);
        const std::uint64_t next = offset + entry.size() + header.size() + bytes;
        check(next <= kMost && arrays.size() < 65'000, where, "expected at most 4 GiB and 65000 arrays");
        file.write(entry);
        file.write(header);
        if (bytes > 0) file.write(data, bytes);
        list += zip_entry(name, static_cast<std::uint32_t>(checksum), header.size() + bytes, offset, true);
        offset = next;
    }
    std::string end;
    put(end, 0x06054b50, 4);
    put(end, 0, 4);
    put(end, arrays.size(), 2);
    put(end, arrays.size(), 2);
    put(end, list.size(), 4);
    put(end, offset, 4);
    put(end, 0, 2);
    file.write(list);
    file.write(end);
    file.commit();
}

}  // namespace cyclone::data
