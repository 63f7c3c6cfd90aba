#pragma once
// One array in NumPy's format, wherever its bytes come from.

#include <cyclone/data/memory_budget.h>
#include <cyclone/tensor/tensor.h>

#include <cstdint>
#include <functional>
#include <string>

namespace cyclone::data {

/// Bytes in order.
struct ArraySource {
    std::string where;             ///< file or member, for messages
    std::uint64_t most_bytes = 0;  ///< no more than this can come, whatever the header claims
    std::function<std::size_t(void* into, std::size_t count)> read;  ///< fewer than `count` only at the end
    MemoryBudget* memory = nullptr;  ///< asked before the elements are allocated; none: no limit
};

/// Reads the array and checks that nothing follows it.
Tensor read_array(const ArraySource& source);

}  // namespace cyclone::data
