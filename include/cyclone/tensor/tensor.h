#pragma once
// Tensor: a cheap value handle on a dense row-major array. Element (i, j, k) of shape (A, B, C) stands at
// (i * B + j) * C + k, always; images are NHWC.

#include <cyclone/base/error.h>
#include <cyclone/tensor/shape.h>

#include <cstdint>
#include <iosfwd>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace cyclone {

namespace autograd {
struct Node;
}

enum class DType : std::uint8_t { f32, f64, i64, u8, u16 };

std::size_t size_of(DType dtype);
std::string_view name_of(DType dtype);
std::ostream& operator<<(std::ostream& out, DType dtype);

template <class T>
constexpr DType dtype_of() {
    if constexpr (std::is_same_v<T, float>)
        return DType::f32;
    else if constexpr (std::is_same_v<T, double>)
        return DType::f64;
    else if constexpr (std::is_same_v<T, std::int64_t>)
        return DType::i64;
    else if constexpr (std::is_same_v<T, std::uint8_t>)
        return DType::u8;
    else {
        static_assert(std::is_same_v<T, std::uint16_t>, "a tensor holds float, double, int64_t, uint8_t or uint16_t");
        return DType::u16;
    }
}

/// A handle: copies share elements. `x = y` makes x another handle; writing elements goes through mutable_data(),
/// fill() and copy_from(). Reading one tensor from several threads is safe, writing is not.
class Tensor {
public:
    /// An undefined tensor: defined() is false, everything else throws.
    Tensor() = default;

    static Tensor empty(const Shape& shape, DType dtype = DType::f32);  ///< elements undefined
    static Tensor zeros(const Shape& shape, DType dtype = DType::f32);
    static Tensor ones(const Shape& shape, DType dtype = DType::f32);
    static Tensor full(const Shape& shape, double value, DType dtype = DType::f32);
    static Tensor scalar(double value, DType dtype = DType::f32);
    /// A copy of `values` (row-major); their count must equal shape.numel().
    template <class T>
    static Tensor from(std::span<const T> values, const Shape& shape);
    template <class T>
    static Tensor from(const std::vector<T>& values, const Shape& shape) {
        return from(std::span<const T>(values), shape);
    }
    template <class T>
    static Tensor from(std::initializer_list<T> values, const Shape& shape) {
        return from(std::span<const T>(values.begin(), values.size()), shape);
    }

    /// Elements that lie in memory of someone else, which `owner` keeps alive (a mapped file). They can only be read:
    /// writing access is an Error; clone() gives a copy to write to. `data` must suit the dtype's alignment.
    static Tensor read_only(const void* data, const Shape& shape, DType dtype, std::shared_ptr<const void> owner);

    Tensor(const Tensor&) = default;
    Tensor(Tensor&&) = default;
    Tensor& operator=(const Tensor&) & = default;
    Tensor& operator=(Tensor&&) & = default;
    Tensor& operator=(const Tensor&) && = delete;  // `f(x) = y` would change nothing
    ~Tensor() = default;

    bool defined() const { return impl_ != nullptr; }
    const Shape& shape() const { return impl().shape; }
    int rank() const { return shape().rank(); }
    std::int64_t size(int axis) const { return shape()[axis]; }
    std::int64_t numel() const { return shape().numel(); }
    DType dtype() const { return impl().dtype; }

    /// Elements for reading; T must match dtype().
    template <class T>
    const T* data() const {
        return static_cast<const T*>(raw(dtype_of<T>()));
    }
    /// Elements for writing. Counts as a modification: a backward that saved this tensor will refuse to run. Ask anew
    /// for the pointer after an op has read the tensor: ops may keep copies, in another format, of what was not
    /// modified.
    template <class T>
    T* mutable_data() {
        bump_version();
        return static_cast<T*>(const_cast<void*>(raw(dtype_of<T>())));
    }
    template <class T>
    std::span<const T> values() const {
        return {data<T>(), static_cast<std::size_t>(numel())};
    }
    template <class T>
    std::vector<T> to_vector() const {
        const auto all = values<T>();
        return {all.begin(), all.end()};
    }
    const void* bytes() const { return raw(dtype()); }
    void* mutable_bytes();

    /// The value of a one-element tensor of any dtype.
    double item() const;

