// Metrics for C programs.

#include <cyclone/metrics/bootstrap.h>
#include <cyclone/metrics/metric.h>
#include <cyclone/metrics/uncertainty.h>

#include "c/call.h"

using namespace cyclone;

namespace {

void check_level(std::string_view where, double level) {
    check<UsageError>(level > 0 && level < 1, where, "expected a level of confidence between 0 and 1, got ", level);
}

std::span<const double> scores_of(std::string_view where, const double* scores, std::size_t count) {
    c::need(where, scores, "scores");
    return {scores, count};
}

}  // namespace

extern "C" {

int32_t cyclone_auc(const int64_t* labels, const double* scores, size_t count, double level,
                    cyclone_interval* interval) {
    return c::call(__func__, [&](std::string_view where) {
        check_level(where, level);
        const auto found =
            metrics::auc_interval(c::labels_of(where, labels, count), scores_of(where, scores, count), level);
        c::write_struct(where, interval, {0, found.auc, found.low, found.high}, "cyclone_interval");
    });
}

int32_t cyclone_average_precision(const int64_t* labels, const double* scores, size_t count, double level,
                                  int32_t resamples, uint64_t seed, cyclone_interval* interval) {
    return c::call(__func__, [&](std::string_view where) {
        check_level(where, level);
        check<UsageError>(resamples >= 2, where, "expected at least 2 resamples, got ", resamples);
        const auto found = metrics::average_precision_interval(
            c::labels_of(where, labels, count), {scores_of(where, scores, count)}, {resamples, level, seed});
        c::write_struct(where, interval, {0, found.value, found.low, found.high}, "cyclone_interval");
    });
}

int32_t cyclone_metric(const char* name, const int64_t* labels, const double* probabilities, size_t count,
                       int64_t classes, double threshold, double* value) {
    return c::call(__func__, [&](std::string_view where) {
        c::need(where, name, "the name of a metric");
        c::need(where, value, "a place for the value");
        check<UsageError>(classes >= 2, where, "expected at least 2 classes, got ", classes);
        c::need(where, probabilities, "probabilities");
        const auto columns = static_cast<std::size_t>(classes);
        check<UsageError>(count <= PTRDIFF_MAX / sizeof(double) / columns, where, "expected fewer than ", count,
                          " samples of ", classes, " classes");
        const metrics::Metric& metric = metrics::table().at(name);
        const auto given = c::labels_of(where, labels, count);
        const metrics::Predictions predictions{{given.begin(), given.end()},
                                               {probabilities, probabilities + count * columns}};
        *value = metric.value(metrics::MetricInput(predictions, threshold));
    });
}

}  // extern "C"
