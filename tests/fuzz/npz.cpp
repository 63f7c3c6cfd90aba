// Any bytes are an archive of NumPy arrays or an Error.
#include <cyclone/base/error.h>
#include <cyclone/data/formats/numpy.h>

#include "fuzz/memory_file.h"
#include "fuzz/target.h"

using namespace cyclone;

FUZZ_TARGET(npz) {
    static const fuzz::MemoryFile file;
    file.put(data, size);
    try {
        data::read_npz(file.path());
    } catch (const Error&) {
    }
    return 0;
}
