// Storage, views and conversions of tensors. What a Tensor consists of is known to this file alone.

#include <cyclone/tensor/allocator.h>
#include <cyclone/tensor/tensor.h>

#include <algorithm>
#include <cstring>
#include <ostream>

namespace cyclone {

namespace {

// visit_dtype() with bf16.
template <class F>
decltype(auto) visit_any(DType dtype, F&& f) {
    if (dtype == DType::bf16) return f(Bfloat16());
    return visit_dtype(dtype, std::forward<F>(f));
}

// C++ has no conversion between Bfloat16 and integers or double but by float.
template <class To, class From>
To converted(From value) {
    if constexpr (std::is_same_v<To, Bfloat16>)
        return Bfloat16(static_cast<float>(value));
    else if constexpr (std::is_same_v<From, Bfloat16>)
        return static_cast<To>(static_cast<float>(value));
    else
        return static_cast<To>(value);
}

}  // namespace

std::size_t size_of(DType dtype) {
    return visit_any(dtype, [](auto zero) { return sizeof zero; });
}

std::string_view name_of(DType dtype) {
    switch (dtype) {
        case DType::f32:
            return "f32";
        case DType::f64:
            return "f64";
        case DType::i64:
            return "i64";
        case DType::u8:
            return "u8";
        case DType::u16:
            return "u16";
        case DType::bf16:
            return "bf16";
    }
    return "?";
}

std::ostream& operator<<(std::ostream& out, DType dtype) { return out << name_of(dtype); }

/// Elements, shared by views.
struct Tensor::Storage {
    void* data = nullptr;
    std::uint32_t version = 0;
    std::shared_ptr<const void> owner;  // set <=> the memory is foreign and must not be written

    explicit Storage(std::size_t bytes) : data(allocate_block(bytes)) {}
    Storage(const void* memory, std::shared_ptr<const void> memory_owner)
        : data(const_cast<void*>(memory)), owner(std::move(memory_owner)) {}
    ~Storage() {
        if (!owner) release_block(data);
    }
    Storage(const Storage&) = delete;
    Storage& operator=(const Storage&) = delete;
};

struct Tensor::Impl {
    Shape shape;
    DType dtype = DType::f32;
    bool requires_grad = false;
    std::int64_t offset = 0;  // in bytes
    std::shared_ptr<Storage> storage;
    std::shared_ptr<autograd::Node> producer;  // set <=> computed from something that requires a gradient
    Tensor grad;

    Impl(const Shape& shape_, DType dtype_, std::shared_ptr<Storage> storage_, std::int64_t offset_ = 0)
        : shape(shape_), dtype(dtype_), offset(offset_), storage(std::move(storage_)) {}

