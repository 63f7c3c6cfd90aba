#pragma once
// Tensors with names, in a fixed order: what modules and optimizers hand out to be stored, and what files hold.

#include <cyclone/tensor/tensor.h>

#include <string>
#include <vector>

namespace cyclone {

struct NamedTensor {
    std::string name;
    Tensor tensor;
};

/// Names are unique. The order is the order of visiting or of the file, and is kept.
using StateDict = std::vector<NamedTensor>;

}  // namespace cyclone
