// The training loop behind fit().

#include <cyclone/autograd/backward.h>
#include <cyclone/base/team.h>
#include <cyclone/base/threads.h>
#include <cyclone/data/loader.h>
#include <cyclone/ops/arithmetic.h>
#include <cyclone/train/fit.h>
#include <cyclone/train/ranks.h>
#include <cyclone/train/slices.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <limits>

#include "train/checkpoint_store.h"
#include "train/fit_checks.h"
#include "train/guard.h"
#include "train/recording.h"
#include "train/training_loss.h"
#include "train/training_set.h"

namespace cyclone::train {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t kReservedRows = 1 << 22;  // "train until stopped" may say a billion epochs
constexpr auto kHistoryInterval = std::chrono::seconds(30);

double seconds_between(Clock::time_point from, Clock::time_point to) {
    return std::chrono::duration<double>(to - from).count();
}

std::int64_t images_per_update(const FitOptions& o) {
    check<UsageError>(o.batch_size >= 1 && o.accumulate >= 1, "fit",
                      "expected a batch size and accumulate of at least 1, got ", o.batch_size, " and ", o.accumulate);
    constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
    return o.batch_size > kMost / o.accumulate ? kMost : o.batch_size * o.accumulate;
}

Slices slices_of(const nn::Module& model, const TrainingSet& train, const FitOptions& options) {
    const std::int64_t batch = std::min(images_per_update(options), train.images());
    SliceOptions slices = slice_options(model, train.image_shape(), batch);
    if (options.slice.value_or(0) != 0) slices.images = *options.slice;
    const std::int64_t group = model.row_group();
    check<UsageError>(options.slice.value_or(0) == 0 || slices.images % group == 0, "fit",
                      "expected slices of whole ghost batches, a multiple of ", group, " images, got ", slices.images);
    return options.ranks ? Slices(slices, *options.ranks, model) : Slices(slices);
}

// Recorders are hooks before all others. A rank that is not the first says and writes nothing.
FitOptions as_here(FitOptions options) {
    std::vector<WeightHook*> recorders;
    for (const auto& recorder : options.record) recorders.push_back(recorder.get());
    options.weight_hooks.insert(options.weight_hooks.begin(), recorders.begin(), recorders.end());
    if (!options.ranks || options.ranks->is_first()) return options;
    options.progress = ProgressMode::off;
    options.history.clear();
    options.report = [](const std::string&) {};
    return options;
}

class Training {
public:
    Training(nn::Module& model, optim::Optimizer& optimizer, const TrainingSet& train, const FitOptions& options)
        : model_(model),
          optimizer_(optimizer),
          train_(train),
          options_(as_here(options)),
          mode_(model),
          loss_(model, train_, options_),
          recording_(model, optimizer, train_, loss_, options_),
          slices_(slices_of(model, train, options_)),
          loader_(train.loader({.batch_size = images_per_update(options),
                                .seed = options.seed,
                                .drop_last = options.drop_last,
                                .sampler = options.sampler,
                                .augmentation = options.augmentation,
                                .part = part_of_batch()})),
          guard_(model, optimizer, options.divergence),
          progress_("training", options.epochs * loader_.batches_per_epoch(), options_.progress) {
        // A message does not stand behind the progress line.
        options_.report = [this, report = options_.report](const std::string& text) {
            progress_.clear();
            notify(report, text);
        };
        optimizer_.set_updates_per_epoch(static_cast<std::uint64_t>(loader_.batches_per_epoch()));
        state_.lr_factor = optimizer_.lr_factor();
        state_.first_epoch = static_cast<std::int64_t>(optimizer_.epochs());
        goes_by_slices();  // errors before a hook freezes what forbids slices and later unfreezes it
        begin_hooks(model, optimizer, options_.weight_hooks);
        if (!options.checkpoint.folder.empty()) store_.emplace(model, optimizer, train, options_);
        const bool resumed = store_ && store_->resume(state_);
        if (options.ranks) check_ranks(model, optimizer, train, options_);
        reserve_history();
        progress_.resume(state_.epochs_done * loader_.batches_per_epoch() + state_.batches);
        check_optimizer(model, optimizer, options_.report);
        if (state_.epochs_done < options.epochs) tell_of_the_schedule();
        if (options.ranks) tell_of_idle_ranks();
        if (store_ && !resumed) store_->save(state_);
    }

