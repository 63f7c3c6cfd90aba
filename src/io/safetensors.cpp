// The safetensors format.

#include <cyclone/io/safetensors.h>

#include <cyclone/base/error.h>
#include <cyclone/base/half.h>
#include <cyclone/io/atomic_file.h>
#include <cyclone/io/input_file.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>

#include "io/safetensors_header.h"

namespace cyclone::io {
namespace {

struct DTypeName {
    DType dtype;
    std::string_view name;
};
constexpr std::uint64_t kLargestSize = std::numeric_limits<std::int64_t>::max();
constexpr std::array<DTypeName, 5> kDTypes{
    {{DType::f32, "F32"}, {DType::f64, "F64"}, {DType::i64, "I64"}, {DType::u8, "U8"}, {DType::u16, "U16"}}};

std::string_view stored_name(DType dtype) {
    const auto* found =
        std::find_if(kDTypes.begin(), kDTypes.end(), [&](const DTypeName& d) { return d.dtype == dtype; });
    check(found != kDTypes.end(), "safetensors", "expected tensors of another dtype than ", name_of(dtype),
          ", which is for storage between layers (hint: to(DType::f32))");
    return found->name;
}

std::optional<DType> dtype_named(std::string_view name) {
    const auto* found =
        std::find_if(kDTypes.begin(), kDTypes.end(), [&](const DTypeName& d) { return d.name == name; });
    return found == kDTypes.end() ? std::nullopt : std::optional(found->dtype);
}

bool is_half(const HeaderEntry& entry) { return entry.dtype == "F16" || entry.dtype == "BF16"; }

StoredTensor as_stored(const HeaderEntry& entry) {
    std::string shape;
    for (const std::uint64_t size : entry.shape) shape += (shape.empty() ? "" : ", ") + std::to_string(size);
    return {entry.name, entry.dtype + " (" + shape + ")"};
}

// None for a type that no Tensor holds.
std::optional<Tensor> empty_for(const HeaderEntry& entry, const std::string& file) {
    const auto dtype = is_half(entry) ? DType::f32 : dtype_named(entry.dtype);
    const bool sizes_fit =
        std::all_of(entry.shape.begin(), entry.shape.end(), [](auto s) { return s <= kLargestSize; });
    if (!dtype) return std::nullopt;
    check(sizes_fit && entry.shape.size() <= static_cast<std::size_t>(Shape::kMaxRank), file, "tensor ",
          printable(entry.name), ": the shape cannot be held; expected at most ", Shape::kMaxRank,
          " sizes below 2^63, got ", entry.shape.size());
    const std::vector<std::int64_t> sizes(entry.shape.begin(), entry.shape.end());
    try {
        return Tensor::empty(Shape(sizes), *dtype);
    } catch (const Error& error) {
        fail(file, "tensor ", printable(entry.name), ": ", error.what());
    }
}

// Parts of the data, so that a large tensor is not held twice.
template <class Input, class Part>
void read_in_parts(Input& input, std::uint64_t bytes, Part part) {
    std::array<std::byte, 1 << 14> buffer;
    for (std::uint64_t left = bytes; left > 0;) {
        const std::uint64_t count = std::min<std::uint64_t>(left, buffer.size());
        input.read(buffer.data(), count);
        part(std::span(buffer.data(), static_cast<std::size_t>(count)));
        left -= count;
    }
}

template <class Input>
void read_halves(Input& input, const HeaderEntry& entry, Tensor& into) {
    float* out = into.mutable_data<float>();
    const auto convert = entry.dtype == "F16" ? half_to_float : bfloat16_to_float;
    read_in_parts(input, entry.end - entry.begin, [&](std::span<const std::byte> bytes) {
        for (std::size_t i = 0; i < bytes.size(); i += 2) {
            std::uint16_t bits = 0;
            std::memcpy(&bits, bytes.data() + i, sizeof bits);
            *out++ = convert(bits);
        }
    });
}

// Bytes in memory with the interface of InputFile.
class InputBytes {
public:
    explicit InputBytes(std::string_view bytes) : bytes_(bytes), size_(bytes.size()) {}
    std::uint64_t size() const { return size_; }
    void read(void* into, std::uint64_t count) {
        if (count > 0) std::memcpy(into, bytes_.data(), static_cast<std::size_t>(count));
        bytes_.remove_prefix(static_cast<std::size_t>(count));
    }

private:
    std::string_view bytes_;
    std::uint64_t size_;
};

std::string header_text(const StateDict& tensors, const Metadata& metadata, const std::string& file) {
    auto header = nlohmann::ordered_json::object();
    // ordered_json searches keys linearly; appending to its vector keeps large files fast.
    auto& members = header.get_ref<nlohmann::ordered_json::object_t&>();
    if (!metadata.empty()) {
        auto entries = nlohmann::ordered_json::object();
        for (const auto& [key, value] : metadata) {
            check(!entries.contains(key), file, "metadata: the key ", printable(key), " is given twice");
            entries[key] = value;
        }
        members.emplace_back("__metadata__", std::move(entries));
    }
    std::uint64_t begin = 0;
    for (const auto& [name, tensor] : tensors) {
        check(name != "__metadata__", file, "a tensor cannot be named '__metadata__'");
        check(tensor.defined(), file, "tensor ", printable(name), " is undefined");
        const std::uint64_t end = begin + static_cast<std::uint64_t>(tensor.numel()) * size_of(tensor.dtype());
        auto entry = nlohmann::ordered_json::object();
        entry["dtype"] = stored_name(tensor.dtype());
        entry["shape"] = std::vector<std::int64_t>(tensor.shape().begin(), tensor.shape().end());
        entry["data_offsets"] = {begin, end};
        members.emplace_back(name, std::move(entry));
        begin = end;
    }
    std::string text;
    try {
        text = header.dump();
    } catch (const nlohmann::json::exception&) {
        fail(file, "a tensor name or metadata text is not valid UTF-8");
    }
    text.resize((text.size() + 7) / 8 * 8, ' ');
    check(text.size() <= kMaxHeaderBytes, file, "names and metadata need more than ", kMaxHeaderBytes, " bytes");
    return text;
}

template <class Input>
WeightsFile read_weights(Input&& input, const std::string& file) {
    check(input.size() >= 8, file, "has ", input.size(), " bytes: too short for a safetensors file");
    std::array<unsigned char, 8> length{};
    input.read(length.data(), length.size());
    std::uint64_t header_bytes = 0;
    for (std::size_t i = 0; i < length.size(); ++i) header_bytes |= std::uint64_t{length[i]} << (8 * i);
    check(header_bytes <= kMaxHeaderBytes, file, "claims a header of ", header_bytes, " bytes, at most ",
          kMaxHeaderBytes, " are allowed (hint: is it a safetensors file?)");
    check(header_bytes <= input.size() - 8, file, "claims a header of ", header_bytes, " bytes, the file has only ",
          input.size(), " (hint: truncated?)");
    std::string text(static_cast<std::size_t>(header_bytes), '\0');
    input.read(text.data(), text.size());
    Header header = parse_header(text, input.size() - 8 - header_bytes, file);

    WeightsFile result;
    result.metadata = std::move(header.metadata);
    for (const HeaderEntry& entry : header.entries) {
        std::optional<Tensor> tensor = empty_for(entry, file);
        if (!tensor) {
            result.left_out.push_back(as_stored(entry));
            read_in_parts(input, entry.end - entry.begin, [](auto) {});
            continue;
        }
        if (is_half(entry)) {
            result.converted.push_back(as_stored(entry));
            read_halves(input, entry, *tensor);
        } else {
            input.read(tensor->mutable_bytes(), entry.end - entry.begin);
        }
        result.tensors.add(entry.name, std::move(*tensor));
    }
    return result;
}

}  // namespace

void save_weights(const std::filesystem::path& path, const StateDict& tensors, const Metadata& metadata) {
    const std::string prologue = weights_prologue(tensors, metadata, path.string());
    AtomicFile file(path);
    file.write(prologue);
    for (const auto& [name, tensor] : tensors)
        file.write(tensor.bytes(), static_cast<std::size_t>(tensor.numel()) * size_of(tensor.dtype()));
    file.commit();
}

std::string weights_prologue(const StateDict& tensors, const Metadata& metadata, const std::string& file) {
    const std::string header = header_text(tensors, metadata, file);
    std::string prologue;
    for (int i = 0; i < 8; ++i) prologue += static_cast<char>(static_cast<std::uint64_t>(header.size()) >> (8 * i));
    return prologue + header;
}

WeightsFile parse_weights(std::string_view bytes, const std::string& file) {
    return read_weights(InputBytes(bytes), file);
}

WeightsFile load_weights(const std::filesystem::path& path) { return read_weights(InputFile(path), path.string()); }

}  // namespace cyclone::io
