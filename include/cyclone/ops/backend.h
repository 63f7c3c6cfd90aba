#pragma once
// What the ops run on.

#include <string>

namespace cyclone {

/// The backend of convolution, linear layers, pooling and batch norm: "oneDNN 2.6.3", or "reference kernels" in a build
/// without oneDNN.
std::string backend_description();

}  // namespace cyclone