    void fill(double value);
    /// Copies the elements of a tensor of the same shape and dtype.
    void copy_from(const Tensor& other);
    /// A copy with its own storage, not recorded.
    Tensor clone() const;
    /// Elements converted to another dtype (a copy unless it is the same), not recorded.
    Tensor to(DType dtype) const;
    /// Same storage, other shape of as many elements, not recorded (ops: reshape()).
    Tensor viewed(const Shape& shape) const;
    /// Same storage, rows [begin, begin + count) of axis 0, not recorded.
    Tensor rows(std::int64_t begin, std::int64_t count) const;
    /// Same storage without its autograd record.
    Tensor detach() const;

    // --- autograd ---
    /// Makes this tensor a leaf whose gradient backward() accumulates (f32 or f64 only).
    Tensor& set_requires_grad(bool on = true);
    /// A leaf that wants a gradient, or something computed from one.
    bool requires_grad() const { return impl_ && (impl_->requires_grad || impl_->producer); }
    bool is_leaf() const { return !impl().producer; }
    /// The accumulated gradient; undefined before the first backward().
    Tensor grad() const { return Tensor(impl().grad); }
    void set_grad(Tensor grad);
    void clear_grad();

    /// Modifications of the storage so far; views share it.
    std::uint32_t version() const { return impl().storage->version; }
    void bump_version() {
        Storage& storage = *impl().storage;
        if (storage.owner) refuse_writing();
        ++storage.version;
    }
    /// Made by read_only(), or a view of such a tensor.
    bool is_read_only() const { return impl().storage->owner != nullptr; }
    bool shares_storage_with(const Tensor& other) const { return impl().storage == other.impl().storage; }
    bool is_same(const Tensor& other) const { return impl_ == other.impl_; }

    // For the engine; see autograd/record.h.
    struct Storage {
        void* data = nullptr;
        std::uint32_t version = 0;
        std::uint32_t masked_version = 0;  // see autograd::mark_masked()
        const void* masked_by = nullptr;
        std::shared_ptr<const void> owner;  // set <=> the memory is someone else's and must not be written
        explicit Storage(std::size_t bytes);
        Storage(const void* memory, std::shared_ptr<const void> memory_owner);
        ~Storage();
        Storage(const Storage&) = delete;
        Storage& operator=(const Storage&) = delete;
    };
    struct Impl {
        Shape shape;
        DType dtype = DType::f32;
        bool requires_grad = false;
        std::int64_t offset = 0;  // in bytes
        std::shared_ptr<Storage> storage;
        std::shared_ptr<autograd::Node> producer;  // set <=> computed from something that requires a gradient
        std::shared_ptr<Impl> grad;
    };
    const std::shared_ptr<Impl>& handle() const { return impl_; }
    explicit Tensor(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

private:
    Impl& impl() const {
        check(impl_ != nullptr, "Tensor", "the tensor is undefined (default-constructed or moved from)");
        return *impl_;
    }
    const void* raw(DType wanted) const;
    [[noreturn]] static void refuse_writing();
    Tensor alias(const Shape& shape, std::int64_t offset_bytes) const;

    std::shared_ptr<Impl> impl_;
};

/// Prints shape, dtype and, up to a thousand elements, the values.
std::ostream& operator<<(std::ostream& out, const Tensor& tensor);

/// Calls f with a value of the element type (for dtype dispatch): `visit_dtype(t.dtype(), [&](auto zero) { using T =
/// decltype(zero); ... })`.
template <class F>
decltype(auto) visit_dtype(DType dtype, F&& f) {
    switch (dtype) {
        case DType::f32:
            return f(float{});
        case DType::f64:
            return f(double{});
        case DType::i64:
            return f(std::int64_t{});
        case DType::u8:
            return f(std::uint8_t{});
        case DType::u16:
            return f(std::uint16_t{});
    }
    fail("visit_dtype", "unknown dtype ", static_cast<int>(dtype));
}

/// visit_dtype for f32 and f64; other dtypes throw an Error that names `op`.
template <class F>
decltype(auto) visit_floating(DType dtype, std::string_view op, F&& f) {
    if (dtype == DType::f64) return f(double{});
    check(dtype == DType::f32, op, "expected a tensor of f32 or f64, got ", name_of(dtype));
    return f(float{});
}

}  // namespace cyclone
