// Axis ranges, ticks, and the pixels that values fall on.

#include "report/svg_scale.h"

#include <cyclone/base/error.h>
#include <cyclone/base/number_text.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "report/svg_text.h"

namespace cyclone::report {
namespace {

constexpr double kLargest = 1e250;    // sums of such values are finite, and so are margins around them
constexpr double kNarrowest = 1e-12;  // width of a range relative to its limits: below it, ticks run out of digits
constexpr std::array<int, 3> kSteps = {1, 2, 5};

bool logarithmic(const Axis& axis) { return axis.scale == Scale::logarithmic; }

bool near_one(const Axis& axis) { return axis.scale == Scale::near_one; }

double transformed(double value, const Axis& axis) {
    return logarithmic(axis) ? std::log10(value) : near_one(axis) ? -std::log10(1 - value) : value;
}

bool wide_enough(Range range) {
    return range.high - range.low > kNarrowest * std::max(std::abs(range.low), std::abs(range.high));
}

Range widened(Range range, const Axis& axis) {
    if (wide_enough(range)) return range;
    if (logarithmic(axis)) return {range.low / 2, range.high * 2};
    if (near_one(axis)) return {1 - 2 * (1 - range.low), 1 - (1 - range.high) / 2};
    const double margin = range.high == 0 ? 1 : 0.1 * std::abs(range.high);
    return {range.low - margin, range.high + margin};
}

std::vector<Tick> category_ticks(const Axis& axis) {
    std::vector<Tick> list;
    for (const std::string& name : axis.categories) list.push_back({static_cast<double>(list.size()), name});
    return list;
}

bool fit(const std::vector<Tick>& list, const Axis& axis, Range range, double pixels, bool upright) {
    const PixelScale place(axis, range, 0, pixels);
    for (std::size_t i = 1; i < list.size(); ++i) {
        const double distance = place(list[i].value) - place(list[i - 1].value);
        const double width =
            (text_width(list[i - 1].label, kFontSize) + text_width(list[i].label, kFontSize)) / 2 + 1.6 * kFontSize;
        if (distance < (upright ? 2 * kFontSize : std::max(width, 4 * kFontSize))) return false;
    }
    return true;
}

std::vector<Tick> linear_ticks(Range range, int step, int exponent) {
    std::vector<Tick> list;
    const double size = step * std::pow(10.0, exponent);
    const double first = std::ceil(range.low / size - 1e-6), last = std::floor(range.high / size + 1e-6);
    // One notation for all labels, that of the largest.
    const bool plain =
        plain_decimal(static_cast<long long>(std::max(std::abs(first), std::abs(last))) * step, exponent);
    for (double k = first; k <= last; ++k)
        list.push_back({k * size, decimal(static_cast<long long>(k) * step, exponent, plain)});
    return list;
}

// The finest steps whose labels fit.
std::vector<Tick> best_linear_ticks(const Axis& axis, Range range, double pixels, bool upright) {
    const double span = range.high - range.low;
    for (int exponent = static_cast<int>(std::floor(std::log10(span))) - 2;; ++exponent)
        for (const int step : kSteps) {
            if (span / (step * std::pow(10.0, exponent)) > pixels / kFontSize) continue;
            auto list = linear_ticks(range, step, exponent);
            if (list.size() < 2 || fit(list, axis, range, pixels, upright)) return list;
        }
}

// Within the range: every `stride`-th power of ten times 1, or times 1, 2 and 5.
std::vector<Tick> power_ticks(Range range, int stride, bool between) {
    std::vector<Tick> list;
    const int first = static_cast<int>(std::floor(std::log10(range.low))) - 1;
    const int last = static_cast<int>(std::ceil(std::log10(range.high)));
    for (int exponent = first; exponent <= last; ++exponent)
        for (const int step : kSteps) {
            if ((step != 1 && !between) || exponent % stride != 0) continue;
            const double value = step * std::pow(10.0, exponent);
            if (value >= range.low * (1 - 1e-6) && value <= range.high * (1 + 1e-6))
                list.push_back({value, decimal(step, exponent, plain_decimal(step, exponent))});
        }
    return list;
}

std::vector<Tick> logarithmic_ticks(const Axis& axis, Range range, double pixels, bool upright) {
    std::vector<std::vector<Tick>> choices = {power_ticks(range, 1, true)};
    for (const int stride : {1, 2, 5, 10, 20, 50, 100}) choices.push_back(power_ticks(range, stride, false));
    if (range.high < 10 * range.low)
        choices.insert(choices.begin() + 1, best_linear_ticks(axis, range, pixels, upright));
    for (const std::size_t enough : {3, 2})
        for (const auto& list : choices)
            if (list.size() >= enough && fit(list, axis, range, pixels, upright)) return list;
    return best_linear_ticks(axis, range, pixels, upright);
}

// 1 - 5, 2 and 1 times a power of ten; fewer where they do not fit, and others where hardly one lies in the range.
std::vector<Tick> near_one_ticks(const Axis& axis, Range range, double pixels, bool upright) {
    std::vector<Tick> list;
    for (const bool between : {true, false}) {
        list.clear();
        for (int exponent = 1; exponent <= 9; ++exponent)
            for (const int step : {5, 2, 1}) {
                const double value = 1 - step * std::pow(10.0, -exponent);
                if ((step != 1 && !between && exponent > 1) || value < range.low - 1e-12 || value > range.high)
                    continue;
                list.push_back({value, number_text::number(value, exponent)});
            }
        if (fit(list, axis, range, pixels, upright)) break;
    }
    return list.size() < 2 ? best_linear_ticks(axis, range, pixels, upright) : list;
}

}  // namespace

bool drawable(double value, const Axis& axis) {
    return std::abs(value) <= kLargest && (!logarithmic(axis) || value >= 1 / kLargest) &&
           (!near_one(axis) || value < 1);
}

void include(Range& range, const std::vector<double>& values, const Axis& axis) {
    for (const double value : values) {
        if (!drawable(value, axis)) continue;
        range.low = std::min(range.low, value);
        range.high = std::max(range.high, value);
    }
}

Range shown_range(const Axis& axis, Range data, double padding) {
    if (!axis.categories.empty()) return {-0.5, static_cast<double>(axis.categories.size()) - 0.5};
    const std::string name = "axis '" + axis.label + "'";
    for (const auto& limit : {axis.low, axis.high})
        check(!limit || drawable(*limit, axis), name, limit.value_or(0),
              logarithmic(axis) ? " is no limit of a logarithmic axis" : " is no limit of an axis");
    if (data.empty()) data = logarithmic(axis) ? Range{0.1, 1} : near_one(axis) ? Range{0.5, 0.99} : Range{0, 1};
    Range range{axis.low.value_or(data.low), axis.high.value_or(data.high)};
    if (axis.low && axis.high)
        check(wide_enough(range), name, "expected low < high, got ", range.low, " and ", range.high);
    if (axis.at_most && !axis.high && *axis.at_most > range.low) range.high = std::min(range.high, *axis.at_most);
    // The data may lie beyond the only limit that is set.
    if (range.low > range.high) (axis.low ? range.high : range.low) = axis.low ? range.low : range.high;
    const bool negative = range.low < 0;
    range = widened(range, axis);
    const double margin = padding * (transformed(range.high, axis) - transformed(range.low, axis));
    if (logarithmic(axis)) {
        const double factor = std::pow(10.0, margin);
        range = {range.low / factor, range.high * factor};
    } else if (near_one(axis)) {
        const double factor = std::pow(10.0, margin);
        range = {1 - (1 - range.low) * factor, 1 - (1 - range.high) / factor};
    } else {
        range = {range.low - margin, range.high + margin};
        if (!negative) range.low = std::max(range.low, 0.0);
    }
    return {axis.low.value_or(range.low), axis.high.value_or(range.high)};
}

std::vector<Tick> ticks(const Axis& axis, Range range, double pixels, bool upright) {
    if (!axis.categories.empty()) return category_ticks(axis);
    if (logarithmic(axis)) return logarithmic_ticks(axis, range, pixels, upright);
    if (near_one(axis)) return near_one_ticks(axis, range, pixels, upright);
    return best_linear_ticks(axis, range, pixels, upright);
}

PixelScale::PixelScale(const Axis& axis, Range range, double low_pixel, double high_pixel)
    : axis_(axis),
      begin_(transformed(range.low, axis)),
      span_(transformed(range.high, axis) - begin_),
      low_pixel_(low_pixel),
      high_pixel_(high_pixel) {}

double PixelScale::operator()(double value) const {
    if (!drawable(value, axis_)) return std::nan("");
    // Far outside is outside enough: what is left can be computed with.
    const double part = std::clamp((transformed(value, axis_) - begin_) / span_, -1e4, 1e4);
    return low_pixel_ + (high_pixel_ - low_pixel_) * part;
}

}  // namespace cyclone::report
