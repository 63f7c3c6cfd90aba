#include "report/gnuplot.h"

#include <cyclone/base/error.h>
#include <cyclone/report/plot.h>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>
#include <system_error>

extern char** environ;

namespace cyclone::report {
namespace {

namespace fs = std::filesystem;

// Scripts and pictures on their way; gone with the object.
class ScratchFolder {
public:
    ScratchFolder() {
        std::error_code ignored;
        fs::path base = fs::temp_directory_path(ignored);
        if (base.empty()) base = "/tmp";
        std::string name = (base / "cyclone-plot-XXXXXX").string();
        check(mkdtemp(name.data()) != nullptr, base.string(), "expected a folder for temporary files that can be used");
        path_ = name;
    }
    ~ScratchFolder() {
        std::error_code ignored;
        fs::remove_all(path_, ignored);
    }
    ScratchFolder(const ScratchFolder&) = delete;
    ScratchFolder& operator=(const ScratchFolder&) = delete;
    fs::path operator/(const std::string& name) const { return path_ / name; }

private:
    fs::path path_;
};

// A script file instead of a pipe: a gnuplot that dies early then raises no SIGPIPE here.
int exit_code_of_gnuplot(const fs::path& script) {
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    std::string program = "gnuplot", argument = script.string();
    char* arguments[] = {program.data(), argument.data(), nullptr};
    pid_t child = 0;
    const int failed = posix_spawnp(&child, "gnuplot", &actions, nullptr, arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    if (failed != 0) return -1;
    int status = 0;
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR) return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void run(const ScratchFolder& scratch, const std::string& script, const std::string& where) {
    check(have_gnuplot(), where, "gnuplot is not installed (Debian, Ubuntu: apt-get install gnuplot-nox)");
    std::ofstream(scratch / "script.gp", std::ios::binary) << script;
    check(exit_code_of_gnuplot(scratch / "script.gp") == 0, where, "gnuplot failed to draw it");
}

}  // namespace

void replace_all(std::string& text, const std::string& from, const std::string& to) {
    for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
        text.replace(at, from.size(), to);
}

std::string compact_svg(std::string svg) {
    replace_all(svg, " stroke-linecap=\"butt\" stroke-linejoin=\"miter\"", "");
    replace_all(svg, "<tspan font-family=\"Helvetica\" >", "<tspan>");
    const std::string end = ">\n</g>\n";
    std::string out;
    std::size_t begin = 0;
    for (std::size_t close = svg.find(end); close != std::string::npos; close = svg.find(end, begin)) {
        const std::size_t open = svg.rfind('<', close);
        const bool empty = svg.compare(open, 3, "<g ") == 0 || svg.compare(open, 3, "<g>") == 0;
        out += svg.substr(begin, (empty ? open : close + end.size()) - begin);
        begin = close + end.size();
    }
    return out + svg.substr(begin);
}

std::string gnuplot_quoted(const std::string& text) {
    std::string out = "'";
    for (const char c : text) {
        if (c == '\n' || c == '\0') continue;
        out += c;
        if (c == '\'') out += c;
    }
    return out + "'";
}

std::string svg_settings(const fs::path& svg, int width, int height) {
    return "set terminal svg size " + std::to_string(width) + "," + std::to_string(height) +
           " font 'Helvetica,13' background '#ffffff'\nset output " + gnuplot_quoted(svg.string()) +
           "\nset grid lc '#dddddd'\nset border 3 lc '#666666'\nset tics nomirror\n";
}

bool have_gnuplot() {
    const char* path = std::getenv("PATH");
    std::istringstream folders(path ? path : "");
    for (std::string folder; std::getline(folders, folder, ':');)
        if (access((fs::path(folder) / "gnuplot").c_str(), X_OK) == 0) return true;
    return false;
}

void run_gnuplot(const fs::path& result, const std::string& script) {
    const ScratchFolder scratch;
    run(scratch, script, result.string());
}

std::vector<std::string> gnuplot_outputs(const std::vector<std::string>& scripts) {
    if (scripts.empty()) return {};
    const ScratchFolder scratch;
    const auto picture = [&](std::size_t i) { return scratch / ("picture" + std::to_string(i)); };
    std::string all;
    for (std::size_t i = 0; i < scripts.size(); ++i)
        all += "reset\nset output " + gnuplot_quoted(picture(i).string()) + "\n" + scripts[i] + "\nunset output\n";
    run(scratch, all, "a picture");
    std::vector<std::string> pictures;
    for (std::size_t i = 0; i < scripts.size(); ++i) {
        std::ifstream file(picture(i), std::ios::binary);
        pictures.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    }
    return pictures;
}

}  // namespace cyclone::report
