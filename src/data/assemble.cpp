// From arrays to images and labels.

#include "data/assemble.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace cyclone::data {
namespace {

constexpr std::int64_t kMostChannels = 64;
constexpr std::int64_t kMostClasses = 1'000'000;

DType smallest_type(const Tensor& array, std::string_view where) {
    const auto values = array.values<std::int64_t>();
    const auto [low, high] = std::minmax_element(values.begin(), values.end());
    check(values.empty() || (*low >= 0 && *high <= 65535), where, "expected pixels from 0 to 65535, got ",
          values.empty() ? 0 : *low, " to ", values.empty() ? 0 : *high);
    return values.empty() || *high <= 255 ? DType::u8 : DType::u16;
}

}  // namespace

Tensor as_images(const Tensor& array, std::string_view where) {
    check(array.rank() == 3 || array.rank() == 4, where, "expected images N x H x W or N x H x W x C, got shape ",
          array.shape());
    Shape shape = array.shape();
    if (shape.rank() == 3) shape.push_back(1);
    check(shape.numel() > 0, where, "expected images, got shape ", array.shape());
    check(shape[3] <= kMostChannels, where, "expected at most ", kMostChannels, " channels, got shape ", array.shape(),
          shape[1] <= 4 ? " (hint: channels come last, transpose N x C x H x W to N x H x W x C)" : "");
    Tensor images = array.viewed(shape);
    if (images.dtype() == DType::f64) return images.to(DType::f32);
    return images.dtype() == DType::i64 ? images.to(smallest_type(images, where)) : images;
}

Tensor as_labels(const Tensor& array, std::string_view where) {
    const bool column = array.rank() == 2 && array.size(1) == 1;
    check(array.rank() == 1 || column, where, "expected one label per image, N or N x 1, got shape ", array.shape(),
          array.rank() == 2 ? " (hint: several labels per image are not supported; for one-hot labels store argmax)"
                            : "");
    const Tensor flat = array.viewed({array.size(0)});
    visit_dtype(flat.dtype(), [&](auto zero) {
        const auto values = flat.values<decltype(zero)>();
        for (std::size_t i = 0; i < values.size(); ++i) {
            const auto value = static_cast<double>(values[i]);
            check(value >= 0 && value < static_cast<double>(kMostClasses) && value == std::floor(value), where,
                  "expected labels that are whole numbers from 0 to ", kMostClasses - 1, ", label ", i, " is ", value);
        }
    });
    return flat.to(DType::i64);
}

std::vector<std::string> numbered_classes(const std::vector<const Tensor*>& labels) {
    std::int64_t highest = 0;
    for (const Tensor* part : labels)
        for (const std::int64_t label : part->values<std::int64_t>()) highest = std::max(highest, label);
    std::vector<std::string> names;
    for (std::int64_t i = 0; i <= highest; ++i) names.push_back(std::to_string(i));
    return names;
}

std::string printable(std::string_view text) {
    std::string out(text.substr(0, 60));
    for (char& c : out)
        if (c < ' ' || c > '~') c = '?';
    return out;
}

}  // namespace cyclone::data
