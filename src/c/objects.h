#pragma once
// What the handles of C programs stand for. A handle is a number that is never given twice, not an address: what was
// freed, or never was one, is found out without touching memory.

#include <cyclone/base/error.h>
#include <cyclone/c.h>
#include <cyclone/lab/range_test.h>
#include <cyclone/schedule/schedule.h>
#include <cyclone/train/classifier.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace cyclone::c {

struct Object {
    virtual ~Object() = default;
};

struct ClassifierObject : Object {
    using Handle = cyclone_classifier;
    static constexpr const char* kName = "classifier";
    explicit ClassifierObject(train::Classifier classifier);
    mutable train::Classifier value;  // answering changes nothing in it
    std::string notes;
};

struct ScheduleObject : Object {
    using Handle = cyclone_schedule;
    static constexpr const char* kName = "schedule";
    explicit ScheduleObject(Schedule schedule) : value(std::move(schedule)), text(value.describe()) {}
    Schedule value;
    std::string text;
};

struct RangeTestObject : Object {
    using Handle = cyclone_range_test;
    static constexpr const char* kName = "range test";
    lab::RangeTest value;
    cyclone_rates rates{};
    std::string reason;
};

/// Makes a handle for an object.
void* add_object(std::shared_ptr<Object> object);
/// The object of a handle; null for one that was freed or never made.
std::shared_ptr<Object> find_object(const void* handle);
/// Forgets it: it goes when the last call that works with it ends.
void remove_object(const void* handle);

/// UsageError unless `handle` stands for a T.
template <class T>
std::shared_ptr<T> object_of(std::string_view where, const typename T::Handle* handle) {
    check<UsageError>(handle != nullptr, where, "expected a ", T::kName, ", got NULL");
    const auto object = find_object(handle);
    check<UsageError>(object != nullptr, where, "expected a ", T::kName, ", got a handle that was freed or never made");
    auto found = std::dynamic_pointer_cast<T>(object);
    check<UsageError>(found != nullptr, where, "expected a ", T::kName, ", got another kind of handle");
    return found;
}

template <class T>
typename T::Handle* new_handle(std::shared_ptr<T> object) {
    return static_cast<typename T::Handle*>(add_object(std::move(object)));
}

/// Frees; NULL is fine.
template <class T>
void free_handle(std::string_view where, typename T::Handle* handle) {
    if (handle == nullptr) return;
    object_of<T>(where, handle);
    remove_object(handle);
}

}  // namespace cyclone::c
