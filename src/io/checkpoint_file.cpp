// Writing and reading checkpoints.

#include <cyclone/io/checkpoint_file.h>

#include <cyclone/io/atomic_file.h>
#include <cyclone/io/crc64.h>
#include <cyclone/io/input_file.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace cyclone::io {
namespace {

constexpr std::string_view kMagic = "CYCLONE\n";
constexpr std::uint64_t kVersion = 1;
constexpr std::size_t kPreamble = 24, kChecksum = 8;

void append_number(std::string& text, std::uint64_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i));
}

std::uint64_t number_at(std::string_view bytes, std::size_t begin, std::size_t count) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < count; ++i)
        value |= static_cast<std::uint64_t>(static_cast<unsigned char>(bytes[begin + i])) << (8 * i);
    return value;
}

std::size_t bytes_of(const Tensor& tensor) {
    return static_cast<std::size_t>(tensor.numel()) * size_of(tensor.dtype());
}

// Computes the checksum of what it writes.
class SummingFile {
public:
    explicit SummingFile(const std::filesystem::path& path) : file_(path) {}
    void write(const void* bytes, std::size_t count) {
        file_.write(bytes, count);
        checksum_ = crc64(checksum_, bytes, count);
    }
    void write(std::string_view bytes) { write(bytes.data(), bytes.size()); }
    void finish() {
        std::string sum;
        append_number(sum, checksum_, kChecksum);
        file_.write(sum);
        file_.commit();
    }

private:
    AtomicFile file_;
    std::uint64_t checksum_ = 0;
};

}  // namespace

void save_checkpoint(const std::filesystem::path& path, const WeightsFile& content) {
    const std::string prologue = weights_prologue(content.tensors, content.metadata, path.string());
    std::uint64_t body = prologue.size();
    for (const NamedTensor& t : content.tensors) body += bytes_of(t.tensor);
    std::string preamble(kMagic);
    append_number(preamble, kVersion, 4);
    append_number(preamble, 0, 4);
    append_number(preamble, body, 8);
    SummingFile file(path);
    file.write(preamble);
    file.write(prologue);
    for (const NamedTensor& t : content.tensors) file.write(t.tensor.bytes(), bytes_of(t.tensor));
    file.finish();
}

WeightsFile parse_checkpoint(std::string_view bytes, const std::string& name) {
    const auto whole = [&](bool ok, const auto&... parts) { check<DamagedFile>(ok, name, "is damaged: ", parts...); };
    whole(!bytes.empty(), "the file is empty");
    const std::string_view begin = bytes.substr(0, kMagic.size());
    check(begin == kMagic.substr(0, begin.size()), name, "is not a checkpoint of this program");
    whole(bytes.size() >= kPreamble + kChecksum, "it ends after ", bytes.size(), " bytes (hint: truncated?)");
    const std::uint64_t version = number_at(bytes, 8, 4), body = number_at(bytes, 16, 8);
    const std::uint64_t room = bytes.size() - kPreamble - kChecksum;
    // The version of a damaged file means nothing.
    const bool sums_fit =
        crc64(0, bytes.data(), bytes.size() - kChecksum) == number_at(bytes, bytes.size() - kChecksum, kChecksum);
    check(!sums_fit || (version >= 1 && version <= kVersion), name, "is a checkpoint of version ", version,
          ", this program reads up to version ", kVersion, " (hint: it was written by a later release)");
    whole(version != kVersion || body == room, "it should have ", body, " bytes of content, it has ", room,
          body > room ? " (hint: truncated?)" : "");
    whole(sums_fit, "the checksum does not fit the content");
    return parse_weights(bytes.substr(kPreamble, static_cast<std::size_t>(room)), name);
}

WeightsFile load_checkpoint(const std::filesystem::path& path) {
    InputFile input(path);
    std::string bytes(static_cast<std::size_t>(input.size()), '\0');
    input.read(bytes.data(), bytes.size());
    return parse_checkpoint(bytes, path.string());
}

bool is_checkpoint(const std::filesystem::path& path) {
    try {
        InputFile input(path);
        std::array<char, kMagic.size()> begin{};
        if (input.size() < begin.size()) return false;
        input.read(begin.data(), begin.size());
        return std::equal(begin.begin(), begin.end(), kMagic.begin());
    } catch (const Error&) {
        return false;
    }
}

}  // namespace cyclone::io
