#pragma once
// Generated patches, few and small, for comparisons that take milliseconds.

#include <cyclone/data/synthetic.h>

namespace cyclone::test {

struct SmallData {
    data::Dataset train, test;
};

inline SmallData small_data() {
    const auto [train, test] =
        data::synthetic_patches({.positives = 60, .negatives = 200, .seed = 3, .size = 8}).split(0.7);
    return {train, test};
}

}  // namespace cyclone::test
