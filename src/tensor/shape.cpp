// Checks and arithmetic of shapes.

#include <cyclone/base/error.h>
#include <cyclone/tensor/shape.h>

#include <algorithm>

namespace cyclone {
namespace {

// Those of the other sizes where some are 0, too: what is made of such a shape may leave these out.
void check_elements(const Shape& shape) {
    double product = 1;
    for (const std::int64_t size : shape) product *= static_cast<double>(std::max<std::int64_t>(size, 1));
    check(product <= static_cast<double>(std::int64_t{1} << 62), "Shape", shape, " has more than 2^62 elements");
}

}  // namespace

Shape::Shape(std::span<const std::int64_t> sizes) {
    check(sizes.size() <= kMaxRank, "Shape", "expected at most ", kMaxRank, " dimensions, got ", sizes.size());
    for (const std::int64_t size : sizes) {
        check(size >= 0, "Shape", "expected sizes of at least 0, got ", size);
        sizes_[static_cast<std::size_t>(rank_++)] = size;
    }
    check_elements(*this);
}

void Shape::set(int axis, std::int64_t size) {
    sizes_[static_cast<std::size_t>(normalize_axis(axis))] = size;
    check_elements(*this);
}

std::int64_t Shape::numel() const { return numel_between(0, rank_); }

std::int64_t Shape::numel_between(int begin, int end) const {
    std::int64_t product = 1;
    for (int axis = begin; axis < end; ++axis) product *= sizes_[static_cast<std::size_t>(axis)];
    return product;
}

int Shape::normalize_axis(int axis) const {
    check(axis >= -rank_ && axis < rank_, "Shape", "axis ", axis, " is outside a tensor of ", rank_, " dimensions");
    return axis < 0 ? axis + rank_ : axis;
}

void Shape::push_back(std::int64_t size) {
    check(rank_ < kMaxRank, "Shape", "expected at most ", kMaxRank, " dimensions");
    sizes_[static_cast<std::size_t>(rank_++)] = size;
    check_elements(*this);
}

bool Shape::operator==(const Shape& other) const { return std::equal(begin(), end(), other.begin(), other.end()); }

std::string Shape::str() const {
    std::string text = "(";
    for (int axis = 0; axis < rank_; ++axis) {
        if (axis > 0) text += ", ";
        text += std::to_string(sizes_[static_cast<std::size_t>(axis)]);
    }
    return text + ")";
}

std::ostream& operator<<(std::ostream& out, const Shape& shape) { return out << shape.str(); }

Shape broadcast(const Shape& a, const Shape& b, std::string_view op) {
    const int rank = std::max(a.rank(), b.rank());
    Shape out;
    for (int axis = 0; axis < rank; ++axis) {
        const int in_a = axis - (rank - a.rank()), in_b = axis - (rank - b.rank());
        const std::int64_t size_a = in_a < 0 ? 1 : a[in_a], size_b = in_b < 0 ? 1 : b[in_b];
        check(size_a == size_b || size_a == 1 || size_b == 1, op, "shapes ", a, " and ", b, " do not broadcast: sizes ",
              size_a, " and ", size_b, " differ and neither is 1");
        out.push_back(size_a == 1 ? size_b : size_a);
    }
    return out;
}

}  // namespace cyclone
