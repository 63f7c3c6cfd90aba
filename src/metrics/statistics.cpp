#include <cyclone/metrics/statistics.h>

#include <cmath>
#include <limits>

#include "metrics/checks.h"

namespace cyclone::metrics {

MeanSd mean_sd(std::span<const double> values) {
    check(!values.empty(), "mean_sd", "expected at least one value, got none");
    const auto n = static_cast<double>(values.size());
    double sum = 0;
    for (const double value : values) sum += value;
    const double mean = sum / n;
    double squares = 0;
    for (const double value : values) squares += (value - mean) * (value - mean);
    const double sd = values.size() > 1 ? std::sqrt(squares / (n - 1)) : std::numeric_limits<double>::quiet_NaN();
    return {mean, sd, static_cast<std::int64_t>(values.size())};
}

}  // namespace cyclone::metrics
