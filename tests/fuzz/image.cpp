// Any bytes are an image or an Error.
#include <cyclone/base/error.h>
#include <cyclone/data/image_folder.h>

#include "fuzz/memory_file.h"
#include "fuzz/target.h"

using namespace cyclone;

FUZZ_TARGET(image) {
    static const fuzz::MemoryFile file;
    file.put(data, size);
    try {
        data::read_image(file.path());
    } catch (const Error&) {
    }
    return 0;
}
