#include <cyclone/base/version.h>

namespace cyclone {

const char* version() { return CYCLONE_VERSION; }

}  // namespace cyclone
