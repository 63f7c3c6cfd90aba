#pragma once
// Cyclone's side: training with everything that a real run does.

#include <cyclone/base/team.h>
#include <cyclone/cyclone.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace bench {

/// One call of step() is one update: loader (shuffle, standardise, convert), forward with dropout, loss, backward,
/// SGD with a triangular schedule, a history row.
class Training {
public:
    Training(const cyclone::data::Dataset& data, std::int64_t batch,
             cyclone::nn::Sequential model = cyclone::nn::study_cnn())
        : loader_(data, {.batch_size = batch, .drop_last = true}),
          model_(std::move(model)),
          slices_(cyclone::train::slice_options(model_, data.image_shape(), batch)),
          sgd_(model_.parameters(), {.lr = cyclone::schedule::triangular(
                                         {.base = 0.002, .max = 0.03, .step_size = cyclone::Iterations{4000}})}) {
        cyclone::flush_denormals();
    }

    void step() {
        if (!batch_ || *batch_ == loader_.end()) batch_.emplace(loader_.begin());
        const cyclone::data::Batch& batch = **batch_;
        const std::int64_t images = batch.x.size(0);
        if (!model_.separates_rows()) return step_whole(batch);
        const auto part_of_loss = [&](std::int64_t first, std::int64_t count) {
            const double part = static_cast<double>(count) / static_cast<double>(images);
            return part * cyclone::cross_entropy(model_(batch.x.rows(first, count)), batch.y.rows(first, count));
        };
        const cyclone::TeamLoops loops;
        sgd_.zero_grad();
        const double value = slices_.backward(images, std::ref(part_of_loss));
        if (recorder_) recorder_->before_update(sgd_);
        sgd_.step();
        history_.add({.update = sgd_.updates(), .lr = sgd_.last_lr(), .loss = value});
        if (recorder_) {
            recorder_->after_update(model_, sgd_);
            recorder_->record(history_);
        }
        ++*batch_;
    }

    /// In steps by slices from now on, as fit() does it.
    void record(std::shared_ptr<cyclone::train::Recorder> recorder) {
        recorder_ = std::move(recorder);
        recorder_->begin(model_, sgd_);
    }

    void step_whole(const cyclone::data::Batch& batch) {
        const cyclone::Tensor loss = cyclone::cross_entropy(model_(batch.x), batch.y);
        const double value = loss.item();
        sgd_.zero_grad();
        cyclone::backward(loss);
        sgd_.step();
        history_.add({.update = sgd_.updates(), .lr = sgd_.last_lr(), .loss = value});
        ++*batch_;
    }

private:
    cyclone::data::Loader loader_;
    cyclone::nn::Sequential model_;
    cyclone::train::Slices slices_;
    cyclone::optim::Sgd sgd_;
    std::optional<cyclone::data::Loader::Iterator> batch_;
    cyclone::train::History history_;
    std::shared_ptr<cyclone::train::Recorder> recorder_;
};

}  // namespace bench
