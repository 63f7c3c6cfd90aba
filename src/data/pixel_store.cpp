// PixelStore.

#include <cyclone/data/pixel_store.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include <cyclone/io/crc64.h>
#include "data/pixel_state.h"

namespace cyclone::data {

PixelStore::PixelStore(const Tensor& images) {
    if (images.defined()) state_ = std::make_shared<PixelState>(images);
}

const PixelState& PixelStore::state() const {
    check(state_ != nullptr, "PixelStore", "expected images, got none");
    return *state_;
}

bool PixelStore::mapped() const { return state_ && state_->file; }
const Shape& PixelStore::shape() const { return state().shape; }
DType PixelStore::dtype() const { return state().all.dtype(); }
std::size_t PixelStore::bytes_per_image() const { return state().bytes; }

Tensor PixelStore::image(std::int64_t i) const {
    const PixelState& s = state();
    check(i >= 0 && i < size(0), "PixelStore::image", "index ", i, " is outside the ", size(0), " images");
    return s.all.rows(s.row(i), 1).viewed({s.shape[1], s.shape[2], s.shape[3]});
}

PixelStore PixelStore::gather(std::span<const std::int64_t> indices) const {
    const PixelState& s = state();
    for (const std::int64_t i : indices)
        check(i >= 0 && i < size(0), "PixelStore::gather", "index ", i, " is outside the ", size(0), " images");
    Shape shape = s.shape;
    shape.set(0, static_cast<std::int64_t>(indices.size()));
    if (s.file) {
        auto out = std::make_shared<PixelState>(s);
        out->chosen = true;
        out->shape = shape;
        out->rows.clear();
        for (const std::int64_t i : indices) out->rows.push_back(s.row(i));
        return PixelStore(std::move(out));
    }
    Tensor out = Tensor::empty(shape, dtype());
    auto* into = static_cast<std::byte*>(out.mutable_bytes());
    for (const std::int64_t i : indices) {
        std::memcpy(into, s.pixels(i), s.bytes);
        into += s.bytes;
    }
    return out;
}

Tensor PixelStore::tensor() const {
    if (!mapped()) return state().all;
    Tensor out = Tensor::empty(shape(), dtype());
    auto* into = static_cast<std::byte*>(out.mutable_bytes());
    visit([&](std::int64_t i, const void* pixels) {
        std::memcpy(into + static_cast<std::size_t>(i) * bytes_per_image(), pixels, bytes_per_image());
    });
    return out;
}

void PixelStore::walk(std::int64_t count, const std::int64_t* indices, void* f, Call each) const {
    constexpr std::size_t kWindow = std::size_t{4} << 20;  // read ahead
    const PixelState& s = state();
    const auto row_of = [&](std::int64_t k) { return s.row(indices ? indices[k] : k); };
    const auto window =
        static_cast<std::int64_t>(std::max<std::size_t>(1, kWindow / std::max<std::size_t>(s.bytes, 1)));
    for (std::int64_t k = 0; k < count; ++k) {
        if (s.file && k % window == 0) s.will_read(k, std::min(window, count - k), row_of);
        each(f, k, s.first + static_cast<std::size_t>(row_of(k)) * s.bytes);
        if (s.file) s.file->have_read(s.bytes);
    }
}

const void* PixelStore::pixels(std::int64_t i) const {
    const PixelState& s = state();
    if (s.file) s.file->have_read(s.bytes);
    return s.pixels(i);
}

std::uint64_t PixelStore::checksum() const {
    const PixelState& s = state();
    if (!s.file) {
        std::uint64_t sum = 0;
        visit([&](std::int64_t, const void* pixels) { sum = io::crc64(sum, pixels, s.bytes); });
        return sum;
    }
    const std::int64_t place[] = {static_cast<std::int64_t>(s.file_checksum), s.first - s.file->data(), s.all.size(0)};
    const std::uint64_t sum = io::crc64(0, place, sizeof place);
    return s.chosen ? io::crc64(sum, s.rows.data(), s.rows.size() * sizeof(std::int64_t)) : sum;
}

}  // namespace cyclone::data
