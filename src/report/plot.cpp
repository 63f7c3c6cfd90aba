#include <cyclone/base/error.h>
#include <cyclone/report/plot.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <locale>
#include <sstream>

#include "report/gnuplot.h"

namespace cyclone::report {
namespace {

namespace fs = std::filesystem;

struct Line {
    std::string name;
    std::size_t schedule;  // its place among all schedules: the colour
    std::vector<std::vector<double>> columns;
    int runs = 1;
};

// One line a row of the table, with the mean over its finished runs of every column; runs of another length than the
// first are left out.
std::vector<Line> lines_of(const std::vector<lab::Run>& runs,
                           const std::function<std::vector<std::vector<double>>(const lab::Run&)>& columns_of) {
    std::vector<Line> lines;
    std::vector<std::string> rows;
    for (const lab::Run& run : runs) {
        const std::string row = run.row();
        if (std::find(rows.begin(), rows.end(), row) == rows.end()) rows.push_back(row);
        if (run.status != lab::RunStatus::finished) continue;
        const auto columns = columns_of(run);
        if (columns.front().empty()) continue;
        auto line = std::find_if(lines.begin(), lines.end(), [&](const Line& l) { return l.name == row; });
        if (line == lines.end()) {
            const auto place = std::find(rows.begin(), rows.end(), row) - rows.begin();
            lines.push_back({row, static_cast<std::size_t>(place), columns});
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
    out << svg_settings(svg, 900, 640)
        << "set multiplot layout 2,1\nset key outside right top noenhanced\nset lmargin 9\nset rmargin 22\n";
    for (const Panel& panel : panels) {
        out << "set xlabel '" << panel.x_label << "'\nset ylabel '" << panel.y_label << "'\nset yrange "
            << panel.y_range << "\nplot ";
        for (std::size_t i = 0; i < lines.size(); ++i)
            out << (i == 0 ? "" : ", ") << "$line" << i << " using " << panel.x << ':' << panel.y
                << " with lines lw 1.6 lc rgb '" << plot_colour(lines[i].schedule) << "' dt "
                << plot_dash(lines[i].schedule) << " title " << gnuplot_quoted(lines[i].name);
        out << '\n';
    }
    out << "unset multiplot\nunset output\n";
    return out.str();
}

}  // namespace

void plot_curves(const fs::path& svg, const std::vector<lab::Run>& runs) {
    const auto lines = lines_of(runs, [](const lab::Run& run) {
        return std::vector{run.curve.update, run.curve.learning_rate, run.curve.loss};
    });
    if (lines.empty()) return;
    draw_svg(svg, [&](const fs::path& path) {
        return script(path, lines, {{"", "learning rate", 1, 2, "[0:*]"}, {"update", "training loss", 1, 3, "[0:*]"}});
    });
}

void plot_auc(const fs::path& svg, const std::vector<lab::Run>& runs) {
    const auto lines = lines_of(runs, [](const lab::Run& run) {
        std::vector<std::vector<double>> columns(3);
        for (const lab::AucPoint& point : run.auc_curve) {
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

void plot_lines(const fs::path& svg, const std::vector<PlotSeries>& series, const PlotAxes& axes) {
    check(!series.empty(), svg.string(), "expected at least one line to draw");
    std::ostringstream data, plot;
    data.imbue(std::locale::classic());
    data.precision(6);
    for (std::size_t i = 0; i < series.size(); ++i) {
        data << "$line" << i << " << EOD\n";
        for (std::size_t k = 0; k < std::min(series[i].x.size(), series[i].y.size()); ++k)
            if (std::isfinite(series[i].x[k]) && std::isfinite(series[i].y[k]))
                data << series[i].x[k] << ' ' << series[i].y[k] << '\n';
        data << "EOD\n";
        plot << (i == 0 ? "plot " : ", ") << "$line" << i << " with lines lw 1.8 lc rgb '" << plot_colour(i) << "' dt "
             << plot_dash(i) << " title " << gnuplot_quoted(series[i].name);
    }
    draw_svg(svg, [&](const fs::path& path) {
        return data.str() + svg_settings(path, 760, 380) +
               "set format '%g'\n"
               "set key outside top center horizontal noenhanced\nset autoscale xfix\nset xlabel " +
               gnuplot_quoted(axes.x_label) + " noenhanced\nset ylabel " + gnuplot_quoted(axes.y_label) +
               " noenhanced\n" + (axes.log_y ? "set logscale y\n" : "") + "set yrange " + axes.y_range + "\n" +
               plot.str() + "\nunset output\n";
    });
}

void plot_schedules(const fs::path& svg, const std::vector<schedule::Preview>& schedules) {
    std::vector<PlotSeries> series;
    for (const schedule::Preview& preview : schedules) {
        PlotSeries& line = series.emplace_back(PlotSeries{preview.name, {}, {}});
        for (const auto& sample : schedule::samples(preview.schedule, preview.updates, 800)) {
            line.x.push_back(static_cast<double>(sample.update));
            line.y.push_back(sample.value);
        }
    }
    plot_lines(svg, series, {.x_label = "update", .y_label = "learning rate", .y_range = "[0:*]"});
}

}  // namespace cyclone::report
