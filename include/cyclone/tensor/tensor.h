#pragma once
// Tensor: a cheap value handle on a dense row-major array. Element (i, j, k) of shape (A, B, C) always stands at
// (i * B + j) * C + k; images are NHWC.

#include <cyclone/base/error.h>
#include <cyclone/base/half.h>
#include <cyclone/tensor/shape.h>

#include <cstdint>
#include <initializer_list>
#include <iosfwd>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace cyclone {

namespace autograd {
struct Node;
struct Access;
}  // namespace autograd

/// Element types: f32 to compute, f64 to check gradients, i64 for labels, u8 and u16 for images, bf16 to keep what lies
/// between the layers in half of the memory (ops/precision.h).
enum class DType : std::uint8_t { f32, f64, i64, u8, u16, bf16 };

std::size_t size_of(DType dtype);       ///< bytes per element
std::string_view name_of(DType dtype);  ///< "f32"
std::ostream& operator<<(std::ostream& out, DType dtype);

/// The dtype of elements of type T.
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
    else if constexpr (std::is_same_v<T, std::uint16_t>)
        return DType::u16;
    else {
        static_assert(std::is_same_v<T, Bfloat16>,
                      "a tensor holds float, double, int64_t, uint8_t, uint16_t or Bfloat16");
        return DType::bf16;
    }
}

/// A handle: copies share elements. `x = y` makes x another handle; writing elements goes through mutable_data(),
/// fill() and copy_from(). Reading one tensor from several threads is safe, writing is not.
class Tensor {
public:
    /// An undefined tensor: defined() is false, everything else throws.
    Tensor() = default;

    static Tensor empty(const Shape& shape, DType dtype = DType::f32);               ///< elements undefined
    static Tensor zeros(const Shape& shape, DType dtype = DType::f32);               ///< all 0
    static Tensor ones(const Shape& shape, DType dtype = DType::f32);                ///< all 1
    static Tensor full(const Shape& shape, double value, DType dtype = DType::f32);  ///< all `value`
    static Tensor scalar(double value, DType dtype = DType::f32);                    ///< rank 0
    /// A copy of `values` (row-major); their count must equal shape.numel(). int becomes i64, as in NumPy.
    template <class T>
    static Tensor from(std::span<const T> values, const Shape& shape) {
        if constexpr (std::is_same_v<T, int>)
            return from_int(values, shape);
        else
            return copied(values.data(), values.size(), shape, dtype_of<T>());
    }
    /// The same.
    template <class T>
    static Tensor from(const std::vector<T>& values, const Shape& shape) {
        return from(std::span<const T>(values), shape);
    }
    /// The same.
    template <class T>
    static Tensor from(std::initializer_list<T> values, const Shape& shape) {
        return from(std::span<const T>(values.begin(), values.size()), shape);
    }

    /// A tensor on elements in foreign memory, which `owner` keeps alive (a mapped file). The elements can only be
    /// read: write access is an Error; clone() gives a writable copy. `data` must be aligned for the dtype.
    static Tensor read_only(const void* data, const Shape& shape, DType dtype, std::shared_ptr<const void> owner);

    /// @cond
    Tensor(const Tensor&) = default;
    Tensor(Tensor&&) = default;
    Tensor& operator=(const Tensor&) & = default;
    Tensor& operator=(Tensor&&) & = default;
    Tensor& operator=(const Tensor&) && = delete;  // `f(x) = y` would change nothing
    ~Tensor() = default;
    /// @endcond

    bool defined() const { return impl_ != nullptr; }            ///< whether this is a tensor at all
    const Shape& shape() const;                                  ///< an Error if undefined, as in all that follows
    int rank() const { return shape().rank(); }                  ///< number of dimensions
    std::int64_t size(int axis) const { return shape()[axis]; }  ///< along `axis`; negative: from the end
    std::int64_t numel() const { return shape().numel(); }       ///< number of elements
    DType dtype() const;                                         ///< type of the elements

    /// Elements for reading; T must match dtype().
    template <class T>
    const T* data() const {
        return static_cast<const T*>(raw(dtype_of<T>()));
    }
    /// Elements for writing. Counts as a modification: a backward that saved this tensor will refuse to run. Ask for
    /// the pointer again after an op has read the tensor: ops may keep converted copies of what was not modified.
    template <class T>
    T* mutable_data() {
        bump_version();
        return static_cast<T*>(const_cast<void*>(raw(dtype_of<T>())));
    }
    /// data() with the number of elements.
    template <class T>
    std::span<const T> values() const& {
        return {data<T>(), static_cast<std::size_t>(numel())};
    }
    /// Of a temporary tensor a copy, which outlives it: `for (float g : x.grad().values<float>())`.
    template <class T>
    std::vector<T> values() && {
        return to_vector<T>();
    }
    /// A copy of the elements.
    template <class T>
    std::vector<T> to_vector() const {
        const auto all = values<T>();
        return {all.begin(), all.end()};
    }
    const void* bytes() const { return raw(dtype()); }  ///< data() of any dtype
    void* mutable_bytes();                              ///< mutable_data() of any dtype

