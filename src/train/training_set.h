#pragma once
// What fit() trains on: a dataset, or batches that the program makes.

#include <cyclone/train/data_view.h>

#include <cstdint>

namespace cyclone::train {

class TrainingSet : public DataView {
public:
    TrainingSet(const data::Dataset& dataset) : DataView(&dataset) {}
    TrainingSet(const data::BatchSource& source) : DataView(&source) { source.validate("fit"); }

    bool is_source() const { return source() != nullptr; }
    std::int64_t images() const { return size(); }  ///< in an epoch
    /// Whether a loss of output and answers has labels for answers; else the targets.
    bool has_labels(const data::Batch& batch) const {
        return dataset() ? !is_regression() : batch.y.defined() || !batch.targets.defined();
    }
    /// A dataset of targets alone.
    bool is_regression() const { return dataset() && classes() < 2 && dataset()->targets.defined(); }
    bool has_weights() const { return dataset() && dataset()->weights.defined(); }
};

}  // namespace cyclone::train
