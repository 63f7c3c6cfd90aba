// The version of the linked oneDNN.

#include "onednn/version.h"

#include <dnnl.hpp>

namespace cyclone::onednn {

std::string library_version() {
    const dnnl::version_t* v = dnnl::version();
    return std::to_string(v->major) + "." + std::to_string(v->minor) + "." + std::to_string(v->patch);
}

}  // namespace cyclone::onednn
