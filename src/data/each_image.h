#pragma once
// Reading the images of a dataset such that only a bounded part of a mapped file is in memory.

#include <cyclone/data/dataset.h>

#include <algorithm>
#include <cstdint>
#include <type_traits>

#include "io/mapped_file.h"

namespace cyclone::data {

inline std::size_t bytes_of_image(const Dataset& dataset) {
    return static_cast<std::size_t>(dataset.images.shape().numel_between(1, 4)) * size_of(dataset.images.dtype());
}

/// The rows row_of(0) to row_of(count - 1) of the images of a mapped dataset will be read next.
template <class F>
void will_read(const Dataset& dataset, std::int64_t count, F row_of) {
    const std::size_t bytes = bytes_of_image(dataset);
    const auto* first = static_cast<const std::byte*>(dataset.images.bytes());
    for (std::int64_t i = 0, run = 0; i < count; i += run) {  // runs of neighbours in one call
        const std::int64_t begin = row_of(i);
        for (run = 1; i + run < count && row_of(i + run) == begin + run;) ++run;
        dataset.file->will_read(first + static_cast<std::size_t>(begin) * bytes, static_cast<std::size_t>(run) * bytes);
    }
}

/// An image of a mapped dataset has been read.
inline void have_read(const Dataset& dataset) { dataset.file->have_read(bytes_of_image(dataset)); }

/// Calls f(i, pixels of image i) for all images in order; T is the pixel type, or std::byte for any.
template <class T, class F>
void for_each_image(const Dataset& dataset, F f) {
    const std::size_t bytes = bytes_of_image(dataset);
    const void* all = nullptr;
    if constexpr (std::is_same_v<T, std::byte>)
        all = dataset.images.bytes();
    else
        all = dataset.images.data<T>();
    const auto window = static_cast<std::int64_t>(std::max<std::size_t>(1, (std::size_t{4} << 20) / bytes));
    for (std::int64_t i = 0; i < dataset.size(); ++i) {
        if (dataset.file && i % window == 0)
            will_read(dataset, std::min(window, dataset.size() - i),
                      [&](std::int64_t k) { return dataset.row(i + k); });
        f(i, reinterpret_cast<const T*>(static_cast<const std::byte*>(all) +
                                        static_cast<std::size_t>(dataset.row(i)) * bytes));
        if (dataset.file) have_read(dataset);
    }
}

}  // namespace cyclone::data
