#pragma once
// How large a model of a text may be: a typing error must not take all memory.

#include <cyclone/base/error.h>

#include <cstdint>
#include <initializer_list>

namespace cyclone::nn {

inline constexpr std::int64_t kMostElements = std::int64_t{1} << 28;  // of all weights, and of an output per image

inline void need_at_most(std::int64_t limit, const char* what, std::initializer_list<std::int64_t> factors) {
    double product = 1;
    for (const std::int64_t factor : factors) product *= static_cast<double>(factor);
    check<UsageError>(product <= static_cast<double>(limit), what, "expected at most ", limit, ", got ", product);
}

}  // namespace cyclone::nn
