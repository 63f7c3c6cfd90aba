#pragma once
// What every function of the C interface does: check what a program gave, catch what is thrown, fill buffers.

#include <cyclone/base/error.h>
#include <cyclone/c.h>
#include <cyclone/tensor/tensor.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace cyclone::c {

/// A buffer of the program is too small.
class BufferError : public UsageError {
public:
    using UsageError::UsageError;
};

/// The training is used by another call.
class BusyError : public UsageError {
public:
    using UsageError::UsageError;
};

/// The status of the exception that is handled; its text becomes cyclone_last_error().
std::int32_t status_of_failure(const char* where) noexcept;

/// Runs body(where), `where` being the name of the function for messages.
template <class F>
std::int32_t call(const char* where, F&& body) noexcept {
    try {
        body(std::string_view(where));
        return CYCLONE_OK;
    } catch (...) {
        return status_of_failure(where);
    }
}

/// UsageError for NULL.
template <class T>
void need(std::string_view where, T* pointer, const char* name) {
    check<UsageError>(pointer != nullptr, where, "expected ", name, ", got NULL");
}

inline constexpr std::size_t kLargestStruct = 1024;  // of any later version

/// A struct that a program gave, as far as this version knows it: members that it does not have yet must be 0.
template <class T>
T read_struct(std::string_view where, const T* given, const char* name) {
    need(where, given, name);
    const std::size_t size = given->struct_size;
    check<UsageError>(size >= sizeof(T) && size <= kLargestStruct, where, "expected the struct_size of ", name, ", ",
                      sizeof(T), ", got ", size, " (hint: struct_size = sizeof(", name, "))");
    const auto* bytes = reinterpret_cast<const unsigned char*>(given);
    check<UsageError>(std::all_of(bytes + sizeof(T), bytes + size, [](unsigned char byte) { return byte == 0; }), where,
                      name, " has ", size, " bytes, with values in members that this library, of ", sizeof(T),
                      " bytes, does not know (hint: a newer libcyclone)");
    return *given;
}

/// Fills a struct of the program's size: members that this version does not have become 0.
template <class T>
void write_struct(std::string_view where, T* given, T value, const char* name) {
    need(where, given, name);
    const std::size_t size = given->struct_size;
    check<UsageError>(size >= sizeof(T) && size <= kLargestStruct, where, "expected the struct_size of ", name, ", ",
                      sizeof(T), ", got ", size, " (hint: struct_size = sizeof(", name, "))");
    value.struct_size = size;
    std::memset(given, 0, size);
    std::memcpy(given, &value, sizeof(T));
}

/// Whether a buffer is to be filled with `count` values; false where only their number is asked for. BufferError when
/// it is too small.
template <class T>
bool wants(std::string_view where, std::size_t count, T* values, std::size_t length, std::size_t* written) {
    check<UsageError>(values != nullptr || length == 0, where, "expected a buffer of ", length, " values, got NULL");
    if (written) *written = count;
    if (values == nullptr && written) return false;
    check<BufferError>(length >= count, where, "expected a buffer of ", count, " values, got one of ", length);
    return values != nullptr;
}

template <class T>
void fill(std::string_view where, std::span<const T> from, T* values, std::size_t length, std::size_t* written) {
    if (wants(where, from.size(), values, length, written)) std::copy(from.begin(), from.end(), values);
}

/// The images (N, H, W, C), without a copy.
Tensor tensor_of(std::string_view where, const cyclone_images* images);

/// The labels of `count` samples.
inline std::span<const std::int64_t> labels_of(std::string_view where, const std::int64_t* labels, std::size_t count) {
    need(where, labels, "labels");
    return {labels, count};
}

}  // namespace cyclone::c