    /// The value of a one-element tensor of any dtype.
    double item() const;

    void fill(double value);  ///< sets every element
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

    // --- the ops that are reached for most, recorded as the functions of these names are (ops/reduce.h, shape.h) ---
    /// Element i of the first axis, which the result lacks: `x[i][j].item()`. Negative ones count from the end.
    Tensor operator[](std::int64_t i) const;
    Tensor sum() const;                                          ///< of all elements, rank 0
    Tensor sum(int axis, bool keep_dims = false) const;          ///< along an axis, which stays with size 1 or goes
    Tensor mean() const;                                         ///< of all elements, rank 0
    Tensor mean(int axis, bool keep_dims = false) const;         ///< along an axis, as sum()
    Tensor max(int axis, bool keep_dims = false) const;          ///< largest element of each line along `axis`
    Tensor min(int axis, bool keep_dims = false) const;          ///< smallest element of each line along `axis`
    Tensor argmax(int axis = -1, bool keep_dims = false) const;  ///< where (i64) the largest is
    Tensor reshape(std::initializer_list<std::int64_t> sizes) const;  ///< one size may be -1
    Tensor transpose(int a = -2, int b = -1) const;                   ///< two axes exchanged

    // --- autograd ---
    /// Makes this tensor a leaf whose gradient backward() accumulates (f32 or f64 only).
    Tensor& set_requires_grad(bool on = true);
    /// Whether this is a leaf that wants a gradient, or was computed from one; false if undefined.
    bool requires_grad() const;
    /// Whether no recorded op computed this tensor.
    bool is_leaf() const;
    /// The accumulated gradient; undefined before the first backward().
    Tensor grad() const;
    /// `grad` must have this tensor's shape and dtype.
    void set_grad(Tensor grad);
    void clear_grad();  ///< makes grad() undefined

    // --- storage ---
    /// Number of modifications of the elements; tensors that share them share it.
    std::uint32_t version() const;
    /// Counts a modification; an Error if the tensor is read-only.
    void bump_version();
    /// Whether this was made by read_only(), or is a view of such a tensor.
    bool is_read_only() const;
    bool shares_storage_with(const Tensor& other) const;  ///< whether one is a view of the other's elements
    /// Whether both are handles of one tensor.
    bool is_same(const Tensor& other) const { return impl_ == other.impl_; }
    /// Whether no other tensor or handle shares the elements, so that they may be overwritten.
    bool is_sole_owner() const;
    /// Expires with the elements: lets a cache notice that what it was made from is gone.
    std::weak_ptr<const void> lifetime() const;

private:
    friend struct autograd::Access;
    struct Storage;
    struct Impl;

    explicit Tensor(std::shared_ptr<Impl> impl);
    Impl& impl() const;
    const std::shared_ptr<autograd::Node>& producer() const;
    void set_producer(std::shared_ptr<autograd::Node> node);
    const void* raw(DType wanted) const;
    Tensor alias(const Shape& shape, std::int64_t offset_bytes) const;
    static Tensor copied(const void* values, std::size_t count, const Shape& shape, DType dtype);
    static Tensor from_int(std::span<const int> values, const Shape& shape);

    std::shared_ptr<Impl> impl_;
};

/// Prints shape, dtype and, up to a thousand elements, the values.
std::ostream& operator<<(std::ostream& out, const Tensor& tensor);

/// Calls f with a value of the element type (for dtype dispatch): `visit_dtype(t.dtype(), [&](auto zero) { using T =
/// decltype(zero); ... })`. An Error for bf16, which nothing computes with: to() another dtype first.
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
        case DType::bf16:
            fail("visit_dtype", "expected elements to compute with, got bf16, which is for storage (hint: to(DType))");
    }
    fail("visit_dtype", "unknown dtype ", static_cast<int>(dtype));
}

/// visit_dtype for f32 and f64; other dtypes throw an Error that names `op`.
template <class F>
decltype(auto) visit_floating(DType dtype, std::string_view op, F&& f) {
    if (dtype == DType::f64) return f(double{});
    check(dtype == DType::f32, op, "expected a tensor of f32 or f64, got ", name_of(dtype),
          dtype == DType::bf16 ? " (hint: this operation has no form for bf16: cast() the tensor to f32)" : "");
    return f(float{});
}

}  // namespace cyclone
