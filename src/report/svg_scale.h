#pragma once
// From values to pixels: the range of an axis, its ticks, and its scale.

#include <cyclone/report/svg.h>

#include <limits>
#include <string>
#include <vector>

namespace cyclone::report {

struct Range {
    double low = std::numeric_limits<double>::infinity();
    double high = -std::numeric_limits<double>::infinity();
    bool empty() const { return low > high; }
};

/// Whether a value has a place on the axis: finite, and positive if the axis is logarithmic.
bool drawable(double value, const Axis& axis);

/// Widens `range` to the drawable ones of `values`.
void include(Range& range, const std::vector<double>& values, const Axis& axis);

/// What the axis shows of data in `data`: the limits that it sets, else those of the data, each with a margin of
/// `padding` times their distance; never empty. Error for limits that make no range.
Range shown_range(const Axis& axis, Range data, double padding);

struct Tick {
    double value;
    std::string label;
};

/// Ticks at 1, 2 or 5 times a power of ten, as many as fit into `pixels` without their labels touching; an upright axis
/// needs the height of a label for each, one that lies its width.
std::vector<Tick> ticks(const Axis& axis, Range range, double pixels, bool upright);

/// The pixel of a value; NaN for one that is not drawable.
class PixelScale {
public:
    PixelScale(const Axis& axis, Range range, double low_pixel, double high_pixel);
    double operator()(double value) const;

private:
    const Axis& axis_;
    double begin_, span_, low_pixel_, high_pixel_;
};

}  // namespace cyclone::report
