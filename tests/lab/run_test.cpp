// What a run keeps of its history for drawing.
#include <cyclone/lab/run.h>

#include <algorithm>
#include <cmath>

#include "support/catch.h"

using namespace cyclone;

namespace {

std::vector<train::UpdateRow> rows_of(std::uint64_t updates, double (*rate)(double)) {
    std::vector<train::UpdateRow> rows(updates);
    for (std::uint64_t u = 0; u < updates; ++u) {
        rows[u].update = u;
        rows[u].lr = rate(static_cast<double>(u));
        rows[u].loss = 2 + static_cast<double>(u % 2);
    }
    return rows;
}

double in_cycles_of_125(double u) { return 0.01 + 0.09 * (1 - std::abs(std::fmod(u, 125) / 62.5 - 1)); }
double falling(double u) { return 1 / (1 + u); }
double constant(double) { return 0.1; }

}  // namespace

TEST_CASE("a thinned curve keeps the first and the last update and the peak and foot of every cycle") {
    for (const std::uint64_t updates : {151U, 942U, 1000U, 3001U, 12345U}) {
        CAPTURE(updates);
        const auto rows = rows_of(updates, in_cycles_of_125);
        const lab::Curve curve = lab::thin_out(rows);
        REQUIRE(curve.update.size() == 150);
        CHECK(curve.update.front() == 0);
        CHECK(curve.update.back() == static_cast<double>(updates - 1));
        CHECK(std::is_sorted(curve.update.begin(), curve.update.end()));
        for (std::size_t i = 0; i < 150; ++i)
            CHECK(curve.learning_rate[i] == rows[static_cast<std::size_t>(curve.update[i])].lr);
        if (updates > 3001) continue;  // a cycle of less than two pieces
        for (std::uint64_t begin = 0; begin + 125 <= updates; begin += 125) {
            double lowest = 1, highest = 0;
            for (std::size_t i = 0; i < 150; ++i)
                if (curve.update[i] >= static_cast<double>(begin) &&
                    curve.update[i] <= static_cast<double>(begin + 125)) {
                    lowest = std::min(lowest, curve.learning_rate[i]);
                    highest = std::max(highest, curve.learning_rate[i]);
                }
            CAPTURE(begin);
            CHECK(lowest < 0.012);
            CHECK(highest > 0.098);
        }
    }
}

TEST_CASE("a thinned curve of few updates is all of them, and losses are means of pieces") {
    for (const std::uint64_t updates : {0U, 1U, 2U, 150U}) {
        const lab::Curve all = lab::thin_out(rows_of(updates, falling));
        CHECK(all.update.size() == updates);
        for (std::size_t i = 0; i < updates; ++i) {
            CHECK(all.update[i] == static_cast<double>(i));
            CHECK(all.loss[i] == 2 + static_cast<double>(i % 2));
        }
    }
    const lab::Curve halves = lab::thin_out(rows_of(300, constant));
    CHECK(halves.loss == std::vector<double>(150, 2.5));
    CHECK(halves.learning_rate == std::vector<double>(150, 0.1));
}
