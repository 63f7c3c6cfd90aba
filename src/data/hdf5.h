#pragma once
// One image dataset in an HDF5 file, the only door to the HDF5 library.

#include <cyclone/tensor/tensor.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>

namespace cyclone::data {

/// The one dataset N x H x W [x C] of a file, opened and checked; no pixels are read before read().
class Hdf5Images {
public:
    explicit Hdf5Images(const std::filesystem::path& path);
    ~Hdf5Images();
    Hdf5Images(const Hdf5Images&) = delete;
    Hdf5Images& operator=(const Hdf5Images&) = delete;

    const std::string& where() const;   ///< the file's name, for messages
    std::int64_t count() const;         ///< N
    Shape shape(std::int64_t n) const;  ///< (n, H, W, C)
    DType dtype() const;                ///< u8, u16 or f32

    /// Reads the images at `indices` (ascending) into rows [first, first + indices.size()) of `out`, whose image shape
    /// and dtype are those of the file. f32 pixels must be finite.
    void read(std::span<const std::int64_t> indices, Tensor& out, std::int64_t first) const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace cyclone::data
