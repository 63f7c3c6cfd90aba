// Progress on a terminal: one line, never wider than the terminal, and gone before another line is printed.

#include <sys/ioctl.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstdlib>
#include <string>

#include <pty.h>
#include <unistd.h>

#include <cyclone/base/text_width.h>

#include "support/catch.h"
#include "support/programs.h"

using namespace cyclone;

namespace {

/// What `cyclone arguments` writes to a terminal of `columns` columns.
std::string on_terminal(int columns, const std::string& arguments) {
    winsize size{24, static_cast<unsigned short>(columns), 0, 0};
    int terminal = -1;
    const pid_t child = forkpty(&terminal, nullptr, nullptr, &size);
    REQUIRE(child >= 0);
    if (child == 0) {
        const std::string command = "exec " + std::string(CYCLONE_PROGRAMS) + "/cyclone " + arguments;
        execl("/bin/sh", "sh", "-c", command.c_str(), nullptr);
        _exit(127);
    }
    std::string text;
    char buffer[4096];
    for (ssize_t n = 0; (n = read(terminal, buffer, sizeof buffer)) > 0;)
        text.append(buffer, static_cast<std::size_t>(n));
    close(terminal);
    int status = 0;
    waitpid(child, &status, 0);
    CHECK(WEXITSTATUS(status) == 0);
    return text;
}

/// The lines as the terminal shows them at the end: what follows a carriage return overwrites.
std::vector<std::string> screen(const std::string& text) {
    std::vector<std::string> lines(1);
    std::size_t column = 0;
    for (const char c : text) {
        if (c == '\n') lines.emplace_back();
        if (c == '\n' || c == '\r') {
            column = 0;
            continue;
        }
        if (lines.back().size() <= column) lines.back().resize(column + 1, ' ');
        lines.back()[column++] = c;
    }
    return lines;
}

/// The columns of a line on the screen: colours take none, and a braille dot one.
std::size_t columns_of(const std::string& line) {
    std::string plain;
    for (std::size_t i = 0; i < line.size(); ++i)
        if (line[i] == '\x1b')
            i = line.find('m', i);
        else
            plain += line[i];
    return display_width(plain);
}

}  // namespace

TEST_CASE("a narrow terminal shows one progress line that leaves no trace") {
    const test::TemporaryFolder temporary;
    const std::string data = (temporary / "patches.cyc").string(), out = (temporary / "run").string();
    REQUIRE(
        test::run_program("cyclone", "convert synthetic " + data + " --positives 300 --negatives 900 --quiet").code ==
        0);
    for (const int columns : {50, 20}) {
        CAPTURE(columns);
        const std::string text =
            on_terminal(columns, "train " + data + " --epochs 3 --threads 1 --overwrite --out " + out);
        CHECK_THAT(text, Catch::Contains("\rtraining  "));
        const auto lines = screen(text);
        std::size_t epochs = 0;
        for (const std::string& line : lines) {
            CHECK(line.find("training  ") == std::string::npos);
            if (line.starts_with("epoch ")) ++epochs;
        }
        CHECK(epochs == 3);
        // The progress line itself, not the tables, must fit.
        for (std::size_t at = text.find("\rtraining"); at != std::string::npos; at = text.find("\rtraining", at + 1))
            CHECK(text.find_first_of("\r\n", at + 1) - at <= static_cast<std::size_t>(columns));
    }
}

TEST_CASE("schedules are drawn as wide as the terminal") {
    // The lines of the picture: a border is never broken.
    const auto widest = [](const std::string& text) {
        std::size_t width = 0;
        for (const std::string& line : screen(text))
            if (line.find_first_not_of(" +-") == std::string::npos) width = std::max(width, line.size());
        return width;
    };
    const std::string arguments = "schedules triangular cosine --updates 900";
    for (const int columns : {20, 50, 80, 200}) {
        CAPTURE(columns);
        const std::string text = on_terminal(columns, arguments);
        CHECK(widest(text) == static_cast<std::size_t>(columns) - 1);
        for (const std::string& line : screen(text))
            if (line.find('|') != std::string::npos) CHECK(columns_of(line) < static_cast<std::size_t>(columns));
        CHECK_THAT(text, Catch::Contains("0.03 |") && Catch::Contains("0.02 |") && Catch::Contains("900"));
    }
    // What is not a terminal: 80, or what COLUMNS says.
    CHECK(widest(test::run_program("cyclone", arguments).out) == 79);
    ::setenv("COLUMNS", "33", 1);
    CHECK(widest(test::run_program("cyclone", arguments).out) == 32);
    ::unsetenv("COLUMNS");
}
