// Any bytes are an IDX file, plain or gzipped, or an Error.
#include <cyclone/base/error.h>
#include <cyclone/data/formats/idx.h>

#include "fuzz/memory_file.h"
#include "fuzz/target.h"

using namespace cyclone;

FUZZ_TARGET(idx) {
    static const fuzz::MemoryFile file;
    file.put(data, size);
    try {
        data::read_idx(file.path());
    } catch (const Error&) {
    }
    return 0;
}
