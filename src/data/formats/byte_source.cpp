// Files read as bytes in order, inflated where they are gzip.

#include "data/formats/byte_source.h"

#include <cyclone/base/error.h>
#include <cyclone/io/input_file.h>

#include <zlib.h>

#include <algorithm>
#include <array>
#include <limits>

namespace cyclone::data {
namespace {
constexpr std::uint64_t kBestRatio = 1032;  // of deflate (zlib.net, technical details)
}

struct ByteSource::State {
    io::InputFile file;
    const std::string& where;
    bool compressed = false;
    bool in_member = false;  // between the header and the checksum of a gzip member
    z_stream zip{};
    std::array<unsigned char, 1 << 16> buffer{};

    explicit State(const std::filesystem::path& path) : file(path), where(file.name()) {}
    State(const State&) = delete;
    State& operator=(const State&) = delete;
    ~State() {
        if (compressed) inflateEnd(&zip);
    }
    std::size_t inflate_some(unsigned char* into, std::size_t count);
};

std::size_t ByteSource::State::inflate_some(unsigned char* into, std::size_t count) {
    const auto wanted = static_cast<uInt>(std::min<std::size_t>(count, std::numeric_limits<uInt>::max()));
    zip.next_out = into;
    zip.avail_out = wanted;
    while (zip.avail_out == wanted) {
        if (zip.avail_in == 0) {
            zip.next_in = buffer.data();
            zip.avail_in = static_cast<uInt>(file.read_some(buffer.data(), buffer.size()));
            if (zip.avail_in == 0) {
                check(!in_member, where, "the gzip data end too early, the file is truncated");
                return 0;
            }
        }
        in_member = true;
        const int status = inflate(&zip, Z_NO_FLUSH);
        check(status == Z_OK || status == Z_STREAM_END, where,
              "the gzip data are damaged: ", zip.msg ? zip.msg : "zlib stopped");
        if (status == Z_STREAM_END) {
            in_member = false;
            check(inflateReset(&zip) == Z_OK, where, "zlib cannot continue");
        }
    }
    return wanted - zip.avail_out;
}

ByteSource::ByteSource(const std::filesystem::path& path) : state_(std::make_unique<State>(path)) {
    State& s = *state_;
    std::array<unsigned char, 2> magic{};
    const bool gzip = s.file.read_some(magic.data(), 2) == 2 && magic[0] == 0x1F && magic[1] == 0x8B;
    s.file.seek(0);
    if (!gzip) return;
    check(inflateInit2(&s.zip, 15 + 16) == Z_OK, s.where, "zlib cannot start");
    s.compressed = true;
}

ByteSource::~ByteSource() = default;

const std::string& ByteSource::where() const { return state_->where; }

std::uint64_t ByteSource::most_bytes() const {
    const std::uint64_t size = state_->file.size();
    return state_->compressed ? size * kBestRatio : size;
}

std::size_t ByteSource::read(void* into, std::size_t count) {
    auto* out = static_cast<unsigned char*>(into);
    std::size_t done = 0;
    while (done < count) {
        const std::size_t got = state_->compressed ? state_->inflate_some(out + done, count - done)
                                                   : state_->file.read_some(out + done, count - done);
        if (got == 0) break;
        done += got;
    }
    return done;
}

}  // namespace cyclone::data
