#pragma once
// The C interface for tests in C++: handles that free themselves, images of tensors.

#include <cyclone/c.h>
#include <cyclone/data/dataset.h>

#include <memory>
#include <string>
#include <vector>

#include "support/catch.h"

namespace cyclone::test {

template <auto free>
struct Freed {
    template <class T>
    void operator()(T* handle) const {
        CHECK(free(handle) == CYCLONE_OK);
    }
};
using ClassifierHandle = std::unique_ptr<cyclone_classifier, Freed<cyclone_classifier_free>>;
using ScheduleHandle = std::unique_ptr<cyclone_schedule, Freed<cyclone_schedule_free>>;
using TrainingHandle = std::unique_ptr<cyclone_training, Freed<cyclone_training_free>>;
using RangeTestHandle = std::unique_ptr<cyclone_range_test, Freed<cyclone_range_test_free>>;

/// Fails the test with the message of the library.
inline void ok(std::int32_t status) {
    INFO(cyclone_last_error());
    REQUIRE(status == CYCLONE_OK);
}

/// A call that failed with this status, and what its message says.
inline void fails(std::int32_t status, std::int32_t expected, const std::string& text) {
    INFO(cyclone_last_error());
    CHECK(status == expected);
    CHECK_THAT(cyclone_last_error(), Catch::Contains(text));
}

inline cyclone_images images_of(const Tensor& t) {
    const std::int32_t type = t.dtype() == DType::u8 ? CYCLONE_U8 : t.dtype() == DType::u16 ? CYCLONE_U16 : CYCLONE_F32;
    return {sizeof(cyclone_images),
            t.bytes(),
            static_cast<std::size_t>(t.numel()),
            {t.size(0), t.size(1), t.size(2), t.size(3)},
            type,
            0};
}

inline ClassifierHandle load(const std::string& path) {
    cyclone_classifier* classifier = nullptr;
    ok(cyclone_classifier_load(path.c_str(), &classifier));
    return ClassifierHandle(classifier);
}

/// Without validation set: data.train, and options by key and value.
inline TrainingHandle training(const data::Dataset& train,
                               const std::vector<std::pair<const char*, const char*>>& options) {
    cyclone_training* made = nullptr;
    ok(cyclone_training_new(&made));
    TrainingHandle handle(made);
    for (const auto& [key, value] : options) ok(cyclone_training_set(made, key, value));
    const cyclone_images images = images_of(train.images.tensor());
    const auto labels = train.labels.values<std::int64_t>();
    ok(cyclone_training_data(made, CYCLONE_TRAIN, &images, labels.data(), labels.size()));
    std::vector<const char*> names;
    for (const std::string& name : train.class_names) names.push_back(name.c_str());
    ok(cyclone_training_class_names(made, names.data(), names.size()));
    return handle;
}

inline ClassifierHandle classifier_of(const TrainingHandle& trained) {
    cyclone_classifier* classifier = nullptr;
    ok(cyclone_training_classifier(trained.get(), &classifier));
    return ClassifierHandle(classifier);
}

inline std::vector<double> history(const TrainingHandle& training, const char* column) {
    std::size_t count = 0;
    ok(cyclone_training_history(training.get(), column, nullptr, 0, &count));
    std::vector<double> values(count);
    ok(cyclone_training_history(training.get(), column, values.data(), count, nullptr));
    return values;
}

}  // namespace cyclone::test
