#pragma once
// JPEG files made coefficient by coefficient (ITU-T T.81): baseline and progressive, any sampling, restarts.

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

namespace cyclone::test {

using JpegBlock = std::array<int, 64>;  ///< quantised coefficients in zigzag order; every quantisation value is 8

/// Blocks of one component, padded to whole units of all components.
struct JpegComponent {
    int h = 1, v = 1;          ///< sampling
    int across = 0, down = 0;  ///< blocks that hold pixels
    int stride = 0, rows = 0;  ///< blocks that are stored
    std::vector<JpegBlock> blocks = {};
};

class JpegWriter {
public:
    JpegWriter(int width, int height, const std::vector<std::pair<int, int>>& sampling)
        : width_(width), height_(height) {
        for (const auto& [h, v] : sampling) h_ = std::max(h_, h), v_ = std::max(v_, v);
        units_across_ = (width + 8 * h_ - 1) / (8 * h_);
        units_down_ = (height + 8 * v_ - 1) / (8 * v_);
        for (const auto& [h, v] : sampling) {
            JpegComponent c{.h = h, .v = v, .stride = units_across_ * h, .rows = units_down_ * v};
            c.across = ((width * h + h_ - 1) / h_ + 7) / 8;
            c.down = ((height * v + v_ - 1) / v_ + 7) / 8;
            c.blocks.resize(std::size_t(c.stride) * std::size_t(c.rows));
            components.push_back(std::move(c));
        }
    }

    std::vector<JpegComponent> components;
    int restart_interval = 0;

    std::string baseline(bool interleaved = true) const {
        std::string out = head('\xC0');
        if (interleaved) return out + scan(all(), 0, 63, 0, 0) + "\xFF\xD9";
        for (const int c : all()) out += scan({c}, 0, 63, 0, 0);
        return out + "\xFF\xD9";
    }
    /// DC, then AC of each component in two bands, the second and the DC in two steps of precision.
    std::string progressive() const {
        std::string out = head('\xC2') + scan(all(), 0, 0, 0, 1);
        for (const int c : all()) out += scan({c}, 1, 5, 0, 0) + scan({c}, 6, 63, 0, 1);
        out += scan(all(), 0, 0, 1, 0);
        for (const int c : all()) out += scan({c}, 6, 63, 1, 0);
        return out + "\xFF\xD9";
    }

    std::vector<int> all() const {
        std::vector<int> out(components.size());
        for (std::size_t i = 0; i < out.size(); ++i) out[i] = int(i);
        return out;
    }
    std::string head(char frame) const {
        std::string out = "\xFF\xD8" + segment('\xDB', std::string(1, '\0') + std::string(64, '\x08'));
        if (components.size() == 4)  // CMYK, as Adobe has it
            out += segment('\xEE', std::string("Adobe\0\x64\0\0\0\0\0", 12));
        std::string f = std::string(1, '\x08') + two(height_) + two(width_) + char(components.size());
        for (std::size_t i = 0; i < components.size(); ++i)
            f += std::string{char(i + 1), char(components[i].h << 4 | components[i].v), '\0'};
        // DC: 12 symbols of 4 bits; AC: 16 runs of 11 sizes, 8 bits each. A code is the number of its symbol.
        std::string dc = std::string(4, '\0') + '\x0C' + std::string(12, '\0');
        for (int i = 0; i < 12; ++i) dc += char(i);
        std::string ac = '\x10' + std::string(7, '\0') + '\xB0' + std::string(8, '\0');
        for (int i = 0; i < 176; ++i) ac += char(i / 11 << 4 | i % 11);
        out += segment(frame, f) + segment('\xC4', dc) + segment('\xC4', ac);
        return restart_interval ? out + segment('\xDD', two(restart_interval)) : out;
    }
    /// A scan of the components: coefficients first ... last, `high` and `low` as in its header.
    std::string scan(const std::vector<int>& which, int first, int last, int high, int low) const {
        std::string s(1, char(which.size()));
        for (const int c : which) s += std::string{char(c + 1), '\0'};
        s += std::string{char(first), char(last), char(high << 4 | low)};
        Bits bits;
        std::vector<int> before(components.size());
        int units = 0;
        const auto unit = [&](auto&& blocks) {
            if (restart_interval && units && units % restart_interval == 0) {
                bits.end();
                bits.out += std::string{'\xFF', char(0xD0 + (units / restart_interval - 1) % 8)};
                before.assign(before.size(), 0);
            }
            blocks();
            ++units;
        };
        if (which.size() == 1) {
            const JpegComponent& c = components[std::size_t(which[0])];
            for (int y = 0; y < c.down; ++y)
                for (int x = 0; x < c.across; ++x)
                    unit([&] { put(bits, c, x, y, before[std::size_t(which[0])], first, last, high, low); });
        } else {
            for (int y = 0; y < units_down_; ++y)
                for (int x = 0; x < units_across_; ++x)
                    unit([&] {
                        for (const int i : which) {
                            const JpegComponent& c = components[std::size_t(i)];
                            for (int v = 0; v < c.v; ++v)
                                for (int h = 0; h < c.h; ++h)
                                    put(bits, c, x * c.h + h, y * c.v + v, before[std::size_t(i)], first, last, high,
                                        low);
                        }
                    });
        }
        bits.end();
        return segment('\xDA', s) + bits.out;
    }

