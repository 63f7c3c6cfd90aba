#pragma once
// The checkpoints of one fit(): when they are due, what they hold, and the return to one.

#include <cyclone/io/checkpoint_folder.h>
#include <cyclone/train/diverged.h>
#include <cyclone/train/fit_options.h>

#include <chrono>
#include <optional>

#include "train/identity.h"
#include "train/training_state.h"

namespace cyclone::train {

class CheckpointStore {
public:
    CheckpointStore(nn::Module& model, optim::Optimizer& optimizer, const TrainingSet& train,
                    const FitOptions& options);

    /// Under `checkpoint.resume`: loads the newest checkpoint into model, optimizer, generator and `state`; false when
    /// there is none. Otherwise an Error when there is one.
    bool resume(TrainingState& state);
    /// After an update: whether its number or the clock asks for a checkpoint.
    bool is_due() const;
    /// Writes a checkpoint, unless weights or optimizer state are not finite.
    void save(TrainingState& state);
    /// Writes the best checkpoint, if this epoch is it, and one that is due.
    void epoch_ended(TrainingState& state, const EpochRow& row);
    /// Returns to the last checkpoint with a lower rate. Rethrows `why` when that was done too often.
    void roll_back(TrainingState& state, const Diverged& why);

private:
    using Clock = std::chrono::steady_clock;
    bool is_finite() const;
    [[noreturn]] void give_up(const Diverged& why);
    io::WeightsFile pack_now(TrainingState& state) const;
    template <class Load>
    std::optional<io::StoredCheckpoint> for_all_ranks(Load load) const;
    std::optional<io::StoredCheckpoint> load_newest();
    void restore_best(TrainingState& state);
    void restore(TrainingState& state, const io::StoredCheckpoint& checkpoint);

    nn::Module& model_;
    optim::Optimizer& optimizer_;
    const FitOptions& options_;
    std::optional<io::CheckpointFolder> folder_;  // of the first rank, which alone reads and writes
    io::Metadata identity_;
    Clock::time_point saved_at_ = Clock::now();
    std::optional<std::uint64_t> rolled_back_to_;  // since when no checkpoint was written
};

}  // namespace cyclone::train
