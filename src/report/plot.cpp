#include <cyclone/base/error.h>
#include <cyclone/report/plot.h>

#include <algorithm>
#include <functional>

namespace cyclone::report {
namespace {

namespace fs = std::filesystem;

struct Line {
    std::string name;
    std::size_t schedule;  // its place among all schedules: the colour
    std::vector<std::vector<double>> columns;
    int runs = 1;
};

// One line per row of the table, with the mean over its finished runs of every column; runs of another length than the
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

// Column y of every line over its column x.
std::vector<Mark> marks(const std::vector<Line>& lines, std::size_t x, std::size_t y) {
    std::vector<Mark> list;
    for (const Line& line : lines)
        list.push_back({.name = line.name, .x = line.columns[x], .y = line.columns[y], .colour = line.schedule});
    return list;
}

std::string caption(const std::vector<Line>& lines) {
    const bool means = std::any_of(lines.begin(), lines.end(), [](const Line& line) { return line.runs > 1; });
    return means ? "Means over the seeds." : "";
}

}  // namespace

void plot_curves(const fs::path& svg, const std::vector<lab::Run>& runs) {
    const auto lines = lines_of(runs, [](const lab::Run& run) {
        return std::vector{run.curve.update, run.curve.learning_rate, run.curve.loss};
    });
    if (lines.empty()) return;
    write_svg(
        svg,
        {.title = "Learning rate and training loss",
         .caption = caption(lines),
         .panels = {{.y = {.label = "learning rate", .low = 0}, .marks = marks(lines, 0, 1), .height = 200},
                    {.x = {.label = "update"}, .y = {.label = "training loss", .low = 0}, .marks = marks(lines, 0, 2)}},
         .shared_x = true});
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
    const Axis auc{.label = "AUC", .high = 1};
    write_svg(svg, {.title = "AUC on the test set during training",
                    .caption = caption(lines),
                    .panels = {{.x = {.label = "update"}, .y = auc, .marks = marks(lines, 0, 2)},
                               {.x = {.label = "seconds of training"}, .y = auc, .marks = marks(lines, 1, 2)}}});
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
    plot_lines(svg, "Learning-rate schedules", series, {.label = "update"}, {.label = "learning rate", .low = 0});
}

void plot_lines(const fs::path& svg, const std::string& title, const std::vector<PlotSeries>& series, const Axis& x,
                const Axis& y) {
    check(!series.empty(), svg.string(), "expected at least one line to draw");
    Panel panel{.x = x, .y = y};
    for (const PlotSeries& line : series)
        panel.marks.push_back({.name = line.name, .x = line.x, .y = line.y, .colour = panel.marks.size()});
    write_svg(svg, {.title = title, .panels = {panel}});
}

}  // namespace cyclone::report
