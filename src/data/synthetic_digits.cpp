// Drawn digits.

#include <cyclone/base/threads.h>
#include <cyclone/data/synthetic.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "data/draws.h"

namespace cyclone::data {
namespace {

constexpr std::uint64_t kDigitStream = std::uint64_t{0xD161} << 48;  // plus the image's number

struct Point {
    float x, y;
};

// Each digit is a line through points in a box of 10 x 14, y downwards.
const std::array<std::vector<Point>, 10> kGlyphs = {{
    {{5, 0}, {2, 1}, {0, 4}, {0, 10}, {2, 13}, {5, 14}, {8, 13}, {10, 10}, {10, 4}, {8, 1}, {5, 0}},
    {{2, 3}, {6, 0}, {6, 14}},
    {{0, 3}, {2, 0.5F}, {5, 0}, {8, 0.5F}, {9.5F, 3}, {8.5F, 6}, {0, 14}, {10, 14}},
    {{0, 1}, {4, 0}, {8, 1}, {9, 3.5F}, {7.5F, 6}, {4, 6.7F}, {8, 7.5F}, {10, 10.5F}, {8, 13.3F}, {4, 14}, {0, 13}},
    {{7, 14}, {7, 0}, {0, 9.5F}, {10, 9.5F}},
    {{9, 0}, {1, 0}, {0.5F, 6}, {4, 5.3F}, {8, 6}, {10, 9.5F}, {8, 13}, {4, 14}, {0, 13}},
    {{8, 0}, {4, 2}, {1, 6}, {0, 10}, {2, 13.3F}, {5, 14}, {8, 13}, {9.5F, 10}, {8, 7}, {5, 6.3F}, {1, 8}},
    {{0, 0}, {10, 0}, {4, 14}},
    {{5, 0},
     {1.5F, 1},
     {1, 4},
     {5, 6.5F},
     {9.5F, 9.5F},
     {8.5F, 13},
     {5, 14},
     {1.5F, 13},
     {0.5F, 9.5F},
     {5, 6.5F},
     {9, 4},
     {8.5F, 1},
     {5, 0}},
    {{9, 6}, {5, 7.7F}, {2, 7}, {0.5F, 4}, {2, 1}, {5, 0}, {8, 0.7F}, {9.5F, 4}, {9, 8}, {6, 14}},
}};

float squared_distance(Point p, Point a, Point b) {
    const float dx = b.x - a.x, dy = b.y - a.y;
    const float t = std::clamp(((p.x - a.x) * dx + (p.y - a.y) * dy) / (dx * dx + dy * dy), 0.0F, 1.0F);
    const float ex = p.x - a.x - t * dx, ey = p.y - a.y - t * dy;
    return ex * ex + ey * ey;
}

// Moves a glyph to pixels: jittered points, slant, rotation, scale, shift.
void place(Draws& draws, std::int64_t size, std::vector<Point>& points) {
    const double side = static_cast<double>(size);
    const double width = draws.uniform(0.042, 0.062) * side, height = draws.uniform(0.042, 0.056) * side;
    const double slant = draws.uniform(-0.25, 0.35), turn = draws.uniform(-0.2, 0.2);
    const double shift_x = side * draws.uniform(0.43, 0.57), shift_y = side * draws.uniform(0.43, 0.57);
    for (Point& p : points) {
        const double y = (p.y - 7 + draws.uniform(-0.5, 0.5)) * height;
        const double x = (p.x - 5 + draws.uniform(-0.5, 0.5)) * width - slant * y;
        p = {static_cast<float>(shift_x + std::cos(turn) * x - std::sin(turn) * y),
             static_cast<float>(shift_y + std::sin(turn) * x + std::cos(turn) * y)};
    }
}

class DigitPainter {
public:
    explicit DigitPainter(std::int64_t size) : size_(size), noise_(static_cast<std::size_t>(size * size)) {}

    void paint(Draws& draws, const std::vector<Point>& glyph, std::uint8_t* out) {
        points_ = glyph;
        place(draws, size_, points_);
        const auto half_width = static_cast<float>(draws.uniform(0.035, 0.065)) * static_cast<float>(size_);
        const auto ink = static_cast<float>(draws.uniform(190, 255));
        draws.fill_noise(noise_.data(), noise_.size());
        for (std::int64_t i = 0; i < size_ * size_; ++i) {
            const Point p{static_cast<float>(i % size_) + 0.5F, static_cast<float>(i / size_) + 0.5F};
            float nearest = 1e9F;
            for (std::size_t k = 1; k < points_.size(); ++k)
                nearest = std::min(nearest, squared_distance(p, points_[k - 1], points_[k]));
            const float cover = std::clamp(half_width + 0.5F - std::sqrt(nearest), 0.0F, 1.0F);
            const float value = ink * cover + 12.0F * noise_[static_cast<std::size_t>(i)];
            out[i] = static_cast<std::uint8_t>(std::clamp(value, 0.0F, 255.0F));
        }
    }

private:
    std::int64_t size_;
    std::vector<float> noise_;
    std::vector<Point> points_;
};

}  // namespace

Dataset synthetic_digits(SyntheticDigitsOptions options) {
    const auto& o = options;
    check<UsageError>(o.count >= 1, "synthetic_digits", "expected at least one image, got ", o.count);
    check<UsageError>(o.size >= 12 && o.size <= 256, "synthetic_digits", "expected a size of 12 to 256, got ", o.size);
    Dataset out{Tensor::empty({o.count, o.size, o.size, 1}, DType::u8),
                Tensor::empty({o.count}, DType::i64),
                {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"},
                "synthetic digits, seed " + std::to_string(o.seed),
                std::nullopt};
    auto* pixels = out.images.tensor().mutable_data<std::uint8_t>();
    auto* labels = out.labels.mutable_data<std::int64_t>();
    in_parallel(num_threads(), [&](int part, int parts) {
        DigitPainter painter(o.size);
        for (std::int64_t i = o.count * part / parts; i < o.count * (part + 1) / parts; ++i) {
            Draws draws(Random(o.seed, kDigitStream + static_cast<std::uint64_t>(i)));
            painter.paint(draws, kGlyphs[static_cast<std::size_t>(i % 10)], pixels + i * o.size * o.size);
            labels[i] = i % 10;
        }
    });
    return out;
}

}  // namespace cyclone::data
