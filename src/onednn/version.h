#pragma once
// The version of oneDNN.

#include <string>

namespace cyclone::onednn {

/// Version of the oneDNN library that is linked, "2.6.3".
std::string library_version();

}  // namespace cyclone::onednn