    static std::string two(int value) { return {char(value >> 8), char(value & 255)}; }
    static std::string segment(char marker, const std::string& data) {
        return std::string{'\xFF', marker} + two(int(data.size()) + 2) + data;
    }

private:
    struct Bits {
        std::string out;
        unsigned buffer = 0;
        int count = 0;
        void put(unsigned value, int length) {
            for (int i = length - 1; i >= 0; --i) {
                buffer = buffer << 1 | (value >> i & 1U);
                if (++count < 8) continue;
                out += char(buffer & 255);
                if ((buffer & 255) == 255) out += '\0';
                count = 0;
            }
        }
        void end() {
            while (count) put(1, 1);
        }
    };

    static int size_of(int value) {
        int size = 0;
        for (int v = std::abs(value); v; v >>= 1) ++size;
        return size;
    }
    static void value_bits(Bits& bits, int value) {
        const int size = size_of(value);
        bits.put(unsigned(value < 0 ? value - 1 : value) & ((1U << size) - 1), size);
    }
    static void symbol(Bits& bits, int run, int size) { bits.put(unsigned(run * 11 + size), 8); }
    static int shifted(int value, int low) { return value < 0 ? -(-value >> low) : value >> low; }

    static void put(Bits& bits, const JpegComponent& c, int x, int y, int& before, int first, int last, int high,
                    int low) {
        const JpegBlock& block = c.blocks[std::size_t(y * c.stride + x)];
        if (first == 0 && high == 0) {
            const int dc = block[0] >> low;  // of DC the shift is arithmetic
            bits.put(unsigned(size_of(dc - before)), 4);
            value_bits(bits, dc - before);
            before = dc;
        } else if (first == 0) {
            bits.put(unsigned(block[0] >> low) & 1U, 1);
        }
        if (last == 0) return;
        int run = 0;
        std::string corrections;  // of coefficients that are not zero already
        const auto flush = [&] {
            for (const char bit : corrections) bits.put(unsigned(bit), 1);
            corrections.clear();
        };
        for (int k = std::max(1, first); k <= last; ++k) {
            const int value = shifted(block[std::size_t(k)], low);
            if (high && std::abs(value) > 1) {
                corrections += char(std::abs(value) & 1);
                continue;
            }
            if (value == 0) {
                if (++run == 16 && high) symbol(bits, 15, 0), flush(), run = 0;
                continue;
            }
            for (; run > 15; run -= 16) symbol(bits, 15, 0);
            symbol(bits, run, size_of(value));
            value_bits(bits, value);
            flush();
            run = 0;
        }
        if (run || !corrections.empty()) symbol(bits, 0, 0), flush();
    }

    int width_, height_, h_ = 1, v_ = 1, units_across_ = 0, units_down_ = 0;
};

/// Components with coefficients drawn by `draw(most)`, which gives 0 ... most - 1.
template <class Draw>
JpegWriter random_jpeg(int width, int height, const std::vector<std::pair<int, int>>& sampling, Draw&& draw) {
    JpegWriter out(width, height, sampling);
    for (JpegComponent& c : out.components)
        for (JpegBlock& block : c.blocks) {
            block[0] = int(draw(200)) - 100;
            for (int i = 0; i < 6; ++i) block[1 + draw(63)] = int(draw(31)) - 15;
        }
    return out;
}

}  // namespace cyclone::test
