#pragma once
// What fit() trains on: a dataset, or batches that the program makes.

#include <cyclone/data/batch_source.h>
#include <cyclone/data/dataset.h>
#include <cyclone/data/loader.h>

#include <cstdint>
#include <sstream>
#include <string>
#include <utility>

namespace cyclone::train {

/// A view of one of them, which it must not outlive.
class TrainingSet {
public:
    TrainingSet(const data::Dataset& dataset) : dataset_(&dataset) {}
    TrainingSet(const data::BatchSource& source) : source_(&source) { source.validate("fit"); }

    bool is_source() const { return source_ != nullptr; }
    std::int64_t images() const { return dataset_ ? dataset_->size() : source_->images; }  ///< in an epoch
    Shape image_shape() const { return dataset_ ? dataset_->image_shape() : source_->image_shape; }
    /// Whether a loss of output and answers has labels for answers; else the targets.
    bool has_labels(const data::Batch& batch) const {
        return dataset_ ? !is_regression() : batch.y.defined() || !batch.targets.defined();
    }
    /// A dataset of targets alone.
    bool is_regression() const { return dataset_ && dataset_->classes() < 2 && dataset_->targets.defined(); }
    bool has_weights() const { return dataset_ && dataset_->weights.defined(); }

    data::Loader loader(data::LoaderOptions options) const {
        return dataset_ ? data::Loader(*dataset_, std::move(options)) : data::Loader(*source_, std::move(options));
    }

    /// For checkpoints.
    std::string text() const {
        if (dataset_) return text_of(*dataset_);
        std::ostringstream text;
        text << source_->name << ", " << source_->images << " of " << source_->image_shape << " per epoch";
        return text.str();
    }
    std::string checksum() const { return dataset_ ? dataset_->fingerprint() : "none"; }

    static std::string text_of(const data::Dataset& d) {
        std::ostringstream text;
        text << d.size() << " images of " << d.image_shape() << ' ' << name_of(d.images.dtype()) << " in "
             << d.classes() << " classes";
        if (d.targets.defined()) text << " with targets of shape " << d.targets.shape();
        return text.str();
    }

private:
    const data::Dataset* dataset_ = nullptr;
    const data::BatchSource* source_ = nullptr;
};

}  // namespace cyclone::train
