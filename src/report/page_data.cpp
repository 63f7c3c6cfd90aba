// The numbers of pages as JSON.
#include "report/page_data.h"

#include <cyclone/analysis/seed_cloud.h>
#include <cyclone/io/json_fields.h>

#include "report/colours.h"
#include "report/comparison_figures.h"
#include "report/page_script.h"
#include "report/svg_marks.h"
#include "report/svg_text.h"

namespace cyclone::report {
namespace {

// Written only, so each value may be a copy.
template <class T>
void put(io::JsonFields& f, const char* key, T value) {
    f(key, value);
}

// What io::JsonFields makes an object of: a value of another part, with the fields of this page.
template <class T>
struct View {
    const T* value = nullptr;
};

template <class T>
std::vector<View<T>> views(const std::vector<T>& values) {
    std::vector<View<T>> list;
    list.reserve(values.size());
    for (const T& value : values) list.push_back({&value});
    return list;
}

struct Row {
    const analysis::Configuration* configuration = nullptr;
    std::size_t colour = 0;
};

// One difference with one number of seeds.
struct Cloud {
    const std::string* schedule = nullptr;
    std::int64_t seeds = 0;
    const std::vector<analysis::SeedDraw>* draws = nullptr;
};

struct Data {
    const analysis::Results* results = nullptr;
};

void fields(io::JsonFields& f, View<analysis::SeedCurve>& seed) {
    put(f, "seed", seed.value->seed);
    put(f, "loss", seed.value->loss);
    put(f, "auc", seed.value->auc);
}

void fields(io::JsonFields& f, View<analysis::ThresholdCounts>& counts) {
    put(f, "threshold", counts.value->threshold);
    put(f, "truePositives", counts.value->true_positives);
    put(f, "falsePositives", counts.value->false_positives);
    put(f, "positives", counts.value->positives);
    put(f, "negatives", counts.value->negatives);
}

void fields(io::JsonFields& f, View<analysis::DivergedRun>& run) {
    put(f, "seed", run.value->seed);
    put(f, "cause", run.value->cause);
    put(f, "update", run.value->update);
    put(f, "rate", run.value->learning_rate);
    put(f, "loss", run.value->loss);
}

void fields(io::JsonFields& f, View<analysis::SeedDraw>& draw) {
    put(f, "seeds", draw.value->seeds);
    put(f, "mean", draw.value->mean);
    put(f, "low", draw.value->low);
    put(f, "high", draw.value->high);
    put(f, "verdict", std::string(name_of(draw.value->verdict)));
}

void fields(io::JsonFields& f, Cloud& cloud) {
    put(f, "schedule", *cloud.schedule);
    put(f, "seeds", cloud.seeds);
    put(f, "draws", views(*cloud.draws));
}

void fields(io::JsonFields& f, Row& row) {
    const analysis::Configuration& c = *row.configuration;
    put(f, "name", c.name);
    put(f, "colour", colour_name(row.colour));
    put(f, "dashes", static_cast<std::uint64_t>(dashes_of(row.colour)));
    put(f, "budget", c.sum_lr);
    put(f, "rateX", c.curves.learning_rate.x);
    put(f, "rate", c.curves.learning_rate.mean);
    put(f, "lossX", c.curves.loss.x);
    put(f, "aucX", c.curves.auc.x);
    put(f, "seeds", views(c.curves.seeds));
    put(f, "diverged", views(c.curves.diverged));
    put(f, "decisions", View<analysis::ThresholdCounts>{&c.curves.decisions});
}

void fields(io::JsonFields& f, Data& data) {
    const analysis::Results& r = *data.results;
    put(f, "baseline", r.statistics.baseline);
    put(f, "alikeWithin", r.statistics.alike_within);
    put(f, "testImages", r.test_images);
    put(f, "testPositives", r.test_positives);
    put(f, "fractionsOnly", fractions_only(r));
    const auto colours = colours_of(r);
    std::vector<Row> rows;
    for (std::size_t c = 0; c < colours.size(); ++c) rows.push_back({&r.configurations[c], colours[c]});
    put(f, "rows", rows);
    const auto clouds = analysis::seed_clouds(r);
    std::vector<Cloud> list;
    for (const analysis::SeedCloud& cloud : clouds)
        for (std::size_t d = 0; d < cloud.draws.size(); ++d)
            list.push_back({&r.statistics.differences[d].schedule, cloud.seeds, &cloud.draws[d]});
    put(f, "clouds", list);
}

const char* kind_of(const Axis& axis) {
    return axis.scale == Scale::logarithmic ? "logarithmic" : axis.scale == Scale::near_one ? "nearOne" : "linear";
}

void put_colour(io::JsonFields& f, const Mark& mark) {
    put(f, "name", mark.name);
    put(f, "colour", colour_name(mark.colour));
    put(f, "dashes", static_cast<std::uint64_t>(dashes_of(mark.colour)));
}

struct Line {
    const Mark* mark = nullptr;
};

void fields(io::JsonFields& f, Line& line) {
    const Mark& mark = *line.mark;
    put_colour(f, mark);
    put(f, "x", mark.x);
    put(f, "y", mark.y);
    if (mark.kind == Mark::band) put(f, "high", mark.high);
    if (mark.kind == Mark::crosses) put(f, "cause", mark.name);
    for (const auto& [key, is] : {std::pair{"thin", mark.thin},
                                  {"dotted", mark.kind == Mark::reference},
                                  {"dots", mark.kind == Mark::line_with_dots || mark.kind == Mark::dots},
                                  {"apart", mark.kind == Mark::dots}})
        if (is) put(f, key, std::uint64_t{1});
}

struct Reference {
    const Mark* mark = nullptr;
    bool vertical = false;
};

void fields(io::JsonFields& f, Reference& reference) {
    const Mark& mark = *reference.mark;
    put(f, "name", mark.name);
    reference.vertical ? put(f, "x", mark.x[0]) : put(f, "y", mark.y[0]);
}

struct Zone {
    const Mark* mark = nullptr;
};

void fields(io::JsonFields& f, Zone& zone) {
    put_colour(f, *zone.mark);
    put(f, "x", zone.mark->x);
}

// A dot alone stands as a line at its place.
bool is_vertical(const Mark& mark) {
    return (mark.kind == Mark::reference && mark.y.empty()) || (mark.kind == Mark::dots && mark.x.size() == 1);
}

void fields(io::JsonFields& f, View<Panel>& view) {
    const Panel& panel = *view.value;
    put(f, "label", panel.y.label);
    put(f, "kind", std::string(kind_of(panel.y)));
    put(f, "height", panel.height);
    if (panel.y.low) put(f, "low", *panel.y.low);
    if (panel.y.high) put(f, "high", *panel.y.high);
    if (panel.y.at_most) put(f, "atMost", *panel.y.at_most);
    std::vector<Line> lines;
    std::vector<Reference> references;
    std::vector<Zone> zones;
    for (const Mark& mark : panel.marks)
        if (mark.kind == Mark::region)
            zones.push_back({&mark});
        else if (is_vertical(mark) || is_straight_reference(mark))
            references.push_back({&mark, is_vertical(mark)});
        else
            lines.push_back({&mark});
    put(f, "lines", lines);
    put(f, "refs", references);
    put(f, "zones", zones);
}

void fields(io::JsonFields& f, View<Plot>& view) {
    const Plot& plot = *view.value;
    put(f, "label", plot.panels.back().x.label);
    put(f, "kind", std::string(kind_of(plot.panels.back().x)));
    put(f, "panels", views(plot.panels));
}

std::string data_element(const io::JsonFields& f) {
    std::string text;
    for (const char c : f.compact())
        if (c == '<')
            text += "\\u003c";
        else
            text += c;
    return "<script type=\"application/json\" id=\"data\">" + text + "</script>\n";
}

}  // namespace

std::string page_data(const analysis::Results& results) {
    io::JsonFields f;
    Data data{&results};
    fields(f, data);
    return data_element(f);
}

std::string page_data(const Plot& plot) {
    if (plot.panels.empty()) return {};
    io::JsonFields f;
    put(f, "curves", View<Plot>{&plot});
    return data_element(f);
}

std::string plot_to_touch(const std::string& pictures) { return "<div id=\"curves\">" + pictures + "</div>\n"; }

std::string page_script() { return "<script>\n(() => {\n" + std::string(kPageScript) + "})();\n</script>\n"; }

}  // namespace cyclone::report
