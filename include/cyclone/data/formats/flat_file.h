#pragma once
// The flat file (.cyc): images with labels in one checked file that is mapped into memory, for data larger than memory.

#include <cyclone/data/dataset.h>
#include <cyclone/tensor/tensor.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace cyclone::data {

/// What the header says. All numbers are stored least significant byte first:
///   byte   0  8 bytes  89 'C' 'Y' 'C' 0D 0A 1A 0A
///          8  u32      version, 1
///         12  u32      pixels: 1 u8, 2 u16, 3 f32
///         16  4 u64    N, H, W, C
///         48  u64      classes
///         56  2 u64    images for training and for validation; they stand in the order training, validation, test
///         72  u64      bit 0: with groups, bit 1: with standardisation
///         80  u64      bytes of the tables
///         88  2 u64    CRC-64/XZ of the pixels and of the tables
///        104  16 zeros
///        120  u64      CRC-64/XZ of bytes 0 to 119
///        128           pixels (N, H, W, C), then zeros up to a multiple of 64
///                      tables: standardisation (C f64 means, C f64 scales), group of each training image (i64),
///                      label of each image (u32), name of each class (u32 length, UTF-8)
struct FlatFileInfo {
    std::uint32_t version = 1;             ///< of the format
    DType dtype = DType::u8;               ///< of the pixels
    Shape shape;                           ///< (N, H, W, C)
    std::int64_t train = 0;                ///< images for training; the three are N together
    std::int64_t validation = 0;           ///< images for validation
    std::int64_t test = 0;                 ///< images for the test
    std::vector<std::string> class_names;  ///< one per class
    bool has_groups = false;               ///< whether training images have groups
    bool has_standardization = false;      ///< whether it stores one
    std::uint64_t pixel_checksum = 0;      ///< CRC-64/XZ of the pixels
    std::uint64_t bytes = 0;               ///< of the whole file
};

/// The header and tables of a flat file, checked as read_flat_file() does.
FlatFileInfo flat_file_info(const std::filesystem::path& file);

/// The images of a flat file, not read but mapped: tensors that can only be read, selections of which (subset(),
/// split(), ...) copy no pixel. Reading through a Loader, a standardisation or a split keeps about 64 MB of the file in
/// memory. Header, labels and tables are checked here; the pixels only by verify_flat_file(). A file that comes in
/// parts without a stored standardisation is standardised from its training set, which reads that once.
/// The file must not be changed while it is in use; replacing it by another of its name is fine. Before each batch the
/// loader looks at size and time of the file and throws when it was; one that is shortened in the very moment after
/// that ends the process (SIGBUS).
/// Errors: not a flat file, another version, a damaged header or table, sizes that do not fit the file, an empty class.
Splits read_flat_file(const std::filesystem::path& file);

/// Reads all of the file once, in bounded memory. Errors: those of read_flat_file(), pixels that do not have the stored
/// checksum, f32 pixels that are NaN or infinite.
void verify_flat_file(const std::filesystem::path& file);

/// The set that images of a flat file belong to.
enum class FlatPart { train, validation, test };

/// Writes a flat file piece by piece; it appears whole with commit() or not at all (io::AtomicFile). Memory: 1 MB, and
/// 4 bytes per image.
class FlatFileWriter {
public:
    /// Errors: a file that cannot be made.
    explicit FlatFileWriter(const std::filesystem::path& file);
    ~FlatFileWriter();
    FlatFileWriter(const FlatFileWriter&) = delete;
    FlatFileWriter& operator=(const FlatFileWriter&) = delete;

    /// Appends images; parts come in the order train, validation, test. Errors: an invalid dataset, another image
    /// shape, type or other classes than before, a part that comes too late, a full disk.
    void add(FlatPart part, const Dataset& images);
    /// Errors: no image for training or of a class, groups that do not match the training images.
    void commit(const std::vector<std::int64_t>& groups = {},
                const std::optional<Standardization>& standardization = std::nullopt);

private:
    struct State;
    std::unique_ptr<State> state_;
};

/// FlatFileWriter with all of `splits`.
void write_flat_file(const std::filesystem::path& file, const Splits& splits);

}  // namespace cyclone::data
