#pragma once

#include <string>

namespace cyclone {

/// What convolution, linear, pooling and batch norm run on: "oneDNN 2.6.3", or "reference kernels" in a build without
/// it.
std::string backend_description();

}  // namespace cyclone