    History run() {
        std::optional<TeamLoops> loops;
        if (goes_by_slices()) loops.emplace();
        write_history();
        try {
            ask_callbacks();
            while (state_.epochs_done < options_.epochs && !all_stop()) run_epoch_or_roll_back();
        } catch (const Diverged& diverged) {
            write_history();
            throw Diverged(diverged.what(), std::make_shared<History>(std::move(state_.history)));
        } catch (...) {
            write_history();
            throw;
        }
        if (store_) store_->save(state_);
        if (state_.epochs_done < options_.epochs) state_.history.set_stopped();
        write_history();
        return std::move(state_.history);
    }

private:
    void run_epoch_or_roll_back() {
        try {
            run_epoch();
        } catch (const Diverged& diverged) {
            if (options_.divergence.action != OnDivergence::roll_back) throw;
            const std::int64_t done = state_.epochs_done * loader_.batches_per_epoch() + state_.batches;
            store_->roll_back(state_, diverged);
            reserve_history();
            progress_.add(state_.epochs_done * loader_.batches_per_epoch() + state_.batches - done);
        }
    }

    std::int64_t epoch() const { return state_.first_epoch + state_.epochs_done; }  // from 0

    // Whether to end here: a hook or flag of any rank ends all.
    bool all_stop() {
        if (options_.ranks) stop_ = options_.ranks->any(stop_);
        return stop_;
    }

    // The rows of a batch that this rank works on.
    std::function<std::pair<std::int64_t, std::int64_t>(std::int64_t)> part_of_batch() const {
        if (!options_.ranks) return {};
        return [this](std::int64_t rows) { return slices_.own_rows(rows); };
    }

    // The epoch, or what is left of it.
    void run_epoch() {
        mode_.remember();
        optimizer_.set_epochs(static_cast<std::uint64_t>(epoch()) + 1);
        loader_.set_epoch(epoch());
        loader_.skip(state_.batches);
        auto before = Clock::now();
        for (const data::Batch& batch : loader_) {
            if (options_.stop && *options_.stop) stop_ = true;
            if (all_stop()) break;
            UpdateRow row{.update = optimizer_.updates(), .epoch = epoch() + 1};
            const std::optional<double> loss = update(batch);
            const auto now = Clock::now();
            const double seconds = seconds_between(before, now);
            before = now;
            ++state_.batches;
            state_.seconds += seconds;
            progress_.add();
            if (!loss) continue;
            row.loss = *loss;
            row.lr = optimizer_.last_lr();
            row.images_per_second = static_cast<double>(batch.x.size(0)) / seconds;
            book(row, batch.x.size(0));
            if (store_ && state_.batches < loader_.batches_per_epoch() && store_->is_due()) {
                store_->save(state_);
                before = Clock::now();
            }
        }
        if (state_.batches < loader_.batches_per_epoch()) return;
        state_.seconds += seconds_between(before, Clock::now());
        finish_epoch();
    }

    void book(const UpdateRow& row, std::int64_t images) {
        state_.loss_sum += row.loss * static_cast<double>(images);
        state_.images += images;
        state_.history.add(row);
        if (progress_.visible()) show(row);
        if (options_.after_update && options_.after_update(row) == Control::stop) stop_ = true;
    }

    // One update; returns the loss before it, or nothing when the batch was skipped.
    std::optional<double> update(const data::Batch& batch) {
        recording_.before_gradients();
        guard_.before_batch();
        mode_.ensure();  // a hook may have changed it
        const Place place{batch.index, loader_.batches_per_epoch(), epoch() + 1};
        double value = 0;
        const bool good = pass(batch, value, place) && guard_.gradients_are_good(place);
        if (!good) {
            state_.history.set_incidents(state_.history.skipped() + 1, state_.history.roll_backs());
            if (guard_.skipped_in_a_row() == 1) notify(options_.report, guard_.message() + "; the batch is skipped");
            return std::nullopt;
        }
        recording_.before_update();
        optimizer_.step();
        for (WeightHook* hook : options_.weight_hooks) hook->after_update(model_, optimizer_);
        recording_.add_to(state_.history);
        return value;
    }

