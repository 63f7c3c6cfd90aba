#pragma once
// Checkpoints to store, and what is found of them.

#include <cyclone/io/checkpoint_folder.h>

#include <cstdint>
#include <filesystem>
#include <limits>
#include <set>
#include <string>

#include "support/catch.h"
#include "system/system.h"

namespace cyclone::test {

inline io::WeightsFile content(double value) {
    return {{{"w", Tensor::full({300}, value)},
             {"counts", Tensor::from<std::int64_t>({static_cast<std::int64_t>(value), -1}, {2})},
             {"odd", Tensor::full({3}, std::numeric_limits<double>::quiet_NaN(), DType::f64)}},
            {{"seed", "18446744073709551615"}, {"text", "\"quoted\" \xC3\xBC"}}};
}

inline double value_of(const io::WeightsFile& file) {
    const Tensor* w = file.tensors.find("w");
    REQUIRE(w != nullptr);
    for (const float x : w->values<float>()) REQUIRE(x == w->data<float>()[0]);
    return w->data<float>()[0];
}

/// Without the lock that a CheckpointFolder keeps there on Windows.
inline std::set<std::string> names_in(const std::filesystem::path& folder) {
    std::set<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder))
        names.insert(entry.path().filename().string());
    names.erase(system::kFolderLock);
    return names;
}

}  // namespace cyclone::test
