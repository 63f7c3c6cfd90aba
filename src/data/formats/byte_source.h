#pragma once
// ByteSource: the bytes of a file in order, decompressed when the file is gzip.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

namespace cyclone::data {

/// Whether it is gzip is determined from the first two bytes. Errors name the file.
class ByteSource {
public:
    explicit ByteSource(const std::filesystem::path& path);
    ~ByteSource();
    ByteSource(const ByteSource&) = delete;
    ByteSource& operator=(const ByteSource&) = delete;

    const std::string& where() const;  ///< the file's name, for messages
    /// No more bytes than this can come, whatever the file claims: its size, or 1032 times it for gzip.
    std::uint64_t most_bytes() const;
    /// Fills up to `count` bytes; fewer only at the end. At the end of gzip its checksum has been verified.
    std::size_t read(void* into, std::size_t count);

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace cyclone::data
