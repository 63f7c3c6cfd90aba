#include "support/shared_files.h"

#include <atomic>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "system/system.h"

namespace cyclone::test {
namespace fs = std::filesystem;

fs::path shared_root() {
    if (const char* root = std::getenv("CYCLONE_SHARED")) return root;
    return fs::path(CYCLONE_SOURCE_DIR) / ".." / "shared";
}

fs::path shared_file(const std::string& relative) { return shared_root() / relative; }

std::string whole_file(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

std::string bytes_of(std::string_view hex) {
    std::string bytes;
    for (std::size_t i = 0; i < hex.size(); i += 2)
        bytes += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
    return bytes;
}

TemporaryFolder::TemporaryFolder() {
    static std::atomic<int> made{0};
    const std::string name = "cyclone-test-" + std::to_string(system::process_number()) + "-";
    for (int attempt = 0; attempt < 1000 && path_.empty(); ++attempt) {  // what a killed test left is in the way
        const fs::path path = fs::temp_directory_path() / (name + std::to_string(++made));
        if (fs::create_directory(path)) path_ = path;
    }
    if (path_.empty()) throw std::runtime_error("cannot make a temporary folder " + name + "*");
}

TemporaryFolder::~TemporaryFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
}

}  // namespace cyclone::test
