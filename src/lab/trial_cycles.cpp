// Trial cycles: short trainings that confirm or correct what a range test suggests.
#include <cyclone/base/number_text.h>
#include <cyclone/base/random.h>
#include <cyclone/data/splits.h>
#include <cyclone/lab/trial_cycles.h>
#include <cyclone/schedule/cyclic.h>
#include <cyclone/train/class_fractions.h>
#include <cyclone/train/evaluate.h>
#include <cyclone/train/fit.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "lab/group_rates.h"
#include "lab/workers.h"

namespace cyclone::lab {
namespace {

using number_text::significant;

constexpr std::size_t kParts = 10;      // enough for a standard error, few enough that each holds several images
constexpr double kSmallestGain = 0.05;  // below the class fractions, as for a sweep (analysis/range_rules.h)
constexpr double kRatio = 4;            // of max to base
constexpr std::int64_t kFewestImages = 100;
constexpr double kFewestHeldOut = 100;  // where a fifth is as many
// A trial draws from at most this many times the images that it sees: large data then need no second copy.
constexpr double kPool = 4;

/// What the trials train on, and the images that judge them, in parts with the class fractions of all.
struct TrialData {
    data::Dataset train;
    std::vector<data::Dataset> parts;
    std::int64_t held_out = 0;
};

std::vector<data::Dataset> parts_of(const data::Dataset& all, std::span<const std::int64_t> held_out) {
    const auto* label = all.labels.data<std::int64_t>();
    std::vector<std::int64_t> by_class(held_out.begin(), held_out.end());
    std::stable_sort(by_class.begin(), by_class.end(),
                     [&](std::int64_t a, std::int64_t b) { return label[a] < label[b]; });
    std::vector<data::Dataset> parts;
    for (std::size_t p = 0; p < kParts; ++p) {
        std::vector<std::int64_t> members;
        for (std::size_t i = p; i < by_class.size(); i += kParts) members.push_back(by_class[i]);
        parts.push_back(all.subset(members));
    }
    return parts;
}

TrialData divide(const data::Dataset& all, std::int64_t images_of_trial, std::uint64_t seed) {
    const auto images = static_cast<double>(all.size()), seen = static_cast<double>(images_of_trial);
    const double held_out = std::min(0.2, std::max(seen / 2, kFewestHeldOut) / images);
    const double unused = 1 - held_out - kPool * seen / images;
    const auto index = data::split_indices(all.labels.values<std::int64_t>(),
                                           {.validation = std::max(0.0, unused), .test = held_out, .seed = seed});
    return {all.subset(index.train), parts_of(all, index.test), std::ssize(index.test)};
}

/// Mean loss of a model on some images; see trial_cycles().
double loss_on(nn::Module& model, const data::Dataset& part, const RangeTestOptions& o,
               std::span<const double> class_weight) {
    constexpr float kSmallest = 1e-30F;  // a probability that f32 rounds to 0 has a logarithm all the same
    const Tensor probability = train::predict(model, part);
    const auto p = probability.values<float>();
    const auto labels = part.labels.values<std::int64_t>();
    const auto classes = static_cast<std::size_t>(probability.size(1));
    if (o.loss) {
        std::vector<float> logits(p.begin(), p.end());
        for (float& value : logits) value = std::log(std::max(value, kSmallest));
        return o.loss(Tensor::from(logits, probability.shape()), part.labels).item();
    }
    double sum = 0, weights = 0;
    for (std::size_t i = 0; i < labels.size(); ++i) {
        const auto label = static_cast<std::size_t>(labels[i]);
        sum -= class_weight[label] * std::log(static_cast<double>(std::max(p[i * classes + label], kSmallest)));
        weights += class_weight[label];
    }
    return sum / weights;
}

void run(TrialCycle& trial, const ModelFactory& make_model, const OptimizerFactory& make_optimizer,
         const TrialData& data, const RangeTestOptions& o, std::int64_t updates, std::uint64_t seed) {
    manual_seed(seed);
    const auto model = make_model();
    check(model != nullptr, "trial_cycles", "the factory made no model");
    const auto optimizer = make_optimizer(model->parameters());
    check(optimizer != nullptr, "trial_cycles", "the factory made no optimizer");
    const Schedule rate = schedule::triangular(
        {.base = trial.base,
         .max = trial.max,
         .step_size = Iterations{static_cast<std::uint64_t>(std::max<std::int64_t>(1, updates / 2))}});
    std::int64_t done = 0;
    optimizer->before_update(
        [&](optim::Update& u) { set_rates(u.groups, rate.value(static_cast<std::uint64_t>(done))); });
    train::FitOptions fit{.epochs = updates,  // of at least one update each
                          .batch_size = o.batch_size,
                          .seed = seed,
                          .loss = o.loss,
                          .sampler = o.sampler,
                          .augmentation = o.augmentation,
                          .progress = train::ProgressMode::off};
    fit.stop = o.stop;
    fit.after_update = [&](const train::UpdateRow&) {
        if (o.on_update) o.on_update();
        return ++done == updates ? train::Control::stop : train::Control::proceed;
    };
    const auto drawn = train::drawn_class_counts(data.train, fit), counts = data.train.class_counts();
    std::vector<double> weight;
    for (std::size_t c = 0; c < counts.size(); ++c)
        weight.push_back(counts[c] > 0 ? static_cast<double>(drawn[c]) / static_cast<double>(counts[c]) : 1);
    try {
        train::fit(*model, *optimizer, data.train, fit);
        if (done < updates) return;
        for (const data::Dataset& part : data.parts) trial.losses_of_parts.push_back(loss_on(*model, part, o, weight));
        trial.loss = std::accumulate(trial.losses_of_parts.begin(), trial.losses_of_parts.end(), 0.0) /
                     static_cast<double>(kParts);
        trial.end = std::isfinite(trial.loss) ? SweepEnd::completed : SweepEnd::diverged;
    } catch (const train::Diverged&) {
        trial.end = SweepEnd::diverged;
    }
    if (trial.end == SweepEnd::diverged) {
        trial.loss = HUGE_VAL;
        trial.losses_of_parts.clear();
    }
}

bool learned(const TrialCycle& trial, double fractions_only) {
    return trial.end == SweepEnd::completed && !(trial.loss > (1 - kSmallestGain) * fractions_only);  // NaN: not known
}

double distance(double a, double b) { return std::abs(std::log(a / b)); }

}  // namespace

const TrialCycle& TrialCycles::pair() const {
    check(chosen.has_value(), "trial cycles", "none was chosen: ", reason);
    return cycles.at(*chosen);
}

std::vector<double> trial_maxima(const TrialOptions& trials) {
    check(std::isfinite(trials.max) && trials.max > 0, "trial_maxima", "expected a rate > 0, got ", trials.max);
    constexpr double kOfSeries = 0.1;
    const double nearest = kOfSeries * std::exp2(std::round(std::log2(trials.max / kOfSeries)));
    return {nearest / 2, nearest, 2 * nearest, 4 * nearest};
}

double error_of_difference(const TrialCycle& a, const TrialCycle& b) {
    const std::size_t parts = std::min(a.losses_of_parts.size(), b.losses_of_parts.size());
    if (parts < 2) return NAN;
    const auto n = static_cast<double>(parts);
    double mean = 0, square = 0;
    for (std::size_t i = 0; i < parts; ++i) mean += (a.losses_of_parts[i] - b.losses_of_parts[i]) / n;
    for (std::size_t i = 0; i < parts; ++i) square += std::pow(a.losses_of_parts[i] - b.losses_of_parts[i] - mean, 2);
    return std::sqrt(square / (n - 1) / n);
}

void judge(TrialCycles& t, double suggested) {
    t.chosen.reset();
    t.too_short = false;
    const auto none = [&t](std::string reason) { t.reason = std::move(reason); };
    if (t.cycles.empty()) return none("nothing was tried");
    const auto ended = [](SweepEnd end) { return [end](const TrialCycle& c) { return c.end == end; }; };
    if (std::any_of(t.cycles.begin(), t.cycles.end(), ended(SweepEnd::stopped))) return none("the trials were stopped");
    if (std::all_of(t.cycles.begin(), t.cycles.end(), ended(SweepEnd::diverged)))
        return none("all trials diverged (hint: a lower last rate of the sweep)");
    const TrialCycle* best = nullptr;
    bool some_fail = false;
    for (const TrialCycle& c : t.cycles) {
        some_fail = some_fail || !c.fails_with.empty();
        if (learned(c, t.fractions_only) && c.fails_with.empty() && (!best || c.loss < best->loss)) best = &c;
    }
    t.too_short = best == nullptr;
    if (t.too_short)
        return none(
            "in " + std::to_string(t.updates) + " updates no trial came below what the class fractions alone give, " +
            significant(t.fractions_only, 2) + (some_fail ? ", with every seed" : "") + " (hint: more updates)");
    const TrialCycle* chosen = best;
    for (const TrialCycle& c : t.cycles)
        if (c.fails_with.empty() && c.loss - best->loss <= error_of_difference(c, *best) &&
            distance(c.max, suggested) < distance(chosen->max, suggested))
            chosen = &c;
    t.chosen = static_cast<std::size_t>(chosen - t.cycles.data());
    t.reason = chosen == best
                   ? "it has the lowest loss of all trials" +
                         std::string(some_fail ? " that learn with every seed" : "") + ", " + significant(best->loss)
                   : "its trial is not shown to be worse than the best, and it is nearest to the sweep's";
}

std::int64_t trial_updates(const RangeTestOptions& options) { return std::max<std::int64_t>(2, options.updates / 2); }

TrialCycles trial_cycles(const ModelFactory& model, const OptimizerFactory& optimizer, const data::Dataset& given,
                         const TrialOptions& what, const RangeTestOptions& options) {
    check<UsageError>(what.updates >= 0, "trial_cycles", "expected a number of updates, or 0 for half a sweep, got ",
                      what.updates);
    check<UsageError>(!options.seeds.empty() && options.batch_size >= 1 && options.jobs >= 1 && options.threads >= 1,
                      "trial_cycles", "expected a seed, and at least one image per batch, job and thread");
    TrialCycles trials{.updates = what.updates > 0 ? what.updates : trial_updates(options)};
    const std::vector<double> maxima = trial_maxima(what);
    given.validate("trial_cycles");
    const std::uint64_t seed = options.seeds.front();
    const data::Dataset all = options.balanced > 0 ? balanced_subset(given, options.balanced, seed) : given;
    TrialData data;
    if (all.size() >= kFewestImages) data = divide(all, trials.updates * options.batch_size, seed);
    if (data.held_out < 2 * std::int64_t{kParts}) {
        trials.reason = "of " + std::to_string(all.size()) + " training images too few can be held out for trials";
        return trials;
    }
    trials.trained_on = data.train.size();
    trials.held_out = data.held_out;
    trials.fractions_only = train::loss_of_fractions(
        train::drawn_class_counts(data.train,
                                  {.batch_size = options.batch_size, .seed = seed, .sampler = options.sampler}),
        options.loss);
    for (const double rate : maxima) trials.cycles.push_back({.base = rate / kRatio, .max = rate});
    run_jobs(trials.cycles.size(), options.jobs, options.threads,
             [&](std::size_t i) { run(trials.cycles[i], model, optimizer, data, options, trials.updates, seed); });
    judge(trials, what.max);
    while (trials.chosen) {
        TrialCycle& chosen = trials.cycles[*trials.chosen];
        std::vector<TrialCycle> again(options.seeds.size() - 1, TrialCycle{.base = chosen.base, .max = chosen.max});
        run_jobs(again.size(), options.jobs, options.threads, [&](std::size_t i) {
            run(again[i], model, optimizer, data, options, trials.updates, options.seeds[i + 1]);
        });
        for (std::size_t i = 0; i < again.size(); ++i) {
            if (again[i].end == SweepEnd::stopped) chosen.end = SweepEnd::stopped;
            if (!learned(again[i], trials.fractions_only)) chosen.fails_with.push_back(options.seeds[i + 1]);
        }
        if (chosen.fails_with.empty()) break;
        judge(trials, what.max);
    }
    return trials;
}

}  // namespace cyclone::lab
