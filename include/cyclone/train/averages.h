#pragma once
// Averages of the weights along a training, copies of them at the ends of cycles, and Lookahead:
//
//     auto swa = train::WeightAverage::swa({.start = Epochs{9}});
//     train::fit(model, sgd, train, {.epochs = 12, .weight_hooks = {&swa}});
//     swa.copy_into(model);
//     train::renew_batch_statistics(model, train);  // of batch norms, which belong to other weights

#include <cyclone/train/weight_hook.h>

#include <cstddef>
#include <utility>
#include <vector>

namespace cyclone::train {

/// The mean of the weights and buffers at some updates, summed in f64. Integers are left out.
class WeightAverage : public WeightHook {
public:
    /// Stochastic weight averaging (Izmailov et al. 2018, arXiv 1803.05407): all count the same.
    static WeightAverage swa(WeightTimes times = {});
    /// Exponential moving average: the last counts (1 - decay) / (1 - decay^n), each one before it `decay` times the
    /// next, so that the first updates are not drawn to 0 (the correction of Kingma and Ba 2014, arXiv 1412.6980).
    /// By default after every update. Error unless 0 <= decay < 1.
    static WeightAverage ema(double decay, WeightTimes times = {.start = {}, .every = Iterations{1}});

    std::uint64_t count() const { return count_; }               ///< weights taken so far
    const WeightTimes& times() const { return clock_.times(); }  ///< when they are taken
    /// In the dtypes of the model. Error when none were taken.
    StateDict weights() const;
    /// Gives the model of the training, or one like it, the average. Errors: none were taken; another model.
    void copy_into(nn::Module& model) const;

    std::string name() const override { return name_; }
    std::string describe() const override;
    void begin(nn::Module& model, const optim::Optimizer& optimizer) override;
    void after_update(nn::Module& model, const optim::Optimizer& optimizer) override;
    StateDict state_dict() const override;
    void load_state_dict(const StateDict& state) override;

private:
    WeightAverage(const char* name, double decay, WeightTimes times);
    struct Entry {
        std::string name;
        Tensor weight, mean;  // of the model; f64
    };
    const char* name_;
    double decay_;  // 1: all count the same
    WeightClock clock_;
    std::vector<Entry> entries_;
    std::uint64_t count_ = 0;
};

/// A copy of all weights and buffers at the end of each cycle: the members of a snapshot ensemble (Huang et al. 2017,
/// arXiv 1704.00109), or with short triangular cycles of a fast geometric ensemble (Garipov et al. 2018, arXiv
/// 1802.10026). begin() is an Error where the schedule has no cycles and `times` no distance.
class Snapshots : public WeightHook {
public:
    /// See above.
    explicit Snapshots(WeightTimes times = {});

    /// The weights after a number of updates.
    struct Snapshot {
        std::uint64_t updates = 0;  ///< made until then
        StateDict weights;          ///< for Module::load_state_dict()
    };
    const WeightTimes& times() const { return clock_.times(); }  ///< when they are taken
    const std::vector<Snapshot>& all() const { return taken_; }  ///< in the order of the training

    std::string name() const override { return "snapshots"; }
    std::string describe() const override;
    void begin(nn::Module& model, const optim::Optimizer& optimizer) override;
    void after_update(nn::Module& model, const optim::Optimizer& optimizer) override;
    StateDict state_dict() const override;
    void load_state_dict(const StateDict& state) override;

private:
    WeightClock clock_;
    std::vector<Snapshot> taken_;
};

/// Options of Lookahead.
struct LookaheadOptions {
    /// Whether the running values of batch norms move with the weights, as in airbench94 (Jordan 2024, arXiv
    /// 2404.00498); by default they are left to the batches.
    bool buffers = false;
};

/// Lookahead (Zhang et al. 2019, arXiv 1907.08610): every `k` updates slow weights go the fraction `alpha` of the way
/// to those of the optimizer, which continues from there; its momentum stays. alpha may be a schedule over the updates,
/// such as 1 - decay^5 * (t / T)^3. Errors: k < 1, alpha outside (0, 1].
class Lookahead : public WeightHook {
public:
    /// See above.
    explicit Lookahead(std::int64_t k = 5, Schedule alpha = 0.5, LookaheadOptions options = {});

    std::string name() const override { return "lookahead"; }
    std::string describe() const override;
    void begin(nn::Module& model, const optim::Optimizer& optimizer) override;
    void after_update(nn::Module& model, const optim::Optimizer& optimizer) override;
    StateDict state_dict() const override;
    void load_state_dict(const StateDict& state) override;

private:
    struct Entry {
        std::string name;
        Tensor weight, slow;
    };
    std::uint64_t k_;
    Schedule alpha_;
    LookaheadOptions options_;
    std::vector<Entry> entries_;
};

}  // namespace cyclone::train
