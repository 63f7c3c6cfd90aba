// Augmentation of one image, and the texts that name augmentations.

#include <cyclone/data/augment.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <locale>
#include <numbers>
#include <sstream>
#include <type_traits>
#include <utility>
#include <variant>

#include "data/draws.h"

namespace cyclone::data {
namespace {

constexpr std::uint64_t kAugmentStream = std::uint64_t{0x5AFF'1E03} << 32;  // plus the epoch
constexpr std::uint64_t kAlternateStream = std::uint64_t{0x5AFF'1E06} << 32;
constexpr int kDrawBits = 32;  // of an index: draws of one image

// What a pixel beyond the edge is.
enum class Border { edge, mirror, zero };

// The pixel of a line of `size` that stands for pixel i of it, -1 for none; -size < i < 2 size - 1.
std::int64_t inside(std::int64_t i, std::int64_t size, Border border) {
    if (border == Border::edge) return std::clamp<std::int64_t>(i, 0, size - 1);
    if (border == Border::zero) return i >= 0 && i < size ? i : -1;
    return i < 0 ? -i : i < size ? i : 2 * (size - 1) - i;
}

// Every change has places of its own among the draws of an image, so that none depends on the others.
enum Place : std::uint64_t {
    kFlipHorizontal,
    kFlipVertical,
    kRotate,
    kShift,
    kContrast,
    kBrightness,
    kCutout,
    kPadCrop,
    kSaturation,
    kHue,
    kNoise = 16
};

class ImageAugmenter {
public:
    ImageAugmenter(std::span<float> image, std::span<float> scratch, const Shape& shape, const Augmentation& options,
                   const AugmentationKey& key, const Standardization* standardization)
        : image_(image),
          scratch_(scratch),
          rows_(shape[0]),
          columns_(shape[1]),
          channels_(shape[2]),
          options_(options),
          key_(key),
          standardization_(standardization),
          random_(key.seed, kAugmentStream + static_cast<std::uint64_t>(key.epoch)),
          first_(static_cast<std::uint64_t>(key.place) << kDrawBits) {}

    void run() {
        move();
        if (options_.contrast > 0 || options_.brightness > 0) change_levels();
        if (options_.saturation > 0 || options_.hue > 0) change_colours();
        if (options_.noise > 0) add_noise();
        if (options_.cutout > 0) cut_out();
    }

private:
    Draws draws(Place place) const { return Draws(random_, first_ + place); }
    bool heads(Place place) const { return draws(place).chance(0.5); }

    bool flips_columns() const {
        if (!options_.flip_alternating) return options_.flip_horizontal && heads(kFlipHorizontal);
        const Random draws(key_.seed, kAlternateStream);
        return (draws.below(static_cast<std::uint64_t>(key_.sample), 2) + static_cast<std::uint64_t>(key_.epoch)) % 2 ==
               1;
    }

    // Flips, rotation and shift in one pass: where the pixel at (row, column) of the result comes from.
    void move() {
        const bool flip_columns = flips_columns();
        const bool flip_rows = options_.flip_vertical && heads(kFlipVertical);
        const std::int64_t quarters = options_.rotate ? draws(kRotate).integer(0, 3) : 0;
        const Border border = options_.pad_crop > 0        ? Border::mirror
                              : options_.pad_crop_zero > 0 ? Border::zero
                                                           : Border::edge;
        std::int64_t down = 0, right = 0;
        if (const std::int64_t most = options_.shift + options_.pad_crop + options_.pad_crop_zero; most > 0) {
            const std::int64_t side = 2 * most + 1;
            const std::int64_t both = draws(border == Border::edge ? kShift : kPadCrop).integer(0, side * side - 1);
            down = both / side - most;
            right = both % side - most;
        }
        if (!flip_columns && !flip_rows && quarters == 0 && down == 0 && right == 0) return;
        std::copy(image_.begin(), image_.end(), scratch_.begin());
        // Steps in the source for a step down and to the right in the result, and the pixel its corner comes from.
        std::int64_t step_down = columns_, step_right = 1, corner = 0;
        if (flip_rows) corner += (rows_ - 1) * columns_, step_down = -step_down;
        if (flip_columns) corner += columns_ - 1, step_right = -step_right;
        for (std::int64_t q = 0; q < quarters; ++q) {  // to the left; the image is square
            corner += (columns_ - 1) * step_right;
            step_down = std::exchange(step_right, step_down);
            step_down = -step_down;
        }
        float* out = image_.data();
        for (std::int64_t r = 0; r < rows_; ++r) {
            const std::int64_t from_row = inside(r - down, rows_, border);
            for (std::int64_t c = 0; c < columns_; ++c, out += channels_) {
                const std::int64_t from_column = inside(c - right, columns_, border);
                if (from_row < 0 || from_column < 0) {
                    std::fill_n(out, channels_, 0.0F);
                    continue;
                }
                const std::int64_t from = corner + from_row * step_down + from_column * step_right;
                std::copy_n(scratch_.data() + from * channels_, channels_, out);
            }
        }
    }

    // mean + factor (x - mean) + offset
    void change_levels() {
        const double factor = 1 + options_.contrast * draws(kContrast).uniform(-1, 1);
        const double offset = options_.brightness * draws(kBrightness).uniform(-1, 1);
        double mean = 0;
        for (const float x : image_) mean += static_cast<double>(x);
        mean /= static_cast<double>(image_.size());
        const auto scale = static_cast<float>(factor), add = static_cast<float>(mean * (1 - factor) + offset);
        for (float& x : image_) x = scale * x + add;
    }

    // U and V, the scaled colour differences B - Y and R - Y of ITU-R BT.601, are turned and stretched; Y stays.
    void change_colours() {
        constexpr double kRed = 0.299, kBlue = 0.114, kGreen = 1 - kRed - kBlue;
        constexpr double kConstant = 2e-7;  // of Standardization::fit for a channel that is the same everywhere
        constexpr double kU = 0.436 / (1 - kBlue), kV = 0.615 / (1 - kRed);
        const double factor = 1 + options_.saturation * draws(kSaturation).uniform(-1, 1);
        const double angle = options_.hue * draws(kHue).uniform(-1, 1) * std::numbers::pi / 180;
        const double cosine = factor * std::cos(angle), sine = factor * std::sin(angle);
        std::array<double, 3> mean{}, scale{1, 1, 1};
        if (standardization_) {
            std::copy_n(standardization_->mean.begin(), 3, mean.begin());
            std::copy_n(standardization_->scale.begin(), 3, scale.begin());
        }
        for (std::size_t i = 0; i < image_.size(); i += 3) {
            std::array<double, 3> rgb{};
            for (std::size_t c = 0; c < 3; ++c) rgb[c] = mean[c] + scale[c] * static_cast<double>(image_[i + c]);
            const double luma = kRed * rgb[0] + kGreen * rgb[1] + kBlue * rgb[2];
            const double u = kU * (rgb[2] - luma), v = kV * (rgb[0] - luma);
            const double blue = (cosine * u - sine * v) / kU, red = (cosine * v + sine * u) / kV;
            rgb = {luma + red, luma - (kRed * red + kBlue * blue) / kGreen, luma + blue};
            for (std::size_t c = 0; c < 3; ++c)
                if (scale[c] > kConstant) image_[i + c] = static_cast<float>((rgb[c] - mean[c]) / scale[c]);
        }
    }

    void add_noise() {
        draws(kNoise).fill_noise(scratch_.data(), image_.size());
        const auto deviation = static_cast<float>(options_.noise);
        for (std::size_t i = 0; i < image_.size(); ++i) image_[i] += deviation * scratch_[i];
    }

    void cut_out() {
        const std::int64_t centre = draws(kCutout).integer(0, rows_ * columns_ - 1);
        const std::int64_t top = centre / columns_ - options_.cutout / 2;
        const std::int64_t left = centre % columns_ - options_.cutout / 2;
        const std::int64_t begin = std::max<std::int64_t>(left, 0), end = std::min(left + options_.cutout, columns_);
        for (std::int64_t r = std::max<std::int64_t>(top, 0); r < std::min(top + options_.cutout, rows_); ++r)
            std::fill_n(image_.data() + (r * columns_ + begin) * channels_, (end - begin) * channels_, 0.0F);
    }

    std::span<float> image_, scratch_;
    std::int64_t rows_, columns_, channels_;
    const Augmentation& options_;
    const AugmentationKey& key_;
    const Standardization* standardization_;
    Random random_;
    std::uint64_t first_;
};

// What a text can set, in the order in which describe() names it.
struct Setting {
    const char* name;
    const char* arguments;
    const char* description;
    std::variant<bool Augmentation::*, std::int64_t Augmentation::*, double Augmentation::*> member;
};

const Setting kSettings[] = {
    {"flip-horizontal", "", "left and right swapped in half of the images", &Augmentation::flip_horizontal},
    {"flip-alternating", "", "left and right swapped in every other epoch, for half of the images the even ones",
     &Augmentation::flip_alternating},
    {"flip-vertical", "", "top and bottom swapped in half of the images", &Augmentation::flip_vertical},
    {"rotate", "", "by 0, 90, 180 or 270 degrees (square images)", &Augmentation::rotate},
    {"shift", ":PIXELS", "by up to PIXELS pixels along either axis, the edge repeated", &Augmentation::shift},
    {"pad-crop", ":PIXELS", "shift whose border mirrors the image", &Augmentation::pad_crop},
    {"pad-crop-zero", ":PIXELS", "shift whose border is the mean of the training images", &Augmentation::pad_crop_zero},
    {"contrast", ":C", "times a factor between 1 - C and 1 + C about the image's mean", &Augmentation::contrast},
    {"brightness", ":B", "plus a number between -B and B standard deviations", &Augmentation::brightness},
    {"saturation", ":S", "distance from grey times a factor between 1 - S and 1 + S (RGB)", &Augmentation::saturation},
    {"hue", ":DEGREES", "colours turned by up to DEGREES degrees (RGB)", &Augmentation::hue},
    {"noise", ":SD", "plus noise of SD standard deviations, pixel by pixel", &Augmentation::noise},
    {"cutout", ":SIDE", "a square of SIDE pixels set to the mean", &Augmentation::cutout},
    {"mixup", ":ALPHA", "mixed with another image of the batch, weight from Beta(ALPHA, ALPHA)", &Augmentation::mixup},
    {"cutmix", ":ALPHA", "a rectangle of another image of the batch; fraction that stays from Beta(ALPHA, ALPHA)",
     &Augmentation::cutmix},
};

using AugmentationRegistry = Registry<Augmentation(Arguments&, const Augmentation&)>;

AugmentationRegistry::Row row_of(const Setting& setting) {
    return {setting.name, setting.arguments, setting.description,
            [&setting](Arguments& arguments, const Augmentation& so_far) {
                Augmentation out = so_far;
                const char* name = setting.arguments + (*setting.arguments == ':' ? 1 : 0);
                if (const auto* on = std::get_if<bool Augmentation::*>(&setting.member)) out.*(*on) = true;
                if (const auto* count = std::get_if<std::int64_t Augmentation::*>(&setting.member))
                    out.*(*count) = arguments.count(name);
                if (const auto* number = std::get_if<double Augmentation::*>(&setting.member))
                    out.*(*number) = arguments.number(name);
                return out;
            }};
}

void check_range(std::string_view where, const char* name, double value, double low, double high) {
    check<UsageError>(value >= low && value <= high, where, "expected ", name, " from ", low, " to ", high, ", got ",
                      value);
}

}  // namespace

bool Augmentation::any() const { return *this != Augmentation{}; }

void Augmentation::validate(std::string_view where, const Shape& image_shape) const {
    constexpr double kLargest = 1e6;
    const auto smaller_side = static_cast<double>(std::min(image_shape[0], image_shape[1]));
    check<UsageError>(!rotate || image_shape[0] == image_shape[1], where,
                      "expected square images to rotate by 90 degrees, got ", image_shape[0], " x ", image_shape[1]);
    check<UsageError>(!flip_alternating || !flip_horizontal, where,
                      "expected flip-horizontal or flip-alternating, got both");
    check<UsageError>((shift != 0) + (pad_crop != 0) + (pad_crop_zero != 0) <= 1, where,
                      "expected one of shift, pad-crop and pad-crop-zero, which differ by the border, got several");
    for (const std::int64_t pixels : {shift, pad_crop, pad_crop_zero})
        check_range(where, "a shift in pixels", static_cast<double>(pixels), 0, smaller_side - 1);
    check<UsageError>((saturation == 0 && hue == 0) || image_shape[2] == 3, where,
                      "saturation and hue: expected images of 3 channels, red, green and blue, got ", image_shape[2]);
    check_range(where, "a saturation", saturation, 0, 1);
    check_range(where, "a hue in degrees", hue, 0, 180);
    check_range(where, "a contrast", contrast, 0, 1);
    check_range(where, "a brightness", brightness, 0, kLargest);
    check_range(where, "a noise", noise, 0, kLargest);
    check_range(where, "a cutout side", static_cast<double>(cutout), 0, smaller_side);
    check_range(where, "a mixup alpha", mixup, 0, kLargest);
    check_range(where, "a cutmix alpha", cutmix, 0, kLargest);
    check<UsageError>(mixup == 0 || cutmix == 0, where, "expected mixup or cutmix, got both");
}

std::string Augmentation::describe() const {
    std::ostringstream out;
    out.imbue(std::locale::classic());  // it tells trainings apart
    const auto name = [&](const char* what) -> std::ostream& { return out << (out.tellp() > 0 ? ", " : "") << what; };
    const bool flip = flip_horizontal && flip_vertical;
    if (flip) name("flip");
    for (const Setting& setting : kSettings)
        std::visit(
            [&](auto member) {
                const auto value = this->*member;
                if constexpr (std::is_same_v<decltype(value), const bool>) {
                    const bool in_flip = flip && (setting.name == std::string_view("flip-horizontal") ||
                                                  setting.name == std::string_view("flip-vertical"));
                    if (value && !in_flip) name(setting.name);
                } else if (value > 0) {
                    name(setting.name) << ' ' << value;
                }
            },
            setting.member);
    return out.tellp() > 0 ? out.str() : "none";
}

void augment_image(std::span<float> image, std::span<float> scratch, const Shape& image_shape,
                   const Augmentation& augmentation, const AugmentationKey& key,
                   const Standardization* standardization) {
    const auto size = static_cast<std::size_t>(image_shape.numel());
    check(image_shape.rank() == 3 && image.size() == size && scratch.size() == size, "augment_image",
          "expected an image and a scratch of shape ", image_shape, ", got ", image.size(), " and ", scratch.size(),
          " values");
    ImageAugmenter(image, scratch, image_shape, augmentation, key, standardization).run();
}

AugmentationRegistry& augmentations() {
    static AugmentationRegistry registry = [] {
        AugmentationRegistry out("augmentation",
                                 {{"none", "", "nothing", [](Arguments&, const Augmentation& a) { return a; }},
                                  {"flip", "", "both flips", [](Arguments&, const Augmentation& so_far) {
                                       Augmentation a = so_far;
                                       a.flip_horizontal = a.flip_vertical = true;
                                       return a;
                                   }}});
        for (const Setting& setting : kSettings) out.add(row_of(setting));
        return out;
    }();
    return registry;
}

Augmentation parse_augmentation(std::string_view text) {
    Augmentation result;
    for (const std::string& item : split_at_commas("augmentation", text)) result = augmentations().parse(item, result);
    return result;
}

}  // namespace cyclone::data
