// clr.hpp's range test around a loop, the header's second translation unit.
#include <cstdint>
#include <cyclone/clr.hpp>

#include "loop.h"

namespace clr_header {

Swept sweep(double to, int updates) {
    clr::RangeTest test(1e-4, to, static_cast<std::size_t>(updates));
    double x = 3;
    std::uint32_t random = 1;
    while (!test.done()) {
        const double loss = x * x + 0.1;
        random = random * 1664525u + 1013904223u;
        x -= test.rate() * (2 * x + random / 4294967296.0 - 0.5);  // the noise of a batch
        test.record(loss);
    }
    const clr::Suggestions found = test.suggestions();
    Swept result{test.rates(), test.losses(), test.smoothed(), 0, 0, found.no_pair, test.diverged()};
    if (found.pair) result.base = found.pair->base, result.max = found.pair->max, result.reason = found.pair->reason;
    return result;
}

}  // namespace clr_header
