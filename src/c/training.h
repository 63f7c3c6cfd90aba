#pragma once
// A training of a C program: what was given, and what came of it.

#include <cyclone/data/dataset.h>
#include <cyclone/nn/sequential.h>
#include <cyclone/optim/optimizer.h>
#include <cyclone/train/classifier.h>
#include <cyclone/train/history.h>
#include <cyclone/train/rebalancing.h>

#include <atomic>
#include <cfenv>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "c/call.h"
#include "c/objects.h"
#include "c/settings.h"

namespace cyclone::c {

struct TrainingObject : Object {
    using Handle = cyclone_training;
    static constexpr const char* kName = "training";

    Settings settings;
    std::optional<data::Dataset> train, validation;  // without names of classes
    std::vector<std::string> class_names;            // empty: numbers
    std::pair<cyclone_on_update, void*> on_update{};
    std::pair<cyclone_on_epoch, void*> on_epoch{};

    train::History history;
    std::optional<train::Classifier> trained;
    std::string notes;

    std::atomic<bool> stop{false}, busy{false};
};

/// While it lives, calls of other threads and of callbacks find the training busy.
class InUse {
public:
    InUse(std::string_view where, TrainingObject& training) : training_(training) {
        check<BusyError>(!training_.busy.exchange(true), where,
                         "the training is used by another call (hint: cyclone_training_stop() ends a run)");
    }
    ~InUse() { training_.busy = false; }
    InUse(const InUse&) = delete;
    InUse& operator=(const InUse&) = delete;

private:
    TrainingObject& training_;
};

/// A stop counts for the run that it ends, or that comes next.
class StopOnce {
public:
    explicit StopOnce(TrainingObject& training) : training_(training) {}
    ~StopOnce() { training_.stop = false; }
    StopOnce(const StopOnce&) = delete;
    StopOnce& operator=(const StopOnce&) = delete;

private:
    TrainingObject& training_;
};

/// Threads as the settings ask for; afterwards the calling thread has its own number again, and its treatment of
/// denormal numbers, which fit() changes.
class CallersState {
public:
    explicit CallersState(int threads);
    ~CallersState();
    CallersState(const CallersState&) = delete;
    CallersState& operator=(const CallersState&) = delete;

private:
    int before_;
    std::fenv_t environment_{};
};

/// Everything that follows from data and settings, as `cyclone train` makes it.
struct Job {
    Job(std::string_view where, const TrainingObject& training);

    const Settings& s;
    data::Splits data;
    train::Rebalancing balance;
    data::Augmentation augmentation;
    std::uint64_t updates_per_epoch = 0;

    std::uint64_t updates() const { return static_cast<std::uint64_t>(s.epochs) * updates_per_epoch; }
    /// The same weights for the same seed. `notes` gets what was not used of init.
    nn::Sequential network(std::string* notes = nullptr) const;
    /// With first weights drawn by the calling thread's generator.
    nn::Sequential drawn_network(std::string* notes = nullptr) const;
    Schedule schedule() const { return schedule(s.schedule); }
    /// Another one between the same rates.
    Schedule schedule(const std::string& text) const { return schedule(text, updates_per_epoch); }
    Schedule schedule(const std::string& text, std::uint64_t per_epoch) const;  ///< with epochs of `per_epoch` updates
    std::unique_ptr<optim::Optimizer> optimizer(const std::vector<Tensor>& parameters, const optim::Hyper& rate) const;
    train::Classifier classifier(const nn::Sequential& network) const;
};

}  // namespace cyclone::c
