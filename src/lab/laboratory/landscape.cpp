// Contours.
#include "lab/laboratory/landscape.h"

#include <array>
#include <cmath>
#include <limits>

namespace cyclone::lab {

Contour contour(const std::vector<double>& x, const std::vector<double>& y,
                const std::vector<std::vector<double>>& values, double level) {
    constexpr double kBreak = std::numeric_limits<double>::quiet_NaN();
    Contour out;
    const auto add = [&](double px, double py) {
        out.x.push_back(px);
        out.y.push_back(py);
    };
    for (std::size_t r = 0; r + 1 < y.size(); ++r)
        for (std::size_t c = 0; c + 1 < x.size(); ++c) {
            // The corners around the cell, and where the level crosses its four edges.
            const std::array<std::array<std::size_t, 2>, 4> corners = {
                {{r, c}, {r, c + 1}, {r + 1, c + 1}, {r + 1, c}}};
            std::vector<std::array<double, 2>> crossings;
            for (std::size_t k = 0; k < 4; ++k) {
                const auto [r0, c0] = corners[k];
                const auto [r1, c1] = corners[(k + 1) % 4];
                const double v0 = values[r0][c0] - level, v1 = values[r1][c1] - level;
                if ((v0 < 0) == (v1 < 0) || !std::isfinite(v0) || !std::isfinite(v1)) continue;
                const double part = v0 / (v0 - v1);
                crossings.push_back({x[c0] + part * (x[c1] - x[c0]), y[r0] + part * (y[r1] - y[r0])});
            }
            for (std::size_t k = 0; k + 1 < crossings.size(); k += 2) {
                add(crossings[k][0], crossings[k][1]);
                add(crossings[k + 1][0], crossings[k + 1][1]);
                add(kBreak, kBreak);
            }
        }
    return out;
}

}  // namespace cyclone::lab
