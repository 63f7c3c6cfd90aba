#include <cyclone/ops/arithmetic.h>
#include <cyclone/ops/loss.h>
#include <cyclone/train/class_fractions.h>
#include <cyclone/train/rebalancing.h>

#include <algorithm>
#include <cmath>

#include "support/catch.h"
#include "train/small_model.h"

using namespace cyclone;
using Counts = std::vector<std::int64_t>;

namespace {

double of_method(const char* name, const Counts& counts) {
    return train::loss_of_fractions(counts, train::parse_rebalancing(name).for_data(counts, 32).loss);
}

/// The lowest mean loss of one answer (p, 1 - p), by trying many; `loss(p, y)` is that of one label.
template <class Loss>
double lowest(const Counts& counts, Loss loss) {
    double best = HUGE_VAL;
    const auto n = static_cast<double>(counts[0] + counts[1]);
    for (int i = 1; i < 100'000; ++i) {
        const double p = i / 1e5;
        best = std::min(best,
                        (static_cast<double>(counts[0]) * loss(1 - p) + static_cast<double>(counts[1]) * loss(p)) / n);
    }
    return best;
}

}  // namespace

TEST_CASE("cross-entropy of the class fractions is their entropy") {
    CHECK(train::loss_of_fractions(Counts{50, 50}) == Approx(std::log(2)));
    CHECK(train::loss_of_fractions(Counts{4730, 270}) == Approx(0.2101).epsilon(.001));  // 1 positive to 17.5
    CHECK(train::loss_of_fractions(Counts{7, 7, 7, 7}) == Approx(std::log(4)));
    CHECK(train::loss_of_fractions(Counts{10, 0, 10}) == Approx(std::log(2)));
    CHECK(train::loss_of_fractions(Counts{5}) == 0);
    CHECK(std::isnan(train::loss_of_fractions(Counts{0, 0})));
    CHECK(train::cross_entropy_of_fractions(Counts{90, 10}, Counts{50, 50}) == Approx(std::log(2)));
    CHECK(train::cross_entropy_of_fractions(Counts{1, 1}, Counts{1, 0}) == HUGE_VAL);
}

TEST_CASE("of every loss the class fractions get what the best single answer gets") {
    const Counts counts = {900, 100};
    const auto smoothed = [](double s) {
        return [s](double p) { return -(1 - s / 2) * std::log(p) - s / 2 * std::log(1 - p); };
    };
    CHECK(of_method("none", counts) == Approx(train::loss_of_fractions(counts)));
    CHECK(of_method("weights", counts) == Approx(std::log(2)).epsilon(1e-4));
    CHECK(of_method("logit-adjust", counts) == Approx(train::loss_of_fractions(counts)).epsilon(1e-4));
    CHECK(of_method("label-smoothing:0.2", counts) == Approx(lowest(counts, smoothed(0.2))).epsilon(1e-4));
    const auto focal = [](double p) { return -(1 - p) * (1 - p) * std::log(p); };
    CHECK(of_method("focal:2", counts) == Approx(lowest(counts, focal)).epsilon(1e-3));
    const auto of_three = [](const Tensor& output, const Tensor& labels) {
        return 3.0 * cross_entropy(output, labels);
    };
    CHECK(train::loss_of_fractions(Counts{800, 150, 50}, of_three) ==
          Approx(3 * train::loss_of_fractions(Counts{800, 150, 50})).epsilon(1e-3));
    // A loss of another kind of output, and one that is never finite.
    CHECK(std::isnan(train::loss_of_fractions(
        counts, [](const Tensor&, const Tensor&) -> Tensor { fail("loss", "expected one logit"); })));
    CHECK(std::isnan(train::loss_of_fractions(counts, [](const Tensor& output, const Tensor& labels) {
        return static_cast<double>(NAN) * cross_entropy(output, labels);
    })));
}

TEST_CASE("the classes that a training draws are those of its sampler") {
    const auto data = test::small_patches().train;
    train::FitOptions options{.batch_size = 16};
    CHECK(train::drawn_class_counts(data, options) == data.class_counts());
    options.sampler = data::sampler::balanced_batch();
    const auto drawn = train::drawn_class_counts(data, options);
    CHECK(drawn[0] == drawn[1]);
    options.sampler = data::sampler::undersample();
    CHECK(train::drawn_class_counts(data, options) == Counts{data.class_counts()[1], data.class_counts()[1]});
    // The sampler sees the images of an update, as in fit(): 40 of one class are more than a part of it has.
    options.accumulate = 4;
    options.sampler = data::sampler::balanced_batch({.positives = 40});
    const auto of_updates = train::drawn_class_counts(data, options);
    CHECK(of_updates[1] * 24 == of_updates[0] * 40);
}
