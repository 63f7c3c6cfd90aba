#pragma once
// What the two translation units of clr.hpp show the test. They are compiled as C++17 without exceptions and RTTI.

#include <cstdint>
#include <string>
#include <vector>

namespace clr_header {

/// A schedule of clr.hpp by its name, with the numbers of clr_header_test.cpp.
double value(const std::string& name, std::uint64_t update);
/// The first update that has a problem's text, and NaN with it, for each way to be wrong; empty if one went unnoticed.
std::vector<std::string> problems();

struct Swept {
    std::vector<double> rates, losses, smoothed;
    double base = 0, max = 0;  // of the pair; 0: none
    std::string reason;        // of the pair, or why there is none
    bool diverged = false;
};
/// A range test around plain gradient descent on a valley, over `updates` updates up to the rate `to`.
Swept sweep(double to, int updates);

}  // namespace clr_header
