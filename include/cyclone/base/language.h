#pragma once
// Stops a compiler that is not set to C++20 at its first line about Cyclone, instead of hundreds further down. Only an
// #include that fails ends a compilation at once; after an #error it would go on.

#if __cplusplus < 202002L
#include "Cyclone needs C++20: -std=c++20, or target_compile_features(TARGET PRIVATE cxx_std_20) in CMake"
#endif
