#pragma once
// What fit() stores on the way, so that a training that was stopped or killed can be resumed without a trace.

#include <cyclone/io/safetensors.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace cyclone::train {

struct EpochRow;

/// Lists of numbers by their names; a checkpoint of version 0.1 gives its one list under the name "".
using CheckpointExtra = std::map<std::string, std::vector<double>>;

/// A checkpoint holds parameters, buffers, the optimizer's state and update number, the place in the epoch, the calling
/// thread's generator, the history and the best score so far. A resumed training gives the bits of one that was never
/// stopped (times apart) when data, options, build, machine and thread count are the same. Model, every group of the
/// optimizer, data and options are compared when a training is resumed; an Error names what differs. The order of the
/// optimizer's parameters may: its state is matched by their names.
struct CheckpointOptions {
    std::filesystem::path folder = {};  ///< an io::CheckpointFolder; empty: no checkpoints
    std::uint64_t every_updates = 0;    ///< every N updates; 0: not by their number
    double every_minutes = 5;           ///< when the last one is older; 0: not by the clock
    int keep = 3;                       ///< newest ones kept
    bool keep_best = true;              ///< also `best.ckpt`, written after each epoch that has a new best score
    /// Higher is better, NaN never is. By default minus the loss: of the validation set, or without one of the
    /// training.
    std::function<double(const EpochRow&)> score = {};
    /// Resumes from the newest undamaged checkpoint in `folder`; starts from the beginning when there is none. The best
    /// score so far is that of best.ckpt.
    bool resume = false;
    /// Written into every checkpoint besides what fit() writes. With Classifier::metadata() a checkpoint can be read as
    /// a Classifier.
    io::Metadata metadata = {};
    /// Numbers of the caller that belong to the training, such as what its hooks have gathered: asked for at each
    /// checkpoint, and given back when the training resumes from one (empty when it holds none).
    std::function<CheckpointExtra()> save_extra = {};
    std::function<void(const CheckpointExtra&)> load_extra = {};  ///< see save_extra
};

/// What happens when a loss, a gradient or a validation output is NaN or infinite.
enum class OnDivergence {
    stop,      ///< fit() throws Diverged
    skip,      ///< the batch is skipped: no update, no row in the history; counted
    roll_back  ///< returns to the last checkpoint and lowers the learning rate; needs CheckpointOptions::folder
};

/// What fit() does about losses, gradients and outputs that are not finite.
struct DivergenceOptions {
    OnDivergence action = OnDivergence::stop;  ///< see there
    bool check_gradients = true;               ///< before each update; false: only the loss is checked
    int max_skips = 10;                        ///< in a row; then Diverged
    int max_roll_backs = 5;                    ///< in total; then Diverged
    double factor = 0.5;                       ///< on the learning rate at each roll back, in (0, 1)
};

}  // namespace cyclone::train
