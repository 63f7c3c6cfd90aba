#include "support/shared_files.h"

#include <cstdlib>
#include <stdexcept>

namespace cyclone::test {
namespace fs = std::filesystem;

fs::path shared_root() {
    if (const char* root = std::getenv("CYCLONE_SHARED")) return root;
    return fs::path(CYCLONE_SOURCE_DIR) / ".." / "shared";
}

fs::path shared_file(const std::string& relative) { return shared_root() / relative; }

TemporaryFolder::TemporaryFolder() {
    std::string name = (fs::temp_directory_path() / "cyclone-test-XXXXXX").string();
    if (!mkdtemp(name.data())) throw std::runtime_error("cannot make a temporary folder " + name);
    path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
}

}  // namespace cyclone::test
