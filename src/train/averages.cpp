// Averages, snapshots and Lookahead.

#include <cyclone/base/error.h>
#include <cyclone/schedule/definition.h>
#include <cyclone/train/averages.h>

#include <algorithm>
#include <cmath>

#include "kernels/optimizer.h"

namespace cyclone::train {
namespace {

constexpr const char *kCount = "count", *kMean = "mean.", *kUpdates = "updates", *kSlow = "slow.";

bool is_floating(const Tensor& t) { return t.dtype() == DType::f32 || t.dtype() == DType::f64; }

// The elements of the i64 tensor of this name.
std::vector<std::int64_t> integers(const StateDict& state, const char* name, const std::string& whose) {
    const Tensor* found = state.find(name);
    check(found && found->dtype() == DType::i64, whose, "its state has no ", name);
    return found->to_vector<std::int64_t>();
}

void check_fits(const StateDict& expected, const StateDict& given, const std::string& whose) {
    const StateDictReport report = expected.compare(given);
    check(report.fits(), whose, "its state is of another model: ", report.str());
}

void check_alpha(double alpha, std::uint64_t update) {
    check<UsageError>(alpha > 0 && alpha <= 1, "lookahead", "expected alpha in (0, 1], got ", alpha, " at update ",
                      update);
}

}  // namespace

// --- averages ---

WeightAverage::WeightAverage(const char* name, double decay, WeightTimes times)
    : name_(name), decay_(decay), clock_(times) {}

WeightAverage WeightAverage::swa(WeightTimes times) { return {"swa", 1, times}; }

WeightAverage WeightAverage::ema(double decay, WeightTimes times) {
    check<UsageError>(decay >= 0 && decay < 1, "ema", "expected a decay in [0, 1), got ", decay,
                      " (hint: 0.999 averages over some 1000 updates)");
    return {"ema", decay, times};
}

std::string WeightAverage::describe() const {
    return name_ + (decay_ < 1 ? "(decay " + schedule::format_number(decay_) + ", " : std::string("(")) +
           clock_.times().describe() + ")";
}

void WeightAverage::begin(nn::Module& model, const optim::Optimizer&) {
    clock_.begin();
    std::vector<Entry> entries;
    for (const NamedTensor& t : model.state_dict())
        if (is_floating(t.tensor)) entries.push_back({t.name, t.tensor, Tensor::zeros(t.tensor.shape(), DType::f64)});
    const StateDict before = state_dict();
    entries_ = std::move(entries);
    if (count_ > 0) load_state_dict(before);  // of a fit() before
}

void WeightAverage::after_update(nn::Module&, const optim::Optimizer& optimizer) {
    if (!clock_.strikes(optimizer)) return;
    const auto n = static_cast<double>(++count_);
    const double weight = decay_ < 1 ? (1 - decay_) / (1 - std::pow(decay_, n)) : 1 / n;
    for (Entry& entry : entries_)
        visit_floating(entry.weight.dtype(), name_, [&](auto zero) {
            kernels::move_mean(entry.mean.mutable_data<double>(), entry.weight.data<decltype(zero)>(),
                               entry.weight.numel(), weight);
        });
}

StateDict WeightAverage::weights() const {
    check(count_ > 0, name_, "no weights were averaged: ", describe(), " (hint: the training ended before)");
    StateDict out;
    for (const Entry& entry : entries_) out.add(entry.name, entry.mean.to(entry.weight.dtype()));
    return out;
}

void WeightAverage::copy_into(nn::Module& model) const {
    StateDict floating;
    for (const NamedTensor& t : model.state_dict())
        if (is_floating(t.tensor)) floating.add(t.name, t.tensor);
    const StateDict average = weights();
    check_fits(floating, average, name_);
    average.copy_into(floating);
}

StateDict WeightAverage::state_dict() const {
    StateDict out{{kCount, Tensor::from({static_cast<std::int64_t>(count_)}, {1})}};
    if (count_ > 0)
        for (const Entry& entry : entries_) out.add(kMean + entry.name, entry.mean);
    return out;
}

void WeightAverage::load_state_dict(const StateDict& state) {
    const auto count = integers(state, kCount, name_);
    check(count.size() == 1 && count[0] >= 0, name_, "its state has no valid ", kCount);
    StateDict means;
    for (const Entry& entry : entries_) means.add(entry.name, entry.mean);
    if (count[0] > 0) {
        const StateDict given = state.with_prefix(kMean);
        check_fits(means, given, name_);
        given.copy_into(means);
    } else {
        for (Entry& entry : entries_) entry.mean.fill(0);
    }
    count_ = static_cast<std::uint64_t>(count[0]);
    clock_.begin();
}

// --- snapshots ---

Snapshots::Snapshots(WeightTimes times) : clock_(times) {}

std::string Snapshots::describe() const { return "snapshots(" + clock_.times().describe() + ")"; }

void Snapshots::begin(nn::Module&, const optim::Optimizer& optimizer) {
    check<UsageError>(clock_.times().every || optimizer.lr_is_cyclical(), "snapshots",
                      "expected a schedule with cycles, got ", optimizer.describe(),
                      " (hint: triangular, or a distance in WeightTimes::every)");
    clock_.begin();
}

void Snapshots::after_update(nn::Module& model, const optim::Optimizer& optimizer) {
    if (clock_.strikes(optimizer)) taken_.push_back({optimizer.updates(), model.state_dict().clone()});
}

StateDict Snapshots::state_dict() const {
    std::vector<std::int64_t> updates;
    for (const Snapshot& snapshot : taken_) updates.push_back(static_cast<std::int64_t>(snapshot.updates));
    StateDict out{{kUpdates, Tensor::from(updates, {static_cast<std::int64_t>(updates.size())})}};
    for (std::size_t i = 0; i < taken_.size(); ++i) out.add_with_prefix(std::to_string(i) + ".", taken_[i].weights);
    return out;
}

void Snapshots::load_state_dict(const StateDict& state) {
    std::vector<Snapshot> taken;
    for (const std::int64_t updates : integers(state, kUpdates, name())) {
        const StateDict weights = state.with_prefix(std::to_string(taken.size()) + ".");
        check(updates > 0 && !weights.empty(), name(), "its state has no snapshot ", taken.size() + 1);
        taken.push_back({static_cast<std::uint64_t>(updates), weights.clone()});
    }
    taken_ = std::move(taken);
    clock_.begin();
}

// --- Lookahead ---

Lookahead::Lookahead(std::int64_t k, Schedule alpha, LookaheadOptions options)
    : k_(static_cast<std::uint64_t>(k)), alpha_(std::move(alpha)), options_(options) {
    check<UsageError>(k >= 1, "lookahead", "expected k of at least 1 update, got ", k);
    if (!alpha_.needs_updates_per_epoch()) check_alpha(alpha_.value(0), 0);
}

std::string Lookahead::describe() const {
    return "lookahead(k=" + std::to_string(k_) + ", alpha=" + alpha_.describe() +
           (options_.buffers ? ", buffers)" : ")");
}

void Lookahead::begin(nn::Module& model, const optim::Optimizer& optimizer) {
    if (optimizer.updates_per_epoch() > 0) alpha_ = alpha_.with_updates_per_epoch(optimizer.updates_per_epoch());
    std::vector<Entry> entries;
    for (const NamedTensor& t : model.all_named_parameters())  // each once; frozen ones may be unfrozen later
        entries.push_back({t.name, t.tensor, t.tensor.detach().clone()});
    if (options_.buffers)
        for (const NamedTensor& t : model.named_buffers())
            if (is_floating(t.tensor)) entries.push_back({t.name, t.tensor, t.tensor.clone()});
    const StateDict before = state_dict();
    const bool goes_on = !entries_.empty();  // from a fit() before
    entries_ = std::move(entries);
    if (goes_on) load_state_dict(before);
}

void Lookahead::after_update(nn::Module&, const optim::Optimizer& optimizer) {
    const std::uint64_t made = optimizer.updates();
    if (made % k_ != 0) return;
    const double alpha = alpha_.value(made - 1);
    check_alpha(alpha, made - 1);
    for (Entry& entry : entries_)
        visit_floating(entry.weight.dtype(), "lookahead", [&](auto zero) {
            using T = decltype(zero);
            kernels::look_ahead(entry.slow.mutable_data<T>(), entry.weight.mutable_data<T>(), entry.slow.numel(),
                                static_cast<T>(alpha));
        });
}

StateDict Lookahead::state_dict() const {
    StateDict out;
    for (const Entry& entry : entries_) out.add(kSlow + entry.name, entry.slow);
    return out;
}

void Lookahead::load_state_dict(const StateDict& state) {
    StateDict slow;
    for (const Entry& entry : entries_) slow.add(entry.name, entry.slow);
    const StateDict given = state.with_prefix(kSlow);
    check_fits(slow, given, name());
    given.copy_into(slow);
}

}  // namespace cyclone::train
