// Any text is a schedule, whose values are finite and >= 0, or a UsageError.
#include <cyclone/base/error.h>
#include <cyclone/schedule/parse.h>
#include <cyclone/schedule/preview.h>

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "fuzz/target.h"

using namespace cyclone;

FUZZ_TARGET(schedule) {
    try {
        const Schedule rates =
            parse_schedule({reinterpret_cast<const char*>(data), size}, {}).with_updates_per_epoch(100);
        for (const std::uint64_t update : {0ULL, 1ULL, 199ULL, 200ULL, 1200ULL, 1ULL << 40, 1ULL << 53}) {
            const double value = rates.value(update);
            if (!std::isfinite(value) || value < 0) std::abort();
        }
        if (rates.describe().empty()) std::abort();
        schedule::preview("fuzz", rates, 1200, 100);
    } catch (const UsageError&) {
    }
    return 0;
}
