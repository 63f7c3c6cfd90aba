// Any text is a table of images or an Error.
#include <cyclone/base/error.h>
#include <cyclone/data/formats/csv.h>

#include "fuzz/memory_file.h"
#include "fuzz/target.h"

using namespace cyclone;

FUZZ_TARGET(csv) {
    static const fuzz::MemoryFile file;
    file.put(data, size);
    try {
        data::read_csv(file.path());
    } catch (const Error&) {
    }
    return 0;
}
