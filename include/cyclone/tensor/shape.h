#pragma once
// Shapes: up to eight dimensions, stored inline so that handling a shape never allocates.

#include <cyclone/base/language.h>

#include <array>
#include <cstdint>
#include <initializer_list>
#include <ostream>
#include <span>
#include <string>

namespace cyclone {

/// The sizes of a dense row-major tensor, outermost first. A rank-0 shape is a scalar (one element).
class Shape {
public:
    static constexpr int kMaxRank = 8;  ///< most dimensions

    Shape() = default;
    /// Throws on more than kMaxRank dimensions, a negative size, or an element count beyond 2^62.
    Shape(std::initializer_list<std::int64_t> sizes)
        : Shape(std::span<const std::int64_t>(sizes.begin(), sizes.size())) {}
    explicit Shape(std::span<const std::int64_t> sizes);  ///< the same

    int rank() const { return rank_; }  ///< number of dimensions
    /// Size along `axis`; negative axes count from the end.
    std::int64_t operator[](int axis) const { return sizes_[static_cast<std::size_t>(normalize_axis(axis))]; }
    void set(int axis, std::int64_t size);  ///< changes the size along `axis`
    /// Product of all sizes; 1 for a scalar.
    std::int64_t numel() const;
    /// Product of sizes[begin, end).
    std::int64_t numel_between(int begin, int end) const;
    /// axis in [-rank, rank) -> [0, rank); throws outside.
    int normalize_axis(int axis) const;
    void push_back(std::int64_t size);  ///< adds an innermost dimension

    const std::int64_t* begin() const { return sizes_.data(); }        ///< the first size
    const std::int64_t* end() const { return sizes_.data() + rank_; }  ///< past the last size
    bool operator==(const Shape& other) const;                         ///< same rank and sizes

    /// "(32, 16, 16, 1)"
    std::string str() const;

private:
    std::array<std::int64_t, kMaxRank> sizes_{};
    int rank_ = 0;
};

/// Prints str().
std::ostream& operator<<(std::ostream& out, const Shape& shape);

/// The shape to which both broadcast, as in NumPy; an Error that names `op` when they do not fit.
Shape broadcast(const Shape& a, const Shape& b, std::string_view op);

}  // namespace cyclone
