#pragma once
// The tensors of an ONNX file.

#include <string>
#include <string_view>

#include "onnx/model.h"

namespace cyclone::onnx {

/// A TensorProto; `file` is for the messages. Undefined where no Tensor holds its type. Errors as of read_model().
Initializer read_tensor(std::string_view bytes, const std::string& file);

}  // namespace cyclone::onnx