    bool goes_by_slices() const {
        const bool can = model_.separates_rows() && loss_.is_mean();
        check<UsageError>(
            !options_.ranks || (can && options_.slice != 0), "fit",
            "several ranks share the slices of a batch: expected a model that separates rows, a loss that "
            "is a mean over the batch, and not slice = 0 (hint: for a batch norm that trains ghost "
            "batches or freeze(); for a loss of your own loss_weight or batch_weight)");
        if (!options_.slice) return can;
        check<UsageError>(
            can || *options_.slice == 0, "fit", "slices need a model that separates rows and a loss that is ",
            "a mean over the batch (hint: slice = 0; for a model of your own separates_rows(), for a loss of ",
            "your own loss_weight or batch_weight; for a batch norm in training ghost batches)");
        return *options_.slice > 0;
    }

    // Forward and backward of one update; false when the guard says so.
    bool pass(const data::Batch& batch, double& value, const Place& place) {
        if (!goes_by_slices()) return pass_whole(batch, value, place);  // not with ranks
        const std::int64_t images = batch.x.size(0);
        const double whole = loss_.weight_of(batch);
        optimizer_.zero_grad();
        const auto part_of_loss = [&](std::int64_t first, std::int64_t count) {
            const data::Batch part = batch.rows(first, count);
            const Tensor loss = loss_.of(part);
            return count == images ? loss : loss * (whole > 0 ? loss_.weight_of(part) / whole : 0.0);
        };
        value = slices_.backward(images, std::ref(part_of_loss));  // a copy would be on the heap
        return guard_.loss_is_good(value, place);
    }

    // In parts under `accumulate`.
    bool pass_whole(const data::Batch& batch, double& value, const Place& place) {
        // Parts of nearly the same size: a batch norm could not train on a last one of one image.
        const std::int64_t images = batch.x.size(0), parts = data::batches_in(images, options_.batch_size);
        const double whole = parts > 1 ? loss_.weight_of(batch) : 1;
        for (std::int64_t i = 0; i < parts; ++i) {
            const std::int64_t first = images * i / parts, end = images * (i + 1) / parts;
            const data::Batch part = parts > 1 ? batch.rows(first, end - first) : batch;
            Tensor loss = loss_.of(part);
            check(loss.numel() == 1, "fit", "expected a loss of one number, got shape ", loss.shape());
            if (parts > 1) loss = loss * (whole > 0 ? loss_.weight_of(part) / whole : 0.0);
            const double here = loss.item();
            value += here;
            if (!guard_.loss_is_good(here, place)) return false;
            if (i == 0) optimizer_.zero_grad();
            backward(loss);
        }
        return true;
    }

    void finish_epoch() {
        check<Diverged>(state_.images > 0, "fit", "every batch of epoch ", epoch() + 1, " was skipped");
        guard_.check_weights(epoch() + 1);
        if (options_.ranks) check_same_weights(*options_.ranks, model_);
        EpochRow row{.epoch = epoch() + 1,
                     .updates = optimizer_.updates(),
                     .train_loss = state_.loss_sum / static_cast<double>(state_.images),
                     .seconds = state_.seconds,
                     .images_per_second = static_cast<double>(state_.images) / state_.seconds,
                     .validation = {}};
        if (options_.validation) row.validation = evaluate(model_, options_.validation, loss_.evaluation());
        ++state_.epochs_done;
        state_.batches = state_.images = 0;
        state_.loss_sum = state_.seconds = 0;
        state_.history.add(row);
        tell_of_monitors(row);
        // The hook first: what it changes and gathers belongs into the checkpoint of this epoch.
        progress_.clear();  // the hook may print
        if (options_.after_epoch && options_.after_epoch(row) == Control::stop) stop_ = true;
        ask_callbacks();
        if (store_) store_->epoch_ended(state_, row);
        if (Clock::now() - history_written_ > kHistoryInterval) write_history();
    }

    // Once, when a metric that decides has no value: such an epoch is neither the best nor counted by EarlyStopping.
    void tell_of_monitors(const EpochRow& row) {
        if (told_of_monitors_) return;
        const auto tell = [&](const Monitor* monitor) {
            if (told_of_monitors_ || !monitor || !std::isnan(monitor->value(row))) return;
            told_of_monitors_ = true;
            const data::Dataset* validation = options_.validation.dataset();
            const std::string why = validation ? Monitor::why_undefined(*validation) : "";
            notify(options_.report, "fit: " + monitor->name() + " has no value after epoch " +
                                        std::to_string(row.epoch) + (why.empty() ? "" : ": " + why) +
                                        "; such an epoch is never the best one");
        };
        tell(options_.checkpoint.score.target<Monitor>());
        for (const auto& callback : options_.callbacks)
            if (const auto* stopping = callback.target<EarlyStopping>(); stopping && stopping->patience > 0)
                tell(&stopping->monitor);
    }

