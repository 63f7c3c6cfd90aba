#pragma once
// Weights on disk in the safetensors format (github.com/huggingface/safetensors), which other frameworks read too.

#include <cyclone/nn/state_dict.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cyclone::io {

/// Keys with their texts, in order.
using Metadata = std::vector<std::pair<std::string, std::string>>;

/// A tensor of a file that is not in WeightsFile::tensors as it is stored.
struct StoredTensor {
    std::string name;  ///< in the file
    std::string type;  ///< as stored: "F16 (3, 4)"
};

/// What a file holds.
struct WeightsFile {
    StateDict tensors;                         ///< in the order of the data
    Metadata metadata;                         ///< in the order of the header
    std::vector<StoredTensor> converted = {};  ///< F16 and BF16, which are read as f32
    std::vector<StoredTensor> left_out = {};   ///< of types that no Tensor holds, such as BOOL or I32
};

/// Writes the tensors in the given order, with the metadata; the file appears only when it is complete (AtomicFile).
/// f32, f64, i64, u8 and u16 are stored as F32, F64, I64, U8 and U16, whatever their values (NaN included).
/// Error on the name "__metadata__", text that is not UTF-8, an undefined tensor.
void save_weights(const std::filesystem::path& path, const StateDict& tensors, const Metadata& metadata = {});
/// The same for what load_weights() returned.
inline void save_weights(const std::filesystem::path& path, const WeightsFile& file) {
    save_weights(path, file.tensors, file.metadata);
}

/// Reads a whole file. Where the format's description and its first implementation differ, the stricter rule holds:
/// the header begins with '{', no key occurs twice, a tensor has exactly dtype, shape and data_offsets. The data has no
/// holes, overlaps or bytes left over. Nothing is allocated before the sizes are known to fit the file.
/// F16 and BF16 become f32; a tensor of another type is left out and named. Error naming the file, the tensor and the
/// rule; also on a shape (more than 8 axes) no Tensor can hold.
WeightsFile load_weights(const std::filesystem::path& path);
/// load_weights() of bytes in memory; `name` is for the messages.
WeightsFile parse_weights(std::string_view bytes, const std::string& name);

/// What save_weights() writes before the data of the tensors: the length of the header and the header. `name` is for
/// the messages.
std::string weights_prologue(const StateDict& tensors, const Metadata& metadata, const std::string& name);

}  // namespace cyclone::io