    template <class... Args>
    static Tensor make(Args&&... args) {
        return Tensor(std::allocate_shared<Impl>(CachingAllocator<Impl>{}, std::forward<Args>(args)...));
    }
    template <class... Args>
    static std::shared_ptr<Storage> make_storage(Args&&... args) {
        return std::allocate_shared<Storage>(CachingAllocator<Storage>{}, std::forward<Args>(args)...);
    }
};

Tensor::Tensor(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

Tensor::Impl& Tensor::impl() const {
    check(impl_ != nullptr, "Tensor", "the tensor is undefined (default-constructed or moved from)");
    return *impl_;
}

const Shape& Tensor::shape() const { return impl().shape; }
DType Tensor::dtype() const { return impl().dtype; }

Tensor Tensor::empty(const Shape& shape, DType dtype) {
    constexpr std::int64_t kMost = std::int64_t{1} << 56;  // the number of bytes fits into 64 bits
    check(shape.numel() <= kMost, "Tensor", "cannot allocate a tensor of shape ", shape);
    return Impl::make(shape, dtype, Impl::make_storage(static_cast<std::size_t>(shape.numel()) * size_of(dtype)));
}

Tensor Tensor::read_only(const void* data, const Shape& shape, DType dtype, std::shared_ptr<const void> owner) {
    check(data != nullptr && owner != nullptr, "Tensor::read_only", "expected memory and its owner");
    check(reinterpret_cast<std::uintptr_t>(data) % size_of(dtype) == 0, "Tensor::read_only",
          "expected memory aligned for ", name_of(dtype));
    return Impl::make(shape, dtype, Impl::make_storage(data, std::move(owner)));
}

Tensor Tensor::zeros(const Shape& shape, DType dtype) {
    Tensor out = empty(shape, dtype);
    std::memset(out.mutable_bytes(), 0, static_cast<std::size_t>(shape.numel()) * size_of(dtype));
    return out;
}

Tensor Tensor::ones(const Shape& shape, DType dtype) { return full(shape, 1, dtype); }

Tensor Tensor::full(const Shape& shape, double value, DType dtype) {
    Tensor out = empty(shape, dtype);
    out.fill(value);
    return out;
}

Tensor Tensor::scalar(double value, DType dtype) { return full({}, value, dtype); }

Tensor Tensor::copied(const void* values, std::size_t count, const Shape& shape, DType dtype) {
    check(static_cast<std::int64_t>(count) == shape.numel(), "Tensor::from", "shape ", shape, " has ", shape.numel(),
          " elements, got ", count, " values");
    Tensor out = empty(shape, dtype);
    if (count > 0) std::memcpy(out.mutable_bytes(), values, count * size_of(dtype));
    return out;
}

Tensor Tensor::from_int(std::span<const int> values, const Shape& shape) {
    const std::vector<std::int64_t, CachingAllocator<std::int64_t>> wide(values.begin(), values.end());
    return copied(wide.data(), wide.size(), shape, DType::i64);
}

const void* Tensor::raw(DType wanted) const {
    const Impl& self = impl();
    check(self.dtype == wanted, "Tensor", "elements asked for as ", name_of(wanted), " but the tensor holds ",
          name_of(self.dtype), " (hint: to(DType))");
    return static_cast<const std::byte*>(self.storage->data) + self.offset;
}

void* Tensor::mutable_bytes() {
    bump_version();
    return const_cast<void*>(raw(dtype()));
}

double Tensor::item() const {
    check(numel() == 1, "Tensor::item", "expected one element, the shape is ", shape());
    return visit_any(dtype(), [&](auto zero) { return converted<double>(*data<decltype(zero)>()); });
}

void Tensor::fill(double value) {
    visit_any(dtype(), [&](auto zero) {
        using T = decltype(zero);
        std::fill_n(mutable_data<T>(), numel(), converted<T>(value));
    });
}

void Tensor::copy_from(const Tensor& other) {
    check(shape() == other.shape() && dtype() == other.dtype(), "Tensor::copy_from", "expected ", name_of(dtype()),
          " of shape ", shape(), ", got ", name_of(other.dtype()), " of shape ", other.shape());
    std::memmove(mutable_bytes(), other.bytes(), static_cast<std::size_t>(numel()) * size_of(dtype()));
}

Tensor Tensor::clone() const {
    Tensor out = empty(shape(), dtype());
    out.copy_from(*this);
    return out;
}

Tensor Tensor::to(DType wanted) const {
    if (wanted == dtype()) return detach();
    Tensor out = empty(shape(), wanted);
    visit_any(dtype(), [&](auto from) {
        visit_any(wanted, [&](auto into) {
            const auto source = values<decltype(from)>();
            std::transform(source.begin(), source.end(), out.mutable_data<decltype(into)>(),
                           [](auto v) { return converted<decltype(into)>(v); });
        });
    });
    return out;
}

Tensor Tensor::alias(const Shape& shape, std::int64_t offset_bytes) const {
    const Impl& self = impl();
    return Impl::make(shape, self.dtype, self.storage, self.offset + offset_bytes);
}

Tensor Tensor::viewed(const Shape& shape) const {
    check(shape.numel() == numel(), "Tensor::viewed", "shape ", this->shape(), " cannot be seen as ", shape, ": ",
          numel(), " elements against ", shape.numel());
    return alias(shape, 0);
}

Tensor Tensor::rows(std::int64_t begin, std::int64_t count) const {
    check(rank() >= 1 && begin >= 0 && count >= 0 && begin + count <= size(0), "Tensor::rows", "rows [", begin, ", ",
          begin + count, ") are outside shape ", shape());
    Shape part = shape();
    part.set(0, count);
    const std::int64_t row_bytes = shape().numel_between(1, rank()) * static_cast<std::int64_t>(size_of(dtype()));
    return alias(part, begin * row_bytes);
}

Tensor Tensor::detach() const { return alias(shape(), 0); }

Tensor& Tensor::set_requires_grad(bool on) {
    check(!on || dtype() == DType::f32 || dtype() == DType::f64, "Tensor::set_requires_grad",
          "expected a tensor of f32 or f64, got ", name_of(dtype()));
    check(is_leaf(), "Tensor::set_requires_grad",
          "only a leaf can be changed, this tensor was computed (hint: detach() first)");
    impl().requires_grad = on;
    return *this;
}

void Tensor::set_grad(Tensor grad) {
    check(grad.shape() == shape() && grad.dtype() == dtype(), "Tensor::set_grad", "expected ", name_of(dtype()),
          " of shape ", shape(), ", got ", name_of(grad.dtype()), " of shape ", grad.shape());
    impl().grad = std::move(grad);
}

void Tensor::clear_grad() { impl().grad = Tensor(); }
Tensor Tensor::grad() const { return impl().grad; }
bool Tensor::requires_grad() const { return impl_ && (impl_->requires_grad || impl_->producer); }
bool Tensor::is_leaf() const { return !impl().producer; }

std::uint32_t Tensor::version() const { return impl().storage->version; }

void Tensor::bump_version() {
    Storage& storage = *impl().storage;
    check(!storage.owner, "Tensor",
          "cannot be written to: its elements lie in a file or other memory that is only read (hint: clone())");
    ++storage.version;
}

bool Tensor::is_read_only() const { return impl().storage->owner != nullptr; }
bool Tensor::shares_storage_with(const Tensor& other) const { return impl().storage == other.impl().storage; }
bool Tensor::is_sole_owner() const { return impl().storage.use_count() == 1 && impl_.use_count() == 1; }
std::weak_ptr<const void> Tensor::lifetime() const { return impl().storage; }

const std::shared_ptr<autograd::Node>& Tensor::producer() const { return impl().producer; }
void Tensor::set_producer(std::shared_ptr<autograd::Node> node) { impl().producer = std::move(node); }

std::ostream& operator<<(std::ostream& out, const Tensor& tensor) {
    if (!tensor.defined()) return out << "Tensor(undefined)";
    out << "Tensor" << tensor.shape() << ' ' << name_of(tensor.dtype());
    if (tensor.numel() > 1000) return out << " [...]";
    visit_any(tensor.dtype(), [&](auto zero) {
        out << " [";
        const char* separator = "";
        for (const auto v : tensor.values<decltype(zero)>()) {
            out << separator << shown(+v);
            separator = ", ";
        }
        out << ']';
    });
    return out;
}

}  // namespace cyclone
