// Any bytes are a NumPy array, plain or gzipped, or an Error.
#include <cyclone/base/error.h>
#include <cyclone/data/formats/numpy.h>

#include "fuzz/memory_file.h"
#include "fuzz/target.h"

using namespace cyclone;

FUZZ_TARGET(npy) {
    static const fuzz::MemoryFile file;
    file.put(data, size);
    try {
        data::read_npy(file.path());
    } catch (const Error&) {
    }
    return 0;
}
