#pragma once
// The version of these headers, for the preprocessor (of C too), and that of the library that is linked.

#define CYCLONE_VERSION_MAJOR 0
#define CYCLONE_VERSION_MINOR 1
#define CYCLONE_VERSION_PATCH 0
/// For comparisons: `#if CYCLONE_VERSION_NUMBER >= 100` means 0.1.0 or later.
#define CYCLONE_VERSION_NUMBER (10000 * CYCLONE_VERSION_MAJOR + 100 * CYCLONE_VERSION_MINOR + CYCLONE_VERSION_PATCH)
/// The same as text; CMakeLists.txt checks that it is the project's version.
#define CYCLONE_VERSION "0.1.0"

#ifdef __cplusplus
namespace cyclone {

/// The version of the library that is linked, such as "0.1.0".
const char* version();

}  // namespace cyclone
#endif
