#include <cyclone/autograd/backward.h>
#include <cyclone/base/threads.h>
#include <cyclone/data/loader.h>
#include <cyclone/ops/arithmetic.h>
#include <cyclone/ops/loss.h>
#include <cyclone/train/fit.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>

namespace cyclone::train {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t kReservedRows = 1 << 22;  // "train until stopped" may say a billion epochs
constexpr auto kHistoryInterval = std::chrono::seconds(30);

double seconds_between(Clock::time_point from, Clock::time_point to) {
    return std::chrono::duration<double>(to - from).count();
}

class Training {
public:
    Training(nn::Module& model, optim::Optimizer& optimizer, const data::Dataset& train, const FitOptions& options)
        : model_(model),
          optimizer_(optimizer),
          options_(options),
          loader_(train, {.batch_size = options.batch_size,
                          .seed = options.seed,
                          .sampler = options.sampler,
                          .augmentation = options.augmentation}),
          progress_("training", options.epochs * loader_.batches_per_epoch(), options.progress) {
        const auto batches = static_cast<std::size_t>(loader_.batches_per_epoch());
        const auto epochs = static_cast<std::size_t>(options.epochs);
        history_.reserve(std::min(epochs * batches, kReservedRows), std::min(epochs, kReservedRows));
        optimizer_.set_updates_per_epoch(batches);
        model_.train();
    }

    History run() {
        write_history();
        try {
            while (epochs_done_ < options_.epochs && !stop_) run_epoch();
        } catch (const Diverged& diverged) {
            write_history();
            throw Diverged(diverged.what(), std::make_shared<History>(std::move(history_)));
        } catch (...) {
            write_history();
            throw;
        }
        if (epochs_done_ < options_.epochs) history_.set_stopped();
        write_history();
        return std::move(history_);
    }

private:
    void run_epoch() {
        const auto start = Clock::now();
        auto before = start;
        double loss_sum = 0;
        std::int64_t images = 0, batches = 0;
        for (const data::Batch& batch : loader_) {
            if (options_.stop && *options_.stop) stop_ = true;
            if (stop_) break;
            UpdateRow row{.update = optimizer_.updates(), .epoch = epochs_done_ + 1};
            row.loss = update(batch);
            row.lr = optimizer_.last_lr();
            const auto now = Clock::now();
            row.images_per_second = static_cast<double>(batch.x.size(0)) / seconds_between(before, now);
            before = now;
            loss_sum += row.loss * static_cast<double>(batch.x.size(0));
            images += batch.x.size(0);
            ++batches;
            history_.add(row);
            show(row);
            if (options_.after_update && options_.after_update(row) == Continue::stop) stop_ = true;
        }
        if (batches < loader_.batches_per_epoch()) return;
        const double seconds = seconds_between(start, Clock::now());
        finish_epoch({.epoch = epochs_done_ + 1,
                      .updates = optimizer_.updates(),
                      .train_loss = loss_sum / static_cast<double>(images),
                      .seconds = seconds,
                      .images_per_second = static_cast<double>(images) / seconds,
                      .validation = {}});
    }

    // One update; returns the loss before it.
    double update(const data::Batch& batch) {
        const Tensor output = model_(batch.x);
        Tensor loss = loss_of(output, batch.y);
        if (batch.mixed_y.defined()) loss = batch.share * loss + (1 - batch.share) * loss_of(output, batch.mixed_y);
        check(loss.numel() == 1, "fit", "expected a loss of one number, got shape ", loss.shape());
        const double value = loss.item();
        check<Diverged>(std::isfinite(value), "fit", "the loss is ", value, " at update ", optimizer_.updates(),
                        ", learning rate ", optimizer_.last_lr(), " (hint: a lower rate, or clip_norm)");
        optimizer_.zero_grad();
        backward(loss);
        optimizer_.step();
        return value;
    }

    Tensor loss_of(const Tensor& output, const Tensor& labels) const {
        return options_.loss ? options_.loss(output, labels) : cross_entropy(output, labels);
    }

    void finish_epoch(EpochRow row) {
        if (options_.validation) row.validation = evaluate(model_, *options_.validation);
        ++epochs_done_;
        history_.add(row);
        if (options_.after_epoch && options_.after_epoch(row) == Continue::stop) stop_ = true;
        if (Clock::now() - history_written_ > kHistoryInterval) write_history();
    }

    void show(const UpdateRow& row) {
        if (progress_.visible()) {
            char text[80];
            std::snprintf(text, sizeof text, "epoch %lld/%lld  loss %.4f  lr %.3g", static_cast<long long>(row.epoch),
                          static_cast<long long>(options_.epochs), row.loss, row.lr);
            progress_.note(text);
        }
        progress_.add();
    }

    void write_history() {
        if (options_.history.empty()) return;
        history_.write_csv(options_.history);
        history_written_ = Clock::now();
    }

    nn::Module& model_;
    optim::Optimizer& optimizer_;
    const FitOptions& options_;
    data::Loader loader_;
    Progress progress_;
    History history_;
    std::int64_t epochs_done_ = 0;
    bool stop_ = false;
    Clock::time_point history_written_;
};

}  // namespace

History fit(nn::Module& model, optim::Optimizer& optimizer, const data::Dataset& train, const FitOptions& options) {
    check<UsageError>(options.epochs >= 1, "fit", "expected at least one epoch, got ", options.epochs);
    flush_denormals();
    return Training(model, optimizer, train, options).run();
}

}  // namespace cyclone::train
