#include <cyclone/base/error.h>
#include <cyclone/lab/plot.h>

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <locale>
#include <map>
#include <sstream>

namespace cyclone::lab {
namespace {

namespace fs = std::filesystem;

// gnuplot's single-quoted strings: a quote is doubled. Names come from the command line.
std::string quoted(const std::string& text) {
    std::string out = "'";
    for (const char c : text) {
        if (c == '\n') continue;
        out += c;
        if (c == '\'') out += c;
    }
    return out + "'";
}

// Colours that stay apart on white, also for the colour-blind; gnuplot starts over after the last.
constexpr const char* kColours[] = {"#444444", "#d55e00", "#0072b2", "#009e73",
                                    "#cc79a7", "#56b4e9", "#8c510a", "#6a3d9a"};
constexpr std::size_t kColourCount = std::size(kColours);

struct Line {
    std::string name;
    std::vector<double> update, learning_rate, loss;
};

// One line a schedule: the rates are the same for every seed, the losses are averaged.
std::vector<Line> lines_of(const std::vector<Run>& runs) {
    std::vector<Line> lines;
    std::map<std::string, int> counts;
    for (const Run& run : runs) {
        if (run.status != RunStatus::finished) continue;
        auto line = std::find_if(lines.begin(), lines.end(), [&](const Line& l) { return l.name == run.schedule; });
        if (line == lines.end()) {
            lines.push_back({run.schedule, run.curve.update, run.curve.learning_rate, run.curve.loss});
        } else {
            for (std::size_t i = 0; i < line->loss.size(); ++i) line->loss[i] += run.curve.loss[i];
        }
        ++counts[run.schedule];
    }
    for (Line& line : lines)
        for (double& loss : line.loss) loss /= counts[line.name];
    return lines;
}

std::string script(const fs::path& svg, const std::vector<Line>& lines) {
    std::ostringstream out;
    out.imbue(std::locale::classic());
    out.precision(7);
    for (std::size_t i = 0; i < lines.size(); ++i) {
        out << "$line" << i << " << EOD\n";
        for (std::size_t k = 0; k < lines[i].update.size(); ++k)
            out << lines[i].update[k] << ' ' << lines[i].learning_rate[k] << ' ' << lines[i].loss[k] << '\n';
        out << "EOD\n";
    }
    out << "set terminal svg size 900,640 font 'Helvetica,13' background '#ffffff'\n"
        << "set output " << quoted(svg.string()) << "\n"
        << "set multiplot layout 2,1\nset grid lc '#dddddd'\nset border 3 lc '#666666'\nset tics nomirror\n"
        << "set key outside right top noenhanced\nset lmargin 9\nset rmargin 22\n";
    const auto panel = [&](const char* label, int column, const char* extra) {
        out << extra << "set ylabel '" << label << "'\nplot ";
        for (std::size_t i = 0; i < lines.size(); ++i)
            out << (i == 0 ? "" : ", ") << "$line" << i << " using 1:" << column << " with lines lw 1.6 lc rgb '"
                << kColours[i % kColourCount] << "'"
                << " title " << quoted(lines[i].name);
        out << '\n';
    };
    panel("learning rate", 2, "set xlabel ''\nset yrange [0:*]\n");
    panel("training loss", 3, "set xlabel 'update'\nset yrange [0:*]\n");
    out << "unset multiplot\nunset output\n";
    return out.str();
}

}  // namespace

bool have_gnuplot() {
    const char* path = std::getenv("PATH");
    std::istringstream folders(path ? path : "");
    for (std::string folder; std::getline(folders, folder, ':');)
        if (access((fs::path(folder) / "gnuplot").c_str(), X_OK) == 0) return true;
    return false;
}

void plot_curves(const fs::path& svg, const std::vector<Run>& runs) {
    const std::vector<Line> lines = lines_of(runs);
    if (lines.empty()) return;
    const std::string text = script(svg, lines);
    std::FILE* gnuplot = popen("gnuplot >/dev/null 2>&1", "w");
    check(gnuplot != nullptr, svg.string(), "gnuplot cannot be started");
    const bool sent = std::fwrite(text.data(), 1, text.size(), gnuplot) == text.size();
    const int status = pclose(gnuplot);
    check(sent && WIFEXITED(status) && WEXITSTATUS(status) == 0, svg.string(), "gnuplot failed to draw it");
}

}  // namespace cyclone::lab
