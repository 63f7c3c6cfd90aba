#pragma once
// gnuplot as a child process: the script goes into its standard input.

#include <cyclone/base/error.h>

#include <sys/wait.h>
#include <unistd.h>

#include <cstddef>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>

namespace cyclone::lab {

/// gnuplot's single-quoted strings: a quote is doubled. Names come from the command line.
inline std::string gnuplot_quoted(const std::string& text) {
    std::string out = "'";
    for (const char c : text) {
        if (c == '\n') continue;
        out += c;
        if (c == '\'') out += c;
    }
    return out + "'";
}

/// Colours that stay apart on white, also for the colour-blind; they start over after the last.
inline const char* plot_colour(std::size_t i) {
    constexpr const char* kColours[] = {"#444444", "#d55e00", "#0072b2", "#009e73",
                                        "#cc79a7", "#56b4e9", "#8c510a", "#6a3d9a"};
    return kColours[i % std::size(kColours)];
}

/// Runs `script`, which is to draw the file `result`.
inline void run_gnuplot(const std::filesystem::path& result, const std::string& script) {
    std::FILE* gnuplot = popen("gnuplot >/dev/null 2>&1", "w");
    check(gnuplot != nullptr, result.string(), "gnuplot cannot be started");
    const bool sent = std::fwrite(script.data(), 1, script.size(), gnuplot) == script.size();
    const int status = pclose(gnuplot);
    check(sent && WIFEXITED(status) && WEXITSTATUS(status) == 0, result.string(), "gnuplot failed to draw it");
}

/// An SVG that appears whole or not at all: `script(path)` draws it to a temporary name in the same folder first.
/// gnuplot itself does not notice a full disk.
template <class Script>
void draw_svg(const std::filesystem::path& svg, Script&& script) {
    namespace fs = std::filesystem;
    const fs::path temporary = svg.string() + ".tmp." + std::to_string(::getpid());
    std::error_code ignored;
    try {
        run_gnuplot(temporary, script(temporary));
        std::ifstream file(temporary, std::ios::binary);
        const std::string text{std::istreambuf_iterator<char>(file), {}};
        check(text.find("</svg>") != std::string::npos, svg.string(), "gnuplot could not write it (disk full?)");
        fs::rename(temporary, svg);
    } catch (const fs::filesystem_error& error) {
        fs::remove(temporary, ignored);
        fail(svg.string(), "cannot be written: ", error.code().message());
    } catch (...) {
        fs::remove(temporary, ignored);
        throw;
    }
}

}  // namespace cyclone::lab
