// Oracles: golden vectors of PyTorch's OneCycleLR, and its algorithm written down plainly where it is defined.

#include <cyclone/schedule/compose.h>
#include <cyclone/schedule/one_cycle.h>
#include <cyclone/schedule/summary.h>

#include <cmath>
#include <numbers>
#include <vector>

#include "support/catch.h"

using namespace cyclone;
using schedule::Anneal;

namespace {

struct Row {
    std::uint64_t t;
    double rate, momentum;
};

void check_rows(const schedule::OneCycleOptions& o, const std::vector<Row>& rows, double tolerance) {
    const auto rate = schedule::one_cycle(o);
    const auto momentum = schedule::against(rate, 0.85, 0.95);
    INFO(rate.describe());
    for (const Row& row : rows) {
        INFO("update " << row.t);
        CHECK(rate.value(row.t) == Approx(row.rate).epsilon(tolerance));
        CHECK(momentum.value(row.t) == Approx(row.momentum).epsilon(tolerance));
    }
}

/// OneCycleLR.get_lr for pct * n > 1.
double pytorch_one_cycle(double t, double n, double pct, bool three_phase, Anneal anneal) {
    const double initial = 0.1 / 25, lowest = initial / 1e4;
    struct Phase {
        double end, from, to;
    };
    const std::vector<Phase> phases =
        three_phase
            ? std::vector<Phase>{{pct * n - 1, initial, 0.1}, {2 * pct * n - 2, 0.1, initial}, {n - 1, initial, lowest}}
            : std::vector<Phase>{{pct * n - 1, initial, 0.1}, {n - 1, 0.1, lowest}};
    double start = 0;
    for (const Phase& phase : phases) {
        if (t <= phase.end || &phase == &phases.back()) {
            const double p = (t - start) / (phase.end - start);
            if (anneal == Anneal::linear) return phase.from + (phase.to - phase.from) * p;
            return phase.to + (phase.from - phase.to) / 2 * (1 + std::cos(std::numbers::pi * p));
        }
        start = phase.end;
    }
    return -1;
}

}  // namespace

TEST_CASE("one cycle equals the golden vectors of OneCycleLR") {
    // max 0.1 over 100 updates; numbers as printed in learning_rate.md A.3.
    const schedule::OneCycleOptions o{.max = 0.1, .length = Iterations{100}};
    check_rows(o,
               {{0, 0.004, 0.95},
                {10, 0.029516394846410082, 0.9234204220349895},
                {29, 0.1, 0.85},
                {30, 0.09994965352845243, 0.8500503466729342},
                {99, 4e-7, 0.95}},
               1e-12);
    check_rows(o, {{64, 0.0500002, 0.9}, {98, 5.0746472e-5, 0.94994965}}, 1e-8);
    const schedule::OneCycleOptions linear{.max = 0.1, .length = Iterations{100}, .anneal = Anneal::linear};
    check_rows(linear,
               {{10, 0.0371034483, 0.9155172414}, {30, 0.0985714349, 0.8514285714}, {98, 0.0014289657, 0.9485714286}},
               3e-8);
    check_rows(linear, {{99, 4e-7, 0.95}}, 1e-12);
    const schedule::OneCycleOptions three{.max = 0.1, .length = Iterations{100}, .three_phase = true};
    check_rows(three, {{29, 0.1, 0.85}, {58, 0.004, 0.95}, {99, 4e-7, 0.95}}, 1e-12);
    check_rows(three, {{30, 0.0997186219, 0.8502931021}, {59, 0.0039941322, 0.95}}, 1e-8);
}

TEST_CASE("one cycle is finite and has its end points for every short run and fraction") {
    const double fractions[] = {0, 0.01, 0.1, 0.2, 0.25, 0.3, 1.0 / 3, 0.4, 0.5, 0.6, 0.75, 0.9, 0.99, 1};
    for (int n = 1; n <= 50; ++n) {
        for (const double pct : fractions) {
            for (const bool three_phase : {false, true}) {
                if (three_phase && (pct == 0 || pct > 0.5)) continue;
                for (const Anneal anneal : {Anneal::cosine, Anneal::linear}) {
                    const auto rate = schedule::one_cycle({.max = 0.1,
                                                           .length = Iterations{n},
                                                           .pct_start = pct,
                                                           .anneal = anneal,
                                                           .three_phase = three_phase});
                    const auto momentum = schedule::against(rate, 0.85, 0.95);
                    const std::uint64_t peak = rate.peak().value_or(0);
                    REQUIRE(rate.value(peak) == schedule::highest(rate, static_cast<std::uint64_t>(n)));
                    INFO(rate.describe());
                    const bool falls = pct<1, rises = pct> 0;
                    const auto last = static_cast<std::uint64_t>(n - 1);
                    if (rises || n == 1) REQUIRE(rate.value(0) == 0.1 / 25);
                    if (!rises && n > 1) REQUIRE(rate.value(0) == 0.1);
                    if (n > 1) REQUIRE(rate.value(last) == Approx(falls ? 4e-7 : 0.1).epsilon(1e-12));
                    for (const std::uint64_t beyond : {last + 1, last + 2, std::uint64_t{1} << 53})
                        REQUIRE(rate.value(beyond) == rate.value(last));
                    for (std::uint64_t t = 0; t <= last; ++t) {
                        INFO("update " << t);
                        REQUIRE(rate.value(t) >= 4e-7 * (1 - 1e-12));
                        REQUIRE(rate.value(t) <= 0.1);
                        REQUIRE(momentum.value(t) >= 0.85);
                        REQUIRE(momentum.value(t) <= 0.95);
                        if (pct * n - 1 <= 1e-9) continue;  // OneCycleLR divides by zero or starts elsewhere
                        const double expected = pytorch_one_cycle(static_cast<double>(t), n, pct, three_phase, anneal);
                        if (std::isfinite(expected)) REQUIRE(rate.value(t) == Approx(expected).epsilon(1e-9));
                    }
                    // Where there is room for it, an early peak is not lost to rounding.
                    if (rises && pct * n <= 1 && n >= (three_phase ? 4 : 3)) REQUIRE(rate.value(1) == 0.1);
                }
            }
        }
    }
}

TEST_CASE("one cycle over epochs is one cycle over their updates") {
    const auto epochs = schedule::one_cycle({.max = 0.1, .length = Epochs{2.5}}).with_updates_per_epoch(40);
    const auto updates = schedule::one_cycle({.max = 0.1, .length = Iterations{100}});
    for (std::uint64_t t = 0; t < 110; ++t) CHECK(epochs.value(t) == updates.value(t));
}
