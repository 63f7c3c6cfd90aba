#pragma once
// Pixel types of a dataset: dispatch, and the conversion to standardised f32.

#include <cyclone/tensor/tensor.h>

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace cyclone::data {

/// Calls f with a zero of the pixel type; other dtypes throw an Error that names `where`.
template <class F>
decltype(auto) visit_pixels(DType dtype, std::string_view where, F&& f) {
    switch (dtype) {
        case DType::u8:
            return f(std::uint8_t{});
        case DType::u16:
            return f(std::uint16_t{});
        case DType::f32:
            return f(float{});
        default:
            fail(where, "expected images of u8, u16 or f32, got ", name_of(dtype));
    }
}

/// out[i] = (in[i] - mean[c]) * inverse[c], c = i % channels, computed in double; count is a multiple of channels.
template <class T>
void standardize(const T* in, float* out, std::int64_t count, const std::vector<double>& mean,
                 const std::vector<double>& inverse) {
    const auto channels = static_cast<std::int64_t>(mean.size());
    if (channels == 1) {
        const double m = mean[0], s = inverse[0];
        for (std::int64_t i = 0; i < count; ++i) out[i] = static_cast<float>((static_cast<double>(in[i]) - m) * s);
        return;
    }
    for (std::int64_t i = 0; i < count; i += channels)
        for (std::int64_t c = 0; c < channels; ++c)
            out[i + c] = static_cast<float>((static_cast<double>(in[i + c]) - mean[static_cast<std::size_t>(c)]) *
                                            inverse[static_cast<std::size_t>(c)]);
}

}  // namespace cyclone::data
