#pragma once
// Opens a page in headless Chromium by browser_test.py.

#include <cstdlib>
#include <filesystem>
#include <string>

namespace cyclone::test {

/// Why no page can be opened here; empty: one can.
inline std::string no_browser(std::string* program = nullptr) {
    const auto there = [](const std::string& name) {
        return std::system(("command -v " + name + " >/dev/null 2>&1").c_str()) == 0;
    };
    if (!there("python3")) return "python3 is not installed";
    for (const char* name : {"chromium", "chromium-browser", "google-chrome"})
        if (there(name)) {
            if (program) *program = name;
            return {};
        }
    return "chromium is not installed";
}

/// Whether the page in this folder passes; CYCLONE_PICTURES names a folder for screenshots to look at.
inline bool passes_in_browser(const std::filesystem::path& folder) {
    std::string program;
    if (!no_browser(&program).empty()) return false;
    const char* pictures = std::getenv("CYCLONE_PICTURES");
    const std::string command = "python3 " + std::string(CYCLONE_SOURCE_DIR) + "/tests/report/browser_test.py " +
                                program + " " + folder.string() + (pictures ? " " + std::string(pictures) : "");
    return std::system(command.c_str()) == 0;
}

}  // namespace cyclone::test
