#pragma once
// LZF, the compression that h5py calls "lzf" and that the HDF5 library does not have; decoding only. The format: a byte
// below 32 begins a run of that many bytes and one; any other has a length in its upper 3 bits (7: the next byte is
// added) and, with the byte after it, the distance to copy from.

#include <hdf5.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>

namespace cyclone::data {

constexpr H5Z_filter_t kLzfFilter = 32000;

/// Bytes written to `out`, which has room for `most`; 0: damaged, or more than that.
inline std::size_t lzf_decode(const std::uint8_t* in, std::size_t count, std::uint8_t* out, std::size_t most) {
    std::size_t at = 0, done = 0;
    while (at < count) {
        const std::size_t control = in[at++];
        if (control < 32) {
            const std::size_t run = control + 1;
            if (run > count - at || run > most - done) return 0;
            for (std::size_t i = 0; i < run; ++i) out[done++] = in[at++];
            continue;
        }
        std::size_t length = control >> 5;
        if (length == 7) {
            if (at == count) return 0;
            length += in[at++];
        }
        if (at == count) return 0;
        const std::size_t distance = ((control & 31) << 8 | in[at++]) + 1;
        length += 2;
        if (distance > done || length > most - done) return 0;
        for (std::size_t i = 0; i < length; ++i, ++done) out[done] = out[done - distance];
    }
    return done;
}

/// The filter of a chunk; values[2] is the size that h5py stores.
inline std::size_t lzf_filter(unsigned flags, std::size_t values_count, const unsigned* values, std::size_t bytes,
                              std::size_t* buffer_bytes, void** buffer) {
    constexpr std::size_t kMost = std::size_t{1} << 30;
    if ((flags & H5Z_FLAG_REVERSE) == 0 || values_count < 3 || values[2] == 0 || values[2] > kMost) return 0;
    auto* out = static_cast<std::uint8_t*>(std::malloc(values[2]));
    const std::size_t done =
        out ? lzf_decode(static_cast<const std::uint8_t*>(*buffer), bytes, out, values[2]) : std::size_t{0};
    if (done == 0) {
        std::free(out);
        return 0;
    }
    std::free(*buffer);
    *buffer = out;
    *buffer_bytes = values[2];
    return done;
}

/// Called with the library in use.
inline void register_lzf() {
    const H5Z_class2_t filter{H5Z_CLASS_T_VERS, kLzfFilter, 0, 1, "lzf", nullptr, nullptr, lzf_filter};
    if (H5Zfilter_avail(kLzfFilter) <= 0) H5Zregister(&filter);
}

}  // namespace cyclone::data
