#pragma once
// Files made byte by byte, so that the tests do not depend on the libraries that the readers use.

#include <zlib.h>

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

namespace cyclone::test {

inline void write_bytes(const std::filesystem::path& path, const std::string& bytes) {
    std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

inline std::string read_bytes(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

/// The low `width` bytes of a value, least significant first.
inline std::string little(std::uint64_t value, int width) {
    std::string out;
    for (int i = 0; i < width; ++i) out += static_cast<char>(value >> (8 * i) & 255U);
    return out;
}

/// The elements as they stand in memory.
template <class T>
std::string raw(const std::vector<T>& values) {
    std::string out(values.size() * sizeof(T), '\0');
    std::memcpy(out.data(), values.data(), out.size());
    return out;
}

/// A .npy file of format `version` with this header text.
inline std::string npy(const std::string& header, const std::string& data, int version = 1) {
    std::string text = header;
    while ((text.size() + (version == 1 ? 11U : 13U)) % 64 != 0) text += ' ';
    text += '\n';
    return std::string("\x93NUMPY") + static_cast<char>(version) + '\0' + little(text.size(), version == 1 ? 2 : 4) +
           text + data;
}

inline std::string npy(const std::string& descr, const std::string& shape, const std::string& data,
                       bool fortran = false) {
    return npy(
        "{'descr': '" + descr + "', 'fortran_order': " + (fortran ? "True" : "False") + ", 'shape': " + shape + ", }",
        data);
}

struct ZipMember {
    std::string name, data;
    bool deflate = false, zip64 = false;
    std::uint64_t declared = 0;  ///< size that the archive claims instead of the true one
};

inline std::string deflated(const std::string& bytes) {
    z_stream zip{};
    deflateInit2(&zip, 9, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY);
    std::string out(deflateBound(&zip, bytes.size()), '\0');
    zip.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    zip.avail_in = static_cast<uInt>(bytes.size());
    zip.next_out = reinterpret_cast<Bytef*>(out.data());
    zip.avail_out = static_cast<uInt>(out.size());
    deflate(&zip, Z_FINISH);
    out.resize(out.size() - zip.avail_out);
    deflateEnd(&zip);
    return out;
}

inline std::uint32_t crc_of(const std::string& bytes) {
    return static_cast<std::uint32_t>(
        crc32(0, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uInt>(bytes.size())));
}

/// A zip archive. zip64 members have their sizes in the extra field, as numpy.savez writes them.
inline std::string zip(const std::vector<ZipMember>& members) {
    std::string out, directory;
    for (const ZipMember& m : members) {
        const std::string stored = m.deflate ? deflated(m.data) : m.data;
        const std::uint64_t none = 0xFFFFFFFF, size = m.declared ? m.declared : m.data.size();
        const std::string sizes64 = little(size, 8) + little(stored.size(), 8);
        const std::string extra = m.zip64 ? little(1, 2) + little(16, 2) + sizes64 : "";
        const std::string common = little(m.zip64 ? 45 : 20, 2) + little(0, 2) + little(m.deflate ? 8 : 0, 2) +
                                   little(0, 2) + little(0x21, 2) + little(crc_of(m.data), 4) +
                                   little(m.zip64 ? none : stored.size(), 4) + little(m.zip64 ? none : size, 4) +
                                   little(m.name.size(), 2) + little(extra.size(), 2);
        directory += little(0x02014B50, 4) + little(m.zip64 ? 45 : 20, 2) + common + little(0, 2) + little(0, 2) +
                     little(0, 2) + little(0, 4) + little(out.size(), 4) + m.name + extra;
        out += little(0x04034B50, 4) + common + m.name + extra + stored;
    }
    return out + directory + little(0x06054B50, 4) + little(0, 4) + little(members.size(), 2) +
           little(members.size(), 2) + little(directory.size(), 4) + little(out.size(), 4) + little(0, 2);
}

}  // namespace cyclone::test
