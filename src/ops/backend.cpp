// The name of the backend.

#include <cyclone/ops/backend.h>

#ifdef CYCLONE_WITH_ONEDNN
#include "onednn/version.h"
#endif

namespace cyclone {

std::string backend_description() {
#ifdef CYCLONE_WITH_ONEDNN
    return "oneDNN " + onednn::library_version();
#else
    return "reference kernels";
#endif
}

}  // namespace cyclone
