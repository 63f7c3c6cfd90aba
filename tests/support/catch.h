#pragma once
// Catch2 2.13 and 3.x behind one include.

#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
using Catch::Approx;
namespace Catch {
using Matchers::ContainsSubstring;
using Matchers::EndsWith;
using Matchers::StartsWith;
inline auto Contains(const std::string& text) { return ContainsSubstring(text); }
}  // namespace Catch
#else
#include <catch2/catch.hpp>
#endif

#include <iostream>

/// Leaves the test case as "skipped": ctest recognises the printed word, so that nothing skipped counts as passed.
#define CYCLONE_SKIP(reason)                               \
    do {                                                   \
        std::cout << "SKIPPED: " << (reason) << std::endl; \
        return;                                            \
    } while (false)
