#pragma once
// Small statistics of repeated runs: mean and SD, the paired t interval, and the two distributions they need.

#include <cyclone/base/language.h>

#include <cstdint>
#include <span>

namespace cyclone::metrics {

/// Mean and standard deviation of n values.
struct MeanSd {
    double mean = 0;     ///< of the values
    double sd = 0;       ///< of the sample, divisor n - 1; NaN when n = 1: one run says nothing about the spread
    std::int64_t n = 0;  ///< number of values
};

/// Mean and sample standard deviation. A NaN among the values makes both NaN. Error when there are no values.
MeanSd mean_sd(std::span<const double> values);

/// Half of Student's interval of the mean of n >= 2 values with this sample standard deviation.
double half_width(double sd, std::int64_t n, double level);

/// The difference of two methods over paired runs.
struct PairedDifference {
    MeanSd difference;   ///< of a_i - b_i
    double low = 0;      ///< interval of the mean difference; NaN when n = 1
    double high = 0;     ///< see low
    double t = 0;        ///< the test statistic
    double p_value = 0;  ///< two-sided; 1 when all differences are 0, 0 when all are equal and not 0
};

/// Student's paired t: two methods run with the same seeds, a[i] and b[i] from seed i. Uncertainty of the training run,
/// on one test set. Error when the lengths differ or there is no value, or level is not between 0 and 1.
PairedDifference paired_difference(std::span<const double> a, std::span<const double> b, double level = 0.95);

/// P(Z <= z) of the standard normal distribution.
double normal_cdf(double z);

/// The z with normal_cdf(z) = p, for 0 < p < 1.
double normal_quantile(double p);

/// P(T <= t) of Student's distribution with df >= 1 (an integer, for the closed form), to about 1e-15 absolute.
double student_t_cdf(double t, std::int64_t df);

/// The t with student_t_cdf(t, df) = p, for 0 < p < 1.
double student_t_quantile(double p, std::int64_t df);

}  // namespace cyclone::metrics
