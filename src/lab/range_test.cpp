// The learning-rate range test.
#include <cyclone/base/random.h>
#include <cyclone/lab/range_test.h>
#include <cyclone/train/class_fractions.h>
#include <cyclone/train/evaluate.h>
#include <cyclone/train/fit.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "lab/group_rates.h"
#include "lab/sweep.h"
#include "lab/workers.h"

namespace cyclone::lab {
namespace {

constexpr std::uint64_t kBalanceStream = std::uint64_t{0xBA1A'9CE0} << 32;  // plus the class

/// See RateCurve::fractions_only, for a training that draws the classes so often.
double fractions_only(const std::vector<std::int64_t>& drawn, const RangeTestOptions& o) {
    if (o.metric == RangeMetric::train_loss) return train::loss_of_fractions(drawn, o.loss);
    const auto validation = o.validation->class_counts();
    const auto images = static_cast<double>(o.validation->size());
    if (o.metric == RangeMetric::accuracy)
        return static_cast<double>(*std::max_element(validation.begin(), validation.end())) / images;
    if (o.metric == RangeMetric::balanced_accuracy) return 1 / static_cast<double>(validation.size());
    if (o.loss) return std::numeric_limits<double>::quiet_NaN();
    return train::cross_entropy_of_fractions(validation, drawn);
}

class OneSweep {
public:
    OneSweep(const OptimizerFactory& make_optimizer, const data::Dataset& train, const RangeTestOptions& options,
             RangeRun& run)
        : options_(options), train_(train), run_(run), smoothed_(options.smoothing, options.stop_factor) {
        run_.curve.higher_is_better =
            options.metric == RangeMetric::accuracy || options.metric == RangeMetric::balanced_accuracy;
        make_optimizer_ = make_optimizer;
    }

    void operator()(const ModelFactory& make_model) {
        manual_seed(run_.seed);
        const auto model = make_model();
        check(model != nullptr, "range_test", "the factory made no model");
        const auto optimizer = make_optimizer_(model->parameters());
        check(optimizer != nullptr, "range_test", "the factory made no optimizer");
        optimizer->before_update([this](optim::Update& u) { set_rates(u.groups, rate_at(updates())); });

        train::FitOptions fit{.batch_size = options_.batch_size,
                              .seed = run_.seed,
                              .loss = options_.loss,
                              .sampler = options_.sampler,
                              .augmentation = options_.augmentation};
        const auto drawn = train::drawn_class_counts(train_, fit);
        const std::int64_t images = std::accumulate(drawn.begin(), drawn.end(), std::int64_t{0});
        const std::int64_t batches = data::batches_in(images, options_.batch_size);
        fit.epochs = (options_.updates + batches - 1) / batches;
        run_.curve.fractions_only = fractions_only(drawn, options_);
        smoothed_.set_fractions(train::loss_of_fractions(drawn, options_.loss));
        fit.progress = train::ProgressMode::off;
        fit.stop = options_.stop;
        fit.after_update = [&](const train::UpdateRow& row) { return after_update(row.loss, *model); };
        try {
            train::fit(*model, *optimizer, train_, fit);
        } catch (const train::Diverged&) {
            run_.end = SweepEnd::diverged;
        }
        const bool of_loss = options_.metric == RangeMetric::train_loss;
        run_.curve.noise =
            of_loss ? sweep::noise_of_mean(run_.loss, options_.smoothing) : sweep::noise_of(run_.curve.value);
    }

private:
    std::int64_t updates() const { return static_cast<std::int64_t>(run_.rate.size()); }

    double rate_at(std::int64_t update) const {
        const RangeTestOptions& o = options_;
        return sweep::rate_at(o.from, o.to, static_cast<std::size_t>(update), static_cast<std::size_t>(o.updates),
                              o.sweep == Sweep::linear);
    }

    train::Control after_update(double loss, nn::Module& model) {
        run_.rate.push_back(rate_at(updates()));
        run_.loss.push_back(loss);
        const double smoothed = smoothed_.add(loss);
        const bool last = updates() == options_.updates;
        if (options_.on_update) options_.on_update();
        if (options_.metric == RangeMetric::train_loss)
            add_point(smoothed);
        else if (last || updates() % options_.evaluate_every == 0)
            add_point(validate(model));
        if (smoothed_.diverged())
            run_.end = SweepEnd::diverged;
        else if (last)
            run_.end = SweepEnd::completed;
        return last || smoothed_.diverged() ? train::Control::stop : train::Control::proceed;
    }

    void add_point(double value) {
        run_.curve.rate.push_back(run_.rate.back());
        run_.curve.value.push_back(value);
    }

    double validate(nn::Module& model) const {
        const train::Evaluation e = train::evaluate(model, *options_.validation);
        if (options_.metric == RangeMetric::validation_loss) return e.loss;
        if (options_.metric == RangeMetric::accuracy) return e.accuracy;
        return e.balanced_accuracy;
    }

    const RangeTestOptions& options_;
    const data::Dataset& train_;
    RangeRun& run_;
    sweep::SmoothedLoss smoothed_;
    OptimizerFactory make_optimizer_;
};

void check_options(const RangeTestOptions& o) {
    const auto require = [](bool ok, const char* expected, auto got) {
        check<UsageError>(ok, "range_test", "expected ", expected, ", got ", got);
    };
    require(std::isfinite(o.from) && o.from > 0, "a first rate > 0", o.from);
    check<UsageError>(std::isfinite(o.to) && o.to > o.from, "range_test", "expected a last rate above the first, got ",
                      o.to, " after ", o.from);
    require(o.updates >= 1, "at least one update", o.updates);
    require(o.batch_size >= 1, "a batch size of at least 1", o.batch_size);
    require(o.evaluate_every >= 1, "evaluate_every of at least 1", o.evaluate_every);
    require(o.balanced >= 0, "a number of images of each class, or 0 for all", o.balanced);
    require(o.smoothing >= 0 && o.smoothing < 1, "a smoothing in [0, 1)", o.smoothing);
    require(o.stop_factor > 1, "a stop_factor above 1", o.stop_factor);
    require(o.jobs >= 1 && o.threads >= 1, "at least one job and thread", std::min(o.jobs, o.threads));
    require(!o.seeds.empty(), "at least one seed", "none");
    require(o.metric == RangeMetric::train_loss || o.validation, "a validation set for this metric", "none");
}

void add_mean(RangeTest& test) {
    std::size_t points = test.runs.front().curve.rate.size();
    double variance = 0;
    for (const RangeRun& run : test.runs) {
        points = std::min(points, run.curve.rate.size());
        variance += run.curve.noise * run.curve.noise;
    }
    const auto runs = static_cast<double>(test.runs.size());
    test.curve.higher_is_better = test.runs.front().curve.higher_is_better;
    test.curve.noise = std::sqrt(variance) / runs;
    test.curve.fractions_only = test.runs.front().curve.fractions_only;
    for (std::size_t i = 0; i < points; ++i) {
        double sum = 0, low = HUGE_VAL, high = -HUGE_VAL;
        for (const RangeRun& run : test.runs) {
            const double value = run.curve.value[i];
            sum += value;
            low = std::min(low, value);
            high = std::max(high, value);
        }
        test.curve.rate.push_back(test.runs.front().curve.rate[i]);
        test.curve.value.push_back(sum / runs);
        test.low.push_back(low);
        test.high.push_back(high);
    }
}

}  // namespace

std::string name_of(RangeMetric metric) {
    switch (metric) {
        case RangeMetric::train_loss:
            return "train loss";
        case RangeMetric::validation_loss:
            return "validation loss";
        case RangeMetric::accuracy:
            return "accuracy";
        case RangeMetric::balanced_accuracy:
            return "balanced accuracy";
    }
    return "?";
}

bool unbalanced(std::span<const std::int64_t> counts) {
    if (counts.empty()) return false;
    const double smallest = static_cast<double>(*std::min_element(counts.begin(), counts.end()));
    const double fair = std::accumulate(counts.begin(), counts.end(), 0.0) / static_cast<double>(counts.size());
    return smallest > 0 && smallest < 0.8 * fair;
}

OptimizerFactory sgd(const optim::SgdOptions& options) {
    return
        [options](const std::vector<Tensor>& parameters) { return std::make_unique<optim::Sgd>(parameters, options); };
}

data::Dataset balanced_subset(const data::Dataset& dataset, std::int64_t per_class, std::uint64_t seed) {
    const auto counts = dataset.class_counts();
    const std::int64_t smallest = counts.empty() ? 0 : *std::min_element(counts.begin(), counts.end());
    check(smallest > 0, dataset.source, "expected images of every class for a balanced subset");
    const std::int64_t take = std::min(per_class, smallest);
    const auto members = dataset.class_members();
    std::vector<std::int64_t> chosen;
    for (std::size_t c = 0; c < members.size(); ++c)
        for (const std::int64_t k : random_choice(counts[c], take, Random(seed, kBalanceStream + c)))
            chosen.push_back(members[c][static_cast<std::size_t>(k)]);
    std::sort(chosen.begin(), chosen.end());
    data::Dataset subset = dataset.subset(chosen);
    subset.source += ", balanced subset of " + std::to_string(take) + " of each class";
    return subset;
}

RangeTest range_test(const ModelFactory& model, const OptimizerFactory& optimizer, const data::Dataset& train,
                     const RangeTestOptions& given) {
    check_options(given);
    train.validate("range_test");
    RangeTestOptions options = given;
    const auto counts = train.class_counts();
    const bool balance =
        given.balance_batches && given.balanced == 0 && given.sampler.plain() && !given.loss && unbalanced(counts);
    if (balance)  // a batch smaller than the number of classes cannot hold them all
        options.sampler =
            options.batch_size < std::ssize(counts) ? data::sampler::balanced() : data::sampler::balanced_batch();
    RangeTest test{.metric = options.metric,
                   .balanced_batches = balance,
                   .runs = {},
                   .curve = {},
                   .low = {},
                   .high = {},
                   .provenance = this_process()};
    test.runs.resize(options.seeds.size());
    for (std::size_t i = 0; i < options.seeds.size(); ++i) test.runs[i].seed = options.seeds[i];
    run_jobs(test.runs.size(), options.jobs, options.threads, [&](std::size_t i) {
        RangeRun& run = test.runs[i];
        if (options.balanced == 0)
            OneSweep(optimizer, train, options, run)(model);
        else
            OneSweep(optimizer, balanced_subset(train, options.balanced, run.seed), options, run)(model);
    });
    add_mean(test);
    return test;
}

}  // namespace cyclone::lab
