// What data may take of the memory that is free.

#include <cyclone/data/memory_budget.h>

#include <cyclone/base/error.h>
#include <cyclone/base/number_text.h>

#include <limits>

namespace cyclone::data {
namespace {

std::string size_text(std::uint64_t bytes) {
    const auto count = static_cast<double>(bytes);
    if (count >= 1e9) return number_text::significant(count / 1e9) + " GB";
    if (count >= 1e6) return number_text::significant(count / 1e6) + " MB";
    return std::to_string(bytes) + " bytes";
}

}  // namespace

MemoryBudget::MemoryBudget(std::uint64_t limit) : chosen_(limit != 0), limit_(chosen_ ? limit : free_memory() / 2) {}

void MemoryBudget::check_room(std::uint64_t bytes, std::string_view where) const {
    if (bytes <= left()) return;
    constexpr auto most = std::numeric_limits<std::uint64_t>::max();
    fail(where, "expected data that take at most ", size_text(limit_), " of memory (",
         chosen_ ? "the memory limit" : "half of what is free", "), got ",
         size_text(bytes > most - taken_ ? most : taken_ + bytes),
         " (hint: convert them to a flat file, which is mapped and not read, or raise the memory limit)");
}

void MemoryBudget::take(std::uint64_t bytes, std::string_view where) {
    check_room(bytes, where);
    taken_ += bytes;
}

}  // namespace cyclone::data
