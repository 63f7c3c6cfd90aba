#pragma once
// History: what happened in a training, update by update and epoch by epoch.

#include <cyclone/train/evaluate.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cyclone::train {

/// One update of the parameters.
struct UpdateRow {
    std::uint64_t update = 0;      ///< number of the update, as the schedules count: the first is 0
    std::int64_t epoch = 0;        ///< the first is 1
    double lr = 0;                 ///< the learning rate that was used
    double loss = 0;               ///< of the batch, before the update
    double images_per_second = 0;  ///< over this update, waiting for the batch included
};

/// One pass over the training set.
struct EpochRow {
    std::int64_t epoch = 0;                     ///< the first is 1
    std::uint64_t updates = 0;                  ///< made so far, by the optimizer's count
    double train_loss = 0;                      ///< mean over the images of the losses seen during the epoch
    double seconds = 0;                         ///< of training, without the validation
    double images_per_second = 0;               ///< over the epoch
    std::optional<Evaluation> validation = {};  ///< of FitOptions::validation; its confusion matrix see History::add()
};

/// A number that a Recorder measured at every update, or at some of them.
struct Series {
    std::string name;                        ///< "gradient_norm"
    std::vector<std::uint64_t> update = {};  ///< UpdateRow::update, rising
    std::vector<double> value = {};          ///< as many
};

/// The updates and epochs of a training.
class History {
public:
    /// Every update, in order.
    const std::vector<UpdateRow>& updates() const { return updates_; }
    const std::vector<EpochRow>& epochs() const { return epochs_; }  ///< complete epochs only
    bool stopped() const { return stopped_; }                        ///< ended early, by a hook or the stop flag
    std::int64_t skipped() const { return skipped_; }                ///< batches left out (OnDivergence::skip)
    std::int64_t roll_backs() const { return roll_backs_; }  ///< returns to a checkpoint (OnDivergence::roll_back)
    /// The epoch whose weights are in best.ckpt (CheckpointOptions::keep_best). After a return to a checkpoint it may
    /// be one that epochs() no longer has.
    const std::optional<EpochRow>& best() const { return best_; }
    /// How many of epochs() come from the checkpoint that the training resumed from or returned to: a callback that
    /// acts on an epoch has seen these.
    std::size_t restored() const { return restored_; }

    /// What recorders measured (FitOptions::record), in the order in which each measured first.
    const std::vector<Series>& series() const { return series_; }
    /// The series of this name; null where there is none.
    const Series* series(std::string_view name) const;

    /// Reserves space, so that adding rows does not allocate.
    void reserve(std::size_t updates, std::size_t epochs);
    /// Appends an update.
    void add(const UpdateRow& row) { updates_.push_back(row); }
    /// Appends an epoch, without the confusion matrix of more than two classes: it grows with their square.
    void add(EpochRow row);
    /// Appends a value to the series of this name, which begins with its first value. Error unless the update is
    /// behind those of the series.
    void record(std::string_view name, std::uint64_t update, double value);
    /// See best().
    void set_best(std::optional<EpochRow> row) { best_ = std::move(row); }
    /// See restored().
    void set_restored(std::size_t epochs) { restored_ = epochs; }
    /// See stopped().
    void set_stopped() { stopped_ = true; }
    /// See skipped() and roll_backs().
    void set_incidents(std::int64_t skipped, std::int64_t roll_backs) { skipped_ = skipped, roll_backs_ = roll_backs; }

    /// One line per update under the header `update,epoch,learning_rate,loss,images_per_second,epoch_loss,
    /// validation_loss,validation_accuracy,validation_auc,validation_average_precision,validation_f1`, followed by
    /// `validation_` and the name of each other metric of metrics::table(), where a validation had no classes but
    /// targets by `validation_mean_absolute_error`, and by the names of series() where there are any. The values of an
    /// epoch are in the line of its last update; cells without a value are empty. Nine significant digits with a
    /// decimal point whatever the locale, lines end with LF, quoting as in RFC 4180 (nothing needs it). Equal histories
    /// give equal text except for images_per_second.
    std::string csv() const;
    /// csv() into a file that appears whole or not at all. Error naming the file.
    void write_csv(const std::filesystem::path& path) const;

private:
    std::vector<UpdateRow> updates_;
    std::vector<EpochRow> epochs_;
    std::vector<Series> series_;
    std::optional<EpochRow> best_;
    std::size_t restored_ = 0;
    bool stopped_ = false;
    std::int64_t skipped_ = 0, roll_backs_ = 0;
};

}  // namespace cyclone::train
