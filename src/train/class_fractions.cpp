// The loss of the class fractions alone.
#include <cyclone/autograd/backward.h>
#include <cyclone/base/error.h>
#include <cyclone/ops/arithmetic.h>
#include <cyclone/train/class_fractions.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

namespace cyclone::train {
namespace {

constexpr std::int64_t kMostLabels = 4096;  // stand for all in a loss that has no formula here
constexpr int kSteps = 50;
constexpr double kEnough = 1e-7;

std::int64_t total(std::span<const std::int64_t> counts) {
    return std::accumulate(counts.begin(), counts.end(), std::int64_t{0});
}

/// Labels with these fractions; of every class that occurs at least one.
Tensor labels_of(std::span<const std::int64_t> counts) {
    const auto labels = total(counts);
    const double scale = std::min(1.0, static_cast<double>(kMostLabels) / static_cast<double>(labels));
    std::vector<std::int64_t> list;
    for (std::size_t c = 0; c < counts.size(); ++c)
        if (counts[c] > 0)
            list.insert(list.end(),
                        static_cast<std::size_t>(std::max(1.0, std::round(scale * static_cast<double>(counts[c])))),
                        static_cast<std::int64_t>(c));
    return Tensor::from(list, {static_cast<std::int64_t>(list.size())});
}

/// Descent on the logits of the one answer, each in units of 1 / fraction: for cross-entropy nearly Newton's step.
double descend(std::span<const std::int64_t> counts, const std::function<Tensor(const Tensor&, const Tensor&)>& loss) {
    const Tensor labels = labels_of(counts);
    const auto classes = static_cast<std::int64_t>(counts.size());
    const Tensor ones = Tensor::ones({labels.size(0), 1});
    std::vector<double> fraction, logit;
    for (const std::int64_t count : counts) {
        fraction.push_back(std::max(1e-6, static_cast<double>(count) / static_cast<double>(total(counts))));
        logit.push_back(std::log(fraction.back()));
    }
    double best = HUGE_VAL, step = 1;
    std::vector<double> from = logit, gradient(logit.size());
    for (int i = 0; i < kSteps && step > 1e-4; ++i) {
        Tensor z = Tensor::from(std::vector<float>(logit.begin(), logit.end()), {1, classes});
        z.set_requires_grad(true);
        const Tensor value = loss(matmul(ones, z), labels);
        const double now = value.item();
        if (!(now < best - kEnough)) {
            step /= 2;
        } else {
            best = now;
            from = logit;
            backward(value);
            const auto g = z.grad().values<float>();
            std::copy(g.begin(), g.end(), gradient.begin());
        }
        for (std::size_t c = 0; c < logit.size(); ++c) logit[c] = from[c] - step * gradient[c] / fraction[c];
    }
    return std::isfinite(best) ? best : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace

double loss_of_fractions(std::span<const std::int64_t> counts,
                         const std::function<Tensor(const Tensor& output, const Tensor& labels)>& loss) {
    if (!loss) return cross_entropy_of_fractions(counts, counts);
    if (total(counts) == 0) return std::numeric_limits<double>::quiet_NaN();
    try {
        return descend(counts, loss);
    } catch (const Error&) {
        return std::numeric_limits<double>::quiet_NaN();
    }
}

double cross_entropy_of_fractions(std::span<const std::int64_t> counts, std::span<const std::int64_t> answered) {
    check(counts.size() == answered.size(), "cross_entropy_of_fractions", "expected the same classes, got ",
          counts.size(), " and ", answered.size());
    const auto n = static_cast<double>(total(counts)), m = static_cast<double>(total(answered));
    if (n == 0 || m == 0) return std::numeric_limits<double>::quiet_NaN();
    double sum = 0;
    for (std::size_t c = 0; c < counts.size(); ++c)
        if (counts[c] > 0) sum -= static_cast<double>(counts[c]) / n * std::log(static_cast<double>(answered[c]) / m);
    return sum;
}

std::vector<std::int64_t> drawn_class_counts(const data::Dataset& train, const FitOptions& options) {
    if (options.sampler.plain()) return train.class_counts();
    return data::sampler::class_counts(options.sampler, {.labels = train.labels.values<std::int64_t>(),
                                                         .classes = train.classes(),
                                                         .batch_size = options.batch_size * options.accumulate,
                                                         .seed = options.seed});
}

}  // namespace cyclone::train
