// The version of the library, compiled into it.

#include <cyclone/base/version.h>

namespace cyclone {

const char* version() { return CYCLONE_VERSION; }

}  // namespace cyclone
