// Any bytes are a safetensors file or an Error; what was read is written as a file that reads the same.
#include <cyclone/base/error.h>
#include <cyclone/io/safetensors.h>

#include <cstdint>
#include <cstdlib>
#include <string>

#include "fuzz/target.h"

using namespace cyclone;

FUZZ_TARGET(safetensors) {
    try {
        const io::WeightsFile file = io::parse_weights({reinterpret_cast<const char*>(data), size}, "input");
        std::string again = io::weights_prologue(file.tensors, file.metadata, "output");
        for (const NamedTensor& t : file.tensors)
            again.append(static_cast<const char*>(t.tensor.bytes()),
                         static_cast<std::size_t>(t.tensor.numel()) * size_of(t.tensor.dtype()));
        const io::WeightsFile back = io::parse_weights(again, "output");
        if (back.tensors.size() != file.tensors.size() || back.metadata != file.metadata) std::abort();
    } catch (const Error&) {
    }
    return 0;
}