    void tell_of_the_schedule() {
        const auto end = optimizer_.lr_ends();
        if (!end || optimizer_.updates() < *end) return;
        notify(options_.report,
               joined("fit: the learning rate stays at ", optimizer_.lr(), ": the schedule of ", optimizer_.describe(),
                      " has ended at update ", *end, " (hint: a new optimizer begins a schedule of its own)"));
    }

    void tell_of_idle_ranks() {
        const std::int64_t images = std::min(images_per_update(options_), train_.images());
        const std::int64_t ranks = options_.ranks->size(), sums = slices_.sums_of(images);
        if (sums >= ranks) return;
        notify(
            options_.report,
            joined("fit: ", ranks - sums, " of the ", ranks, " ranks have nothing to do: the gradient of an update of ",
                   images, " images is made of ", sums, sums == 1 ? " sum" : " sums",
                   " (hint: larger batches or smaller slices, FitOptions::slice or --slice, give up to 32; "
                   "large networks fewer)"));
    }

    void ask_callbacks() {
        for (const auto& callback : options_.callbacks)
            if (callback(state_.history) == Control::stop) stop_ = true;
    }

    void show(const UpdateRow& row) {
        const std::int64_t last = state_.first_epoch + options_.epochs;
        char text[80];
        std::snprintf(text, sizeof text, "epoch %lld/%lld  loss %.4f  lr %.3g", static_cast<long long>(row.epoch),
                      static_cast<long long>(last), shown(row.loss), shown(row.lr));
        progress_.note(text);
    }

    void reserve_history() {
        const auto batches = static_cast<std::size_t>(loader_.batches_per_epoch());
        const auto epochs = static_cast<std::size_t>(options_.epochs);
        state_.history.reserve(std::min(epochs * batches, kReservedRows), std::min(epochs, kReservedRows));
    }

    void write_history() {
        if (options_.history.empty()) return;
        state_.history.write_csv(options_.history);
        history_written_ = Clock::now();
    }

    nn::Module& model_;
    optim::Optimizer& optimizer_;
    TrainingSet train_;
    FitOptions options_;
    TrainingMode mode_;  // before slices_, whose size depends on it where batch norms have ghost batches
    TrainingLoss loss_;
    Recording recording_;
    Slices slices_;
    data::Loader loader_;  // whose thread asks slices_
    Guard guard_;
    Progress progress_;
    TrainingState state_;
    std::optional<CheckpointStore> store_;
    bool stop_ = false, told_of_monitors_ = false;
    Clock::time_point history_written_;
};

History fit_on(nn::Module& model, optim::Optimizer& optimizer, const TrainingSet& train, const FitOptions& options) {
    check<UsageError>(options.epochs >= 1, "fit", "expected at least one epoch, got ", options.epochs);
    const DivergenceOptions& divergence = options.divergence;
    check<UsageError>(divergence.factor > 0 && divergence.factor < 1, "fit",
                      "divergence.factor: expected a number in (0, 1), got ", divergence.factor);
    check<UsageError>(divergence.action != OnDivergence::roll_back || !options.checkpoint.folder.empty(), "fit",
                      "OnDivergence::roll_back needs checkpoints to return to (hint: checkpoint.folder)");
    check_losses(train, options);
    check_logits(model, train, options);
    const PrecisionScope scope(options.precision.value_or(precision()));
    flush_denormals();
    return Training(model, optimizer, train, options).run();
}

}  // namespace

History fit(nn::Module& model, optim::Optimizer& optimizer, const data::Dataset& train, const FitOptions& options) {
    return fit_on(model, optimizer, train, options);
}

History fit(nn::Module& model, optim::Optimizer& optimizer, const data::BatchSource& train, const FitOptions& options) {
    return fit_on(model, optimizer, train, options);
}

}  // namespace cyclone::train
