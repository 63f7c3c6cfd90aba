#pragma once
// What `cyclone train` is asked to do.

#include <cyclone/data/open_options.h>

#include <cstdint>
#include <string>

#include <cyclone/lab/record.h>
#include <cyclone/nn/module.h>
#include <cyclone/schedule/length.h>

#include "cli/data_options.h"
#include "cli/options.h"

namespace cyclone::cli {

struct TrainSettings {
    std::string data, validation, test;  ///< paths; the last two also a fraction, empty: the data's own or 0.15
    std::uint64_t data_seed = 1;
    data::OpenOptions open;  ///< how the data are read
    std::string positive;    ///< of two classes, by name or number; empty: the second
    std::string model = "study";
    std::string schedule = "one-cycle", step_size = "2epochs";
    std::optional<double> base_lr;  ///< default: a fifteenth of max, as in the study
    double max_lr = 0.03;
    bool find_lr = false;
    std::string optimizer = "sgd";
    double momentum = 0, weight_decay = 0;
    std::string rebalance = "none", augment = "none";
    std::int64_t epochs = 12, batch_size = 32, accumulate = 1;
    std::optional<std::int64_t> slice;  ///< default: by the network's size
    bool drop_last = false;
    std::string precision = "f32";  ///< never automatic after TrainOptions::settings()
    std::string init;               ///< weights to start from
    std::string layout;             ///< of `init`
    nn::LoadOptions init_options() const;
    std::string freeze, groups, unfreeze;  ///< patterns of names; "head.*:lr*10"
    bool swa = false, snapshots = false;
    std::optional<double> ema;  ///< decay
    std::string lookahead;      ///< "5,0.5"
    std::string average_start;  ///< of SWA and snapshots, see average_start()
    std::uint64_t seed = 1;
    std::string record;  ///< recorders, such as "norms,curvature:every=50"
    std::string monitor = "min:val_loss";
    std::int64_t patience = 0;  ///< 0: no early stopping
    std::string threshold = "f1";
    int threads = 0;  ///< 0: as many as processors
    int ranks = 0;    ///< 0: as many as a launcher started
    std::string out;
    bool resume = false, overwrite = false, quiet = false, json = false, watch = false, tensorboard = false;

    bool silent() const { return quiet || json; }
    std::int64_t images_per_update() const { return batch_size * accumulate; }
};

/// When SWA and snapshots begin in a run of `epochs`: --average-start, by default after 3/4 of it for SWA (Izmailov et
/// al. 2018) and at once for snapshots.
std::optional<Length> average_start(const TrainSettings& settings, double epochs, bool swa);

/// The options of `cyclone train`.
class TrainOptions {
public:
    explicit TrainOptions(Options& options);

    const std::string& out() const { return s_.out; }
    int ranks() const { return s_.ranks; }
    bool resumes() const { return s_.resume && !s_.out.empty(); }
    bool has_fewer_epochs() const { return has_fewer_epochs_; }  ///< than the folder that is resumed, after settings()

    /// Everything in effect, checked. What the folder that is resumed was started with is filled in; UsageError where
    /// the command line says something else.
    TrainSettings& settings(const lab::TrainingRecord* earlier);

private:
    void fill_in(const Settings& stored);
    void check_epochs(const std::string& stored);

    Options& options_;
    TrainSettings s_;
    DataOptions data_;
    bool has_fewer_epochs_ = false;
};

}  // namespace cyclone::cli
