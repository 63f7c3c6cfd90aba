#pragma once
// PixelStore: the pixels of a dataset, in memory or in a mapped file larger than memory.

#include <cyclone/tensor/tensor.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <type_traits>

namespace cyclone::data {

struct PixelState;

/// (N, H, W, C), u8, u16 or f32. A plain value; copies share the pixels. Pixels in a mapped file can only be read, and
/// of them only a bounded part is in memory.
class PixelStore {
public:
    PixelStore() = default;
    /// Pixels in memory, shared with the tensor.
    PixelStore(const Tensor& images);

    bool defined() const { return state_ != nullptr; }           ///< false: default-constructed
    bool mapped() const;                                         ///< whether they are in a file
    const Shape& shape() const;                                  ///< (N, H, W, C)
    int rank() const { return shape().rank(); }                  ///< 4 in a valid dataset
    std::int64_t size(int axis) const { return shape()[axis]; }  ///< shape()[axis]
    std::int64_t numel() const { return shape().numel(); }       ///< number of values
    DType dtype() const;                                         ///< u8, u16 or f32
    std::size_t bytes_per_image() const;                         ///< H * W * C * bytes of a value

    Tensor image(std::int64_t i) const;  ///< (H, W, C), no copy
    /// The images at `indices`, in that order: a copy, but of a mapped file only the choice.
    PixelStore gather(std::span<const std::int64_t> indices) const;
    /// All as one tensor: no copy of pixels in memory, a copy of those in a mapped file.
    Tensor tensor() const;

    /// Calls f(k, pixels of image indices[k]) for k = 0, 1, ...; `pixels` is a const void* to bytes_per_image() bytes.
    /// Reads a mapped file ahead, in bounded memory. Errors: the mapped file has been changed.
    template <class F>
    void visit(std::span<const std::int64_t> indices, F&& f) const {
        walk(static_cast<std::int64_t>(indices.size()), indices.data(), &f, call<std::remove_reference_t<F>>);
    }
    /// The same for all images: f(i, pixels of image i).
    template <class F>
    void visit(F&& f) const {
        walk(size(0), nullptr, &f, call<std::remove_reference_t<F>>);
    }
    /// The pixels of image i; of a mapped file until about 64 MB more of it have been read.
    const void* pixels(std::int64_t i) const;

    /// CRC-64/XZ of the pixels in their order, a different number for different pixels; of a mapped file of the
    /// checksum that it holds together with the choice of images.
    std::uint64_t checksum() const;

    /// For the library, which alone can make a PixelState.
    explicit PixelStore(std::shared_ptr<const PixelState> state) : state_(std::move(state)) {}

private:
    using Call = void (*)(void* f, std::int64_t k, const void* pixels);
    template <class F>
    static void call(void* f, std::int64_t k, const void* pixels) {
        (*static_cast<F*>(f))(k, pixels);
    }
    void walk(std::int64_t count, const std::int64_t* indices, void* f, Call each) const;
    const PixelState& state() const;

    std::shared_ptr<const PixelState> state_;
};

}  // namespace cyclone::data
