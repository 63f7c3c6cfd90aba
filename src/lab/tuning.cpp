// Tunes a constant learning rate.
#include <cyclone/base/error.h>
#include <cyclone/base/read_number.h>
#include <cyclone/lab/tuning.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

namespace cyclone::lab {
namespace {

constexpr double kTrainFraction = 0.8;

// Enough for a rate, and easier to read and to type.
double two_digits(double value) {
    char text[32];
    const auto end = std::to_chars(text, text + sizeof text, value, std::chars_format::scientific, 1).ptr;
    read_number(text, end, value);
    return value;
}

bool better(const RateTrial& a, const RateTrial& b) {
    if (!std::isfinite(a.auc)) return false;
    if (!std::isfinite(b.auc) || a.auc != b.auc) return !std::isfinite(b.auc) || a.auc > b.auc;
    return a.log_loss < b.log_loss;
}

}  // namespace

void fields(io::JsonFields& f, RateTrial& trial) {
    f("rate", trial.rate);
    f.choice("status", trial.status, std::span<const RunStatus>(kStatuses));
    f("validation_auc", trial.auc);
    f("validation_log_loss", trial.log_loss);
}

void fields(io::JsonFields& f, Tuning& tuning) {
    f("rate", tuning.rate);
    check(std::isfinite(tuning.rate) && tuning.rate > 0, "tuning", "expected a rate above 0");
    f("trials", tuning.trials);
}

std::vector<double> tuning_grid(double base, double max, int count) {
    check(std::isfinite(base) && std::isfinite(max) && base >= 0 && max > 0 && base <= max, "tuning_grid",
          "expected 0 <= base <= max and max > 0, got ", base, " and ", max);
    check(count >= 3, "tuning_grid", "expected at least 3 rates, got ", count);
    const double low = base > 0 ? base : max / 100;
    const int steps = count - 2;  // from low to max
    std::vector<double> rates;
    rates.reserve(static_cast<std::size_t>(count));
    for (int i = 0; i < steps; ++i)
        rates.push_back(two_digits(low * std::pow(max / low, static_cast<double>(i) / steps)));
    rates.push_back(max);
    rates.push_back(2 * max);
    rates.erase(std::unique(rates.begin(), rates.end()), rates.end());
    return rates;
}

Tuning tune_constant(const data::Dataset& train, std::span<const double> rates, const ComparisonOptions& given) {
    check(!rates.empty() && !given.seeds.empty(), "tune_constant", "expected at least one rate and one seed");
    const auto [part, held_out] = train.split(kTrainFraction, given.seeds.front());
    ComparisonOptions options = given;
    options.schedules.clear();
    for (std::size_t i = 0; i < rates.size(); ++i)
        options.schedules.push_back({"rate " + std::to_string(i), Schedule(rates[i])});
    options.rebalancings.clear();
    options.held_out = nullptr;
    options.averages.clear();
    options.seeds = {given.seeds.front()};
    options.evaluate_each_epoch = false;
    options.evaluate_every = 0;
    options.known.clear();
    options.on_run = {};
    options.turn = {};
    options.keeps = {};
    options.checkpoint_folder = {};
    const std::vector<Run> runs = compare(part, held_out, options);
    Tuning tuning;
    const RateTrial* best = nullptr;
    for (std::size_t i = 0; i < rates.size(); ++i) {
        check(runs[i].status != RunStatus::stopped, "tune_constant", "stopped before all rates were tried");
        const bool finished = runs[i].status == RunStatus::finished;
        const double nan = std::numeric_limits<double>::quiet_NaN();
        tuning.trials.push_back(
            {rates[i], runs[i].status, finished ? runs[i].test.auc : nan, finished ? runs[i].test.log_loss : nan});
    }
    for (const RateTrial& trial : tuning.trials)
        if (!best || better(trial, *best)) best = &trial;
    check(std::isfinite(best->auc), "tune_constant", "no rate gave an AUC on the validation part",
          runs.front().message.empty() ? "" : " (" + runs.front().message + ")");
    tuning.rate = best->rate;
    return tuning;
}

}  // namespace cyclone::lab
