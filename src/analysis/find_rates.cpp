// Sweeps, longer ones where they are needed, and trials of what they suggest.

#include <cyclone/analysis/find_rates.h>

#include <utility>

namespace cyclone::analysis {
namespace {

class Search {
public:
    Search(const lab::ModelFactory& model, const lab::OptimizerFactory& optimizer, const data::Dataset& train,
           const FindRatesOptions& options)
        : model_(model), optimizer_(optimizer), train_(train), options_(options), sweep_(options.sweep) {}

    FoundRates run() {
        FoundRates found{.test = sweeps(), .updates = sweep_.updates};
        Suggestions of_sweeps = suggest_of_seeds(found.test);
        found.pair = std::move(of_sweeps.pair);
        found.no_pair = std::move(of_sweeps.no_pair);
        if (!found.pair || options_.trials == 0 || stopped()) return found;
        found.trials = trials(*found.pair);
        found.pair = after_trials(*found.pair, *found.trials);
        return found;
    }

private:
    bool stopped() const { return sweep_.stop && *sweep_.stop; }

    void announce(std::string_view what, std::int64_t updates) const {
        if (options_.before) options_.before(what, updates);
    }

    // Twice and then four times as long where `enough` says no of what was measured.
    template <class Measure, class Enough>
    auto lengthened(std::int64_t& updates, bool may_be_longer, Measure measure, Enough enough) const {
        auto measured = measure();
        for (int longer = 0; longer < 2 && may_be_longer && !stopped() && !enough(measured); ++longer) {
            if (options_.report)
                options_.report("no gain beyond the class fractions within " + std::to_string(updates) +
                                " updates: again with " + std::to_string(2 * updates));
            updates *= 2;
            measured = measure();
        }
        return measured;
    }

    lab::RangeTest sweeps() {
        const auto measure = [&] {
            announce("sweeps", std::ssize(sweep_.seeds) * sweep_.updates);
            return lab::range_test(model_, optimizer_, train_, sweep_);
        };
        return lengthened(sweep_.updates, options_.lengthen_sweeps, measure,
                          [](const lab::RangeTest& test) { return !suggest_of_seeds(test).too_short; });
    }

    lab::TrialCycles trials(const RatePair& pair) const {
        lab::TrialOptions what{.max = pair.max, .updates = options_.trials.value_or(lab::trial_updates(sweep_))};
        const auto measure = [&] {
            announce("trials", what.updates * (std::ssize(lab::trial_maxima(what)) + std::ssize(sweep_.seeds) - 1));
            return lab::trial_cycles(model_, optimizer_, train_, what, sweep_);
        };
        return lengthened(what.updates, !options_.trials, measure,
                          [](const lab::TrialCycles& tried) { return !tried.too_short; });
    }

    const lab::ModelFactory& model_;
    const lab::OptimizerFactory& optimizer_;
    const data::Dataset& train_;
    const FindRatesOptions& options_;
    lab::RangeTestOptions sweep_;
};

}  // namespace

FoundRates find_rates(const lab::ModelFactory& model, const lab::OptimizerFactory& optimizer,
                      const data::Dataset& train, const FindRatesOptions& options) {
    return Search(model, optimizer, train, options).run();
}

}  // namespace cyclone::analysis
