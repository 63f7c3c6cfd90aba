// Any bytes are a network or an Error, as layers and as a graph; layers of a known input go out and come back.
#include <cyclone/base/error.h>
#include <cyclone/onnx/onnx.h>

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "fuzz/target.h"

using namespace cyclone;

FUZZ_TARGET(onnx) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    for (const bool as_declared : {false, true}) {
        try {
            const onnx::Loaded loaded = onnx::parse(bytes, "input", {.as_declared = as_declared});
            const Shape& image = loaded.image;
            const bool known = std::all_of(image.begin(), image.end(), [](std::int64_t s) { return s > 0; });
            if (loaded.has_layers && known) onnx::parse(onnx::to_bytes(loaded.network, image), "output");
        } catch (const Error&) {
        }
    }
    return 0;
}
