// Augmentation of one image, and the texts that name augmentations.

#include <cyclone/data/augment.h>

#include <algorithm>
#include <cmath>
#include <sstream>
#include <type_traits>
#include <utility>
#include <variant>

#include "data/draws.h"

namespace cyclone::data {
namespace {

constexpr std::uint64_t kAugmentStream = std::uint64_t{0x5AFF'1E03} << 32;  // plus the epoch
constexpr int kDrawBits = 32;                                               // of an index: draws of one image

// Every change has places of its own among the draws of an image, so that none depends on the others.
enum Place : std::uint64_t {
    kFlipHorizontal,
    kFlipVertical,
    kRotate,
    kShift,
    kContrast,
    kBrightness,
    kCutout,
    kNoise = 16
};

class ImageAugmenter {
public:
    ImageAugmenter(std::span<float> image, std::span<float> scratch, const Shape& shape, const Augmentation& options,
                   const AugmentationKey& key)
        : image_(image),
          scratch_(scratch),
          rows_(shape[0]),
          columns_(shape[1]),
          channels_(shape[2]),
          options_(options),
          random_(key.seed, kAugmentStream + static_cast<std::uint64_t>(key.epoch)),
          first_(static_cast<std::uint64_t>(key.place) << kDrawBits) {}

    void run() {
        move();
        if (options_.contrast > 0 || options_.brightness > 0) change_levels();
        if (options_.noise > 0) add_noise();
        if (options_.cutout > 0) cut_out();
    }

private:
    Draws draws(Place place) const { return Draws(random_, first_ + place); }
    bool heads(Place place) const { return draws(place).chance(0.5); }

    // Flips, rotation and shift in one pass: where the pixel at (row, column) of the result comes from.
    void move() {
        const bool flip_columns = options_.flip_horizontal && heads(kFlipHorizontal);
        const bool flip_rows = options_.flip_vertical && heads(kFlipVertical);
        const std::int64_t quarters = options_.rotate ? draws(kRotate).integer(0, 3) : 0;
        std::int64_t down = 0, right = 0;
        if (options_.shift > 0) {
            const std::int64_t side = 2 * options_.shift + 1, both = draws(kShift).integer(0, side * side - 1);
            down = both / side - options_.shift;
            right = both % side - options_.shift;
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
            const std::int64_t row = corner + std::clamp<std::int64_t>(r - down, 0, rows_ - 1) * step_down;
            for (std::int64_t c = 0; c < columns_; ++c) {
                const std::int64_t from = row + std::clamp<std::int64_t>(c - right, 0, columns_ - 1) * step_right;
                for (std::int64_t k = 0; k < channels_; ++k)
                    *out++ = scratch_[static_cast<std::size_t>(from * channels_ + k)];
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
    {"flip-vertical", "", "top and bottom swapped in half of the images", &Augmentation::flip_vertical},
    {"rotate", "", "by 0, 90, 180 or 270 degrees (square images)", &Augmentation::rotate},
    {"shift", ":PIXELS", "by up to PIXELS pixels along either axis", &Augmentation::shift},
    {"contrast", ":C", "times a factor between 1 - C and 1 + C about the image's mean", &Augmentation::contrast},
    {"brightness", ":B", "plus a number between -B and B standard deviations", &Augmentation::brightness},
    {"noise", ":SD", "plus noise of SD standard deviations, pixel by pixel", &Augmentation::noise},
    {"cutout", ":SIDE", "a square of SIDE pixels set to the mean", &Augmentation::cutout},
    {"mixup", ":ALPHA", "mixed with another image of the batch, weight from Beta(ALPHA, ALPHA)", &Augmentation::mixup},
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
    check_range(where, "a shift in pixels", static_cast<double>(shift), 0, smaller_side - 1);
    check_range(where, "a contrast", contrast, 0, 1);
    check_range(where, "a brightness", brightness, 0, kLargest);
    check_range(where, "a noise", noise, 0, kLargest);
    check_range(where, "a cutout side", static_cast<double>(cutout), 0, smaller_side);
    check_range(where, "a mixup alpha", mixup, 0, kLargest);
}

std::string Augmentation::describe() const {
    std::ostringstream out;
    const auto name = [&](const char* what) -> std::ostream& { return out << (out.tellp() > 0 ? ", " : "") << what; };
    const bool flip = flip_horizontal && flip_vertical;
    if (flip) name("flip");
    for (const Setting& setting : kSettings)
        std::visit(
            [&](auto member) {
                const auto value = this->*member;
                if constexpr (std::is_same_v<decltype(value), const bool>) {
                    const bool in_flip = flip && setting.name != std::string_view("rotate");
                    if (value && !in_flip) name(setting.name);
                } else if (value > 0) {
                    name(setting.name) << ' ' << value;
                }
            },
            setting.member);
    return out.tellp() > 0 ? out.str() : "none";
}

void augment_image(std::span<float> image, std::span<float> scratch, const Shape& image_shape,
                   const Augmentation& augmentation, const AugmentationKey& key) {
    const auto size = static_cast<std::size_t>(image_shape.numel());
    check(image_shape.rank() == 3 && image.size() == size && scratch.size() == size, "augment_image",
          "expected an image and a scratch of shape ", image_shape, ", got ", image.size(), " and ", scratch.size(),
          " values");
    ImageAugmenter(image, scratch, image_shape, augmentation, key).run();
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
    for (std::string_view rest = text;;) {
        const std::size_t comma = rest.find(',');
        result = augmentations().parse(rest.substr(0, comma), result);
        if (comma == std::string_view::npos) return result;
        rest.remove_prefix(comma + 1);
    }
}

}  // namespace cyclone::data
