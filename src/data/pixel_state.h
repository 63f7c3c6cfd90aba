#pragma once
// What a PixelStore shares with its copies (private).

#include <cyclone/tensor/tensor.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include <cyclone/io/mapped_file.h>

namespace cyclone::data {

struct PixelState {
    Tensor all;  // the pixels in memory, or those of the file that a choice is made from
    std::shared_ptr<const io::MappedFile> file;
    std::uint64_t file_checksum = 0;
    bool chosen = false;  // `rows` of `all`, else all of them
    std::vector<std::int64_t> rows = {};
    Shape shape = {};
    std::size_t bytes = 0;  // of an image
    const std::byte* first = nullptr;

    /// `mapped` and the checksum of all its pixels are those of a mapped file in whose memory `images` are.
    explicit PixelState(const Tensor& images, std::shared_ptr<const io::MappedFile> mapped = nullptr,
                        std::uint64_t checksum = 0)
        : all(images), file(std::move(mapped)), file_checksum(checksum), shape(images.shape()) {
        if (shape.rank() == 4) bytes = static_cast<std::size_t>(shape.numel_between(1, 4)) * size_of(all.dtype());
        first = static_cast<const std::byte*>(all.bytes());
    }
    std::int64_t row(std::int64_t i) const { return chosen ? rows[static_cast<std::size_t>(i)] : i; }
    const std::byte* pixels(std::int64_t i) const { return first + static_cast<std::size_t>(row(i)) * bytes; }

    // Image k is row_of(k) of `all`.
    template <class RowOf>
    void will_read(std::int64_t begin, std::int64_t count, RowOf row_of) const {
        for (std::int64_t i = 0, run = 0; i < count; i += run) {  // runs of neighbours in one call
            const std::int64_t from = row_of(begin + i);
            for (run = 1; i + run < count && row_of(begin + i + run) == from + run;) ++run;
            file->will_read(first + static_cast<std::size_t>(from) * bytes, static_cast<std::size_t>(run) * bytes);
        }
    }
};

}  // namespace cyclone::data
