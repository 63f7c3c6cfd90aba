// The table of handles.

#include "c/objects.h"

#include <cstdint>
#include <mutex>
#include <shared_mutex>
#include <unordered_map>

namespace cyclone::c {
namespace {

struct Table {
    std::shared_mutex mutex;
    std::unordered_map<const void*, std::shared_ptr<Object>> objects;
    std::uintptr_t last = 0;
};

// Never destroyed: a handle that a program keeps must not end in the middle of its exit.
Table& table() {
    static Table& table = *new Table;
    return table;
}

}  // namespace

ClassifierObject::ClassifierObject(train::Classifier classifier) : value(std::move(classifier)) {
    for (const std::string& note : value.notes) notes += note + "\n";
}

void* add_object(std::shared_ptr<Object> object) {
    const std::unique_lock lock(table().mutex);
    table().last += 16;  // the alignment of what a handle looks like
    void* const handle = reinterpret_cast<void*>(table().last);
    table().objects.emplace(handle, std::move(object));
    return handle;
}

std::shared_ptr<Object> find_object(const void* handle) {
    const std::shared_lock lock(table().mutex);
    const auto found = table().objects.find(handle);
    return found == table().objects.end() ? nullptr : found->second;
}

void remove_object(const void* handle) {
    std::shared_ptr<Object> last;  // ends outside the lock
    const std::unique_lock lock(table().mutex);
    if (const auto found = table().objects.find(handle); found != table().objects.end()) {
        last = std::move(found->second);
        table().objects.erase(found);
    }
}

}  // namespace cyclone::c
