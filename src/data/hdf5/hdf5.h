#pragma once
// One image dataset in an HDF5 file, the only user of the HDF5 library.

#include <cyclone/tensor/tensor.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace cyclone::data {

/// What a dataset is read as: N x H x W [x C] pixels, or numbers (u8, u16, f32, other integers as i64) or text of any
/// shape.
enum class Hdf5Role { images, values };

/// A dataset in a file, or a link that is not followed.
struct Hdf5Entry {
    std::string name;  ///< with the groups that it is in: "train/images"
    bool text = false;
    std::vector<std::uint64_t> sizes = {};
    std::string refusal = {};  ///< of a link
};

/// One dataset of a file, opened and checked; no elements are read before read_block().
class Hdf5Images {
public:
    /// `name` may go through groups ("train/images"); empty: the one dataset there is.
    explicit Hdf5Images(const std::filesystem::path& path, const std::string& name = "",
                        Hdf5Role role = Hdf5Role::images);
    ~Hdf5Images();
    Hdf5Images(const Hdf5Images&) = delete;
    Hdf5Images& operator=(const Hdf5Images&) = delete;

    const std::string& where() const;   ///< the file's name, for messages
    std::int64_t count() const;         ///< N
    Shape shape(std::int64_t n) const;  ///< (n, H, W, C), for values (n, ...) as in the file
    DType dtype() const;                ///< u8, u16 or f32, for values also i64
    bool is_text() const;               ///< then read_texts() takes the place of read_block()
    std::vector<std::string> read_texts() const;

    /// The elements of images [first, first + count), unchecked and in no tensor.
    void read_block(std::int64_t first, std::int64_t count, void* into) const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

/// An Error that says so when this build cannot read HDF5. Called before hdf5_lock().
void require_hdf5(std::string_view where);

/// Held while a thread uses the library. fork() is called with it held, so that the child sees the library in a
/// consistent state.
std::unique_lock<std::mutex> hdf5_lock();

/// The datasets of a file, eight levels of groups deep.
std::vector<Hdf5Entry> hdf5_entries(const std::filesystem::path& path);

}  // namespace cyclone::data
