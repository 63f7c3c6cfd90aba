#pragma once
// What fit() trains on: a dataset, or batches that the program makes.

#include <cyclone/data/loader.h>
#include <cyclone/train/data_view.h>

#include <cstdint>
#include <utility>

namespace cyclone::train {

inline data::Loader loader_of(const DataView& data, data::LoaderOptions options) {
    return data.dataset() ? data::Loader(*data.dataset(), std::move(options))
                          : data::Loader(*data.source(), std::move(options));
}

class TrainingSet : public DataView {
public:
    TrainingSet(const data::Dataset& dataset) : DataView(&dataset) {}
    TrainingSet(const data::BatchSource& source) : DataView(&source) { source.validate("fit"); }

    bool is_source() const { return source() != nullptr; }
    std::int64_t images() const { return size(); }  ///< in an epoch
    data::Loader loader(data::LoaderOptions options) const { return loader_of(*this, std::move(options)); }
    /// Whether a loss of output and answers has labels for answers; else the targets.
    bool has_labels(const data::Batch& batch) const {
        return dataset() ? !is_regression() : batch.y.defined() || !batch.targets.defined();
    }
    /// A dataset of targets alone.
    bool is_regression() const { return dataset() && classes() < 2 && dataset()->targets.defined(); }
    bool has_weights() const { return dataset() && dataset()->weights.defined(); }
};

}  // namespace cyclone::train
