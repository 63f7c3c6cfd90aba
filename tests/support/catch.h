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

#include <string>

namespace cyclone::test {

/// A line for each CYCLONE_SKIP, which main() prints where nothing failed: ctest takes a failure with them for a skip.
inline std::string& skipped() {
    static std::string lines;
    return lines;
}

}  // namespace cyclone::test

/// Leaves the test case as "skipped": ctest recognises the printed word, so that nothing skipped counts as passed.
#define CYCLONE_SKIP(reason)                                                              \
    do {                                                                                  \
        cyclone::test::skipped() += std::string("SKIPPED: ").append(reason).append("\n"); \
        return;                                                                           \
    } while (false)
