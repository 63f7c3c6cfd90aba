#pragma once
// DataView: a dataset or batches that a program makes, where either will do.

#include <cyclone/data/batch_source.h>
#include <cyclone/data/dataset.h>
#include <cyclone/tensor/shape.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace cyclone::train {

/// Made from a pointer to either, which it must not outlive: `.validation = &dataset`; or of nothing.
class DataView {
public:
    DataView() = default;
    DataView(std::nullptr_t) {}                                     ///< of nothing
    DataView(const data::Dataset* dataset) : dataset_(dataset) {}   ///< null: of nothing
    DataView(const data::BatchSource* source) : source_(source) {}  ///< null: of nothing
    explicit operator bool() const { return dataset_ || source_; }  ///< false: of nothing
    const data::Dataset* dataset() const { return dataset_; }       ///< null unless it is one
    const data::BatchSource* source() const { return source_; }     ///< null unless it is one

    /// Images, of a source in an epoch. This and what follows asks for one of the two.
    std::int64_t size() const { return dataset_ ? dataset_->size() : source_->images; }
    Shape image_shape() const { return dataset_ ? dataset_->image_shape() : source_->image_shape; }  ///< of one image
    /// One per class; empty of a source that does not say.
    const std::vector<std::string>& class_names() const {
        return dataset_ ? dataset_->class_names : source_->class_names;
    }
    /// Number of class_names().
    std::int64_t classes() const { return static_cast<std::int64_t>(class_names().size()); }

private:
    const data::Dataset* dataset_ = nullptr;
    const data::BatchSource* source_ = nullptr;
};

}  // namespace cyclone::train
