// What an open archive says of its arrays.

#include "data/array_archive.h"

#include <cyclone/base/error.h>

#include <algorithm>

#include "data/assemble.h"
#include "data/names.h"

namespace cyclone::data {

bool ArrayEntry::may_be_images() const {
    return kind == Kind::numbers && (sizes.size() >= 3 || (sizes.size() == 2 && sizes[1] > 1));
}

bool ArrayEntry::is_list() const {
    return !sizes.empty() && std::all_of(sizes.begin() + 1, sizes.end(), [](std::int64_t n) { return n == 1; });
}

ArrayValues read_label_array(const ArrayArchive& archive, const std::string& where) {
    const ArrayEntry *only = nullptr, *called = nullptr;
    std::vector<std::string> names;
    for (const ArrayEntry& entry : archive.entries) {
        names.push_back(entry.name);
        if (!entry.is_list() || entry.kind == ArrayEntry::Kind::other) continue;
        only = names.size() == 1 ? &entry : nullptr;
        if (!called && read_name(entry.name).role == Role::labels) called = &entry;
    }
    const ArrayEntry* entry = called ? called : only;
    check(entry != nullptr, where, "expected an array of labels, got: ", listed(names));
    return archive.read(*entry);
}

std::string listed(const std::vector<std::string>& names) {
    std::string out;
    for (const std::string& name : names) {
        if (out.size() > 200) return out + ", ...";
        out += (out.empty() ? "" : ", ") + printable(name);
    }
    return out;
}

}  // namespace cyclone::data
