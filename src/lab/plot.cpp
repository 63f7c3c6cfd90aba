#include <cyclone/lab/plot.h>

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <locale>
#include <map>
#include <sstream>

#include "lab/gnuplot.h"

namespace cyclone::lab {
namespace {

namespace fs = std::filesystem;

struct Line {
    std::string name;
    std::vector<std::vector<double>> columns;
    int runs = 1;
};

// One line a schedule, with the mean over its finished runs of every column; runs of another length than the first are
// left out.
std::vector<Line> lines_of(const std::vector<Run>& runs,
                           const std::function<std::vector<std::vector<double>>(const Run&)>& columns_of) {
    std::vector<Line> lines;
    for (const Run& run : runs) {
        if (run.status != RunStatus::finished) continue;
        const auto columns = columns_of(run);
        if (columns.front().empty()) continue;
        auto line = std::find_if(lines.begin(), lines.end(), [&](const Line& l) { return l.name == run.schedule; });
        if (line == lines.end()) {
            lines.push_back({run.schedule, columns});
            continue;
        }
        if (columns.front().size() != line->columns.front().size()) continue;
        ++line->runs;
        for (std::size_t c = 0; c < columns.size(); ++c)
            for (std::size_t i = 0; i < columns[c].size(); ++i) line->columns[c][i] += columns[c][i];
    }
    for (Line& line : lines)
        for (auto& column : line.columns)
            for (double& value : column) value /= line.runs;
    return lines;
}

struct Panel {
    const char* x_label;
    const char* y_label;
    int x, y;  // columns, from 1
    const char* y_range;
};

std::string script(const fs::path& svg, const std::vector<Line>& lines, const std::vector<Panel>& panels) {
    std::ostringstream out;
    out.imbue(std::locale::classic());
    out.precision(7);
    for (std::size_t i = 0; i < lines.size(); ++i) {
        out << "$line" << i << " << EOD\n";
        for (std::size_t k = 0; k < lines[i].columns.front().size(); ++k) {
            for (const auto& column : lines[i].columns) out << column[k] << ' ';
            out << '\n';
        }
        out << "EOD\n";
    }
    out << "set terminal svg size 900,640 font 'Helvetica,13' background '#ffffff'\n"
        << "set output " << gnuplot_quoted(svg.string()) << "\n"
        << "set multiplot layout 2,1\nset grid lc '#dddddd'\nset border 3 lc '#666666'\nset tics nomirror\n"
        << "set key outside right top noenhanced\nset lmargin 9\nset rmargin 22\n";
    for (const Panel& panel : panels) {
        out << "set xlabel '" << panel.x_label << "'\nset ylabel '" << panel.y_label << "'\nset yrange "
            << panel.y_range << "\nplot ";
        for (std::size_t i = 0; i < lines.size(); ++i)
            out << (i == 0 ? "" : ", ") << "$line" << i << " using " << panel.x << ':' << panel.y
                << " with lines lw 1.6 lc rgb '" << plot_colour(i) << "' title " << gnuplot_quoted(lines[i].name);
        out << '\n';
    }
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
    const auto lines = lines_of(runs, [](const Run& run) {
        return std::vector{run.curve.update, run.curve.learning_rate, run.curve.loss};
    });
    if (lines.empty()) return;
    draw_svg(svg, [&](const fs::path& path) {
        return script(path, lines, {{"", "learning rate", 1, 2, "[0:*]"}, {"update", "training loss", 1, 3, "[0:*]"}});
    });
}

void plot_auc(const fs::path& svg, const std::vector<Run>& runs) {
    const auto lines = lines_of(runs, [](const Run& run) {
        std::vector<std::vector<double>> columns(3);
        for (const AucPoint& point : run.auc_curve) {
            columns[0].push_back(static_cast<double>(point.updates));
            columns[1].push_back(point.seconds);
            columns[2].push_back(point.auc);
        }
        return columns;
    });
    if (lines.empty()) return;
    draw_svg(svg, [&](const fs::path& path) {
        return script(path, lines,
                      {{"updates", "AUC (test)", 1, 3, "[*:1]"}, {"seconds of training", "AUC (test)", 2, 3, "[*:1]"}});
    });
}

}  // namespace cyclone::lab
