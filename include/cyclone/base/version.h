#pragma once

#define CYCLONE_VERSION "0.1.0"  // the one in CMakeLists.txt, which checks that they agree

namespace cyclone {

/// The version of the library that is linked.
const char* version();

}  // namespace cyclone
