// The results of a model as a table and as JSON.

#include <cyclone/base/text_width.h>
#include <cyclone/metrics/report.h>
#include <cyclone/metrics/threshold.h>
#include <cyclone/train/results.h>

#include <array>
#include <cmath>
#include <iomanip>
#include <limits>
#include <ostream>
#include <sstream>

#include <nlohmann/json.hpp>

namespace cyclone::train {
namespace {

using Json = nlohmann::ordered_json;
using metrics::Average;

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr int kNameWidth = 22, kCellWidth = 10;
constexpr std::int64_t kWholeMatrix = 100;  // classes; the matrix of more is written by its cells

struct ClassMetrics {
    metrics::BinaryCounts counts;
    double auc = 0, ap = 0;
};

struct Summary {
    std::vector<ClassMetrics> classes;
    std::array<double, 2> auc{}, ap{};  // macro, weighted
};

Summary summarize(const metrics::MetricInput& in) {
    const auto& p = in.predictions.probabilities;
    const auto auc = metrics::roc_auc_one_vs_rest(in.labels(), p, in.classes);
    const auto ap = metrics::average_precision_one_vs_rest(in.labels(), p, in.classes);
    Summary s;
    for (std::size_t c = 0; c < auc.size(); ++c) {
        const auto counts = in.confusion.one_vs_rest(static_cast<std::int64_t>(c));
        s.classes.push_back({counts, auc[c], ap[c]});
        const double fraction = static_cast<double>(counts.positives()) / static_cast<double>(in.labels().size());
        s.auc[0] += auc[c] / static_cast<double>(in.classes);
        s.ap[0] += ap[c] / static_cast<double>(in.classes);
        if (fraction > 0) s.auc[1] += fraction * auc[c], s.ap[1] += fraction * ap[c];
    }
    return s;
}

class Table {
public:
    Table() { text_.imbue(std::locale::classic()), text_ << std::fixed << std::setprecision(4); }
    Table& name(const std::string& name) {
        text_ << fitted(name, kNameWidth);
        return *this;
    }
    Table& cell(const std::string& text) {
        text_ << std::right << std::setw(kCellWidth) << text;
        return *this;
    }
    Table& cell(double value) {
        if (!std::isfinite(value)) return cell("n/a");
        text_ << std::right << std::setw(kCellWidth) << value;
        return *this;
    }
    Table& end() {
        text_ << '\n';
        return *this;
    }
    std::string str() const { return text_.str(); }

private:
    std::ostringstream text_;
};

std::string averages(const Summary& s, const metrics::ConfusionMatrix& m) {
    Table t;
    t.name("accuracy").cell(metrics::accuracy(m)).end();
    t.name("balanced accuracy").cell(metrics::balanced_accuracy(m)).end();
    t.name("MCC").cell(metrics::mcc(m)).end().end();
    t.name("averages").cell("macro").cell("weighted").end();
    const auto row = [&](const char* name, double macro, double weighted) {
        t.name(name).cell(macro).cell(weighted).end();
    };
    row("precision", metrics::precision(m, Average::macro), metrics::precision(m, Average::weighted));
    row("recall", metrics::recall(m, Average::macro), metrics::recall(m, Average::weighted));
    row("F1", metrics::f1(m, Average::macro), metrics::f1(m, Average::weighted));
    row("AUC, one against rest", s.auc[0], s.auc[1]);
    row("AP, one against rest", s.ap[0], s.ap[1]);
    return t.str();
}

std::string class_table(const Summary& s, const metrics::Predictions& p) {
    Table t;
    t.end().name("class");
    for (const char* column : {"images", "precision", "recall", "F1", "AUC", "AP"}) t.cell(column);
    t.end();
    for (std::size_t c = 0; c < s.classes.size(); ++c) {
        const ClassMetrics& k = s.classes[c];
        t.name(p.class_name(static_cast<std::int64_t>(c))).cell(std::to_string(k.counts.positives()));
        for (const double value : {metrics::precision(k.counts, kNaN), metrics::recall(k.counts, kNaN),
                                   metrics::f1(k.counts, kNaN), k.auc, k.ap})
            t.cell(value);
        t.end();
    }
    return t.str();
}

Json decisions_json(const metrics::BinaryReport& r) {
    Json json{{"threshold", r.threshold},
              {"true_positives", r.counts.true_positives},
              {"false_positives", r.counts.false_positives},
              {"false_negatives", r.counts.false_negatives},
              {"true_negatives", r.counts.true_negatives}};
    for (const metrics::Metric& metric : metrics::table())
        if (metric.uses_threshold)
            json[metric.name] = metric.defined && !metric.defined(r.counts) ? Json() : Json(r[metric]);
    return json;
}

// [true class, predicted class, images] where there are any: no more than there are images.
void add_cells(Json& cells, const metrics::ConfusionMatrix& matrix) {
    for (std::int64_t c = 0; c < matrix.classes(); ++c)
        for (std::int64_t to = 0; to < matrix.classes(); ++to)
            if (matrix(c, to) > 0) cells.push_back({c, to, matrix(c, to)});
}

void add_classes(Json& json, const Summary& s, const metrics::MetricInput& in) {
    for (std::int64_t c = 0; c < in.classes; ++c) {
        const ClassMetrics& k = s.classes[static_cast<std::size_t>(c)];
        json["classes"].push_back({{"name", in.predictions.class_name(c)},
                                   {"images", k.counts.positives()},
                                   {"precision", metrics::precision(k.counts, kNaN)},
                                   {"recall", metrics::recall(k.counts, kNaN)},
                                   {"f1", metrics::f1(k.counts, kNaN)},
                                   {"auc", k.auc},
                                   {"ap", k.ap}});
    }
    if (in.classes > kWholeMatrix) {
        add_cells(json["confusion_cells"] = Json::array(), in.confusion);
        return;
    }
    for (std::int64_t c = 0; c < in.classes; ++c) {
        Json row = Json::array();
        for (std::int64_t to = 0; to < in.classes; ++to) row.push_back(in.confusion(c, to));
        json["confusion"].push_back(row);
    }
}

}  // namespace

void print_results(std::ostream& out, const metrics::Predictions& p, double threshold) {
    if (p.classes() == 2) {
        const auto positive = p.positive();
        const std::array reports{metrics::binary_report(p.labels, positive),
                                 metrics::binary_report(p.labels, positive, threshold)};
        out << "positive class: " << p.class_name(1) << '\n';
        const char* separator = "";
        for (const metrics::Metric& metric : metrics::table()) {
            if (metric.uses_threshold) continue;
            out << separator << metric.label << ' ' << metrics::cell(metric, reports[0], &reports[0].counts);
            separator = "  ";
        }
        out << "\n\n";
        metrics::print_side_by_side(out, reports);
        return;
    }
    const metrics::MetricInput in(p);
    const Summary s = summarize(in);
    out << averages(s, in.confusion) << class_table(s, p);
    std::ostringstream matrix;
    metrics::print(matrix, in.confusion, p.class_names);
    if (!matrix.str().empty()) out << '\n' << matrix.str();
}

std::string results_json(const metrics::Predictions& p, double threshold) {
    // The highest probability decides here, also between two classes.
    const metrics::ConfusionMatrix m(p.labels, metrics::predicted_classes(p.probabilities, p.classes()), p.classes());
    metrics::MetricInput in(p);
    in.confusion = m;
    const Summary s = summarize(in);
    Json json{{"images", p.labels.size()},
              {"accuracy", metrics::accuracy(m)},
              {"balanced_accuracy", metrics::balanced_accuracy(m)},
              {"mcc", metrics::mcc(m)},
              {"log_loss", metrics::multiclass_log_loss(p.labels, p.probabilities, p.classes())}};
    std::size_t place = 0;
    for (const auto& [name, average] : {std::pair{"macro", Average::macro}, {"weighted", Average::weighted}}) {
        json[name] = {{"precision", metrics::precision(m, average)},
                      {"recall", metrics::recall(m, average)},
                      {"f1", metrics::f1(m, average)},
                      {"auc", s.auc[place]},
                      {"ap", s.ap[place]}};
        ++place;
    }
    add_classes(json, s, in);
    if (p.classes() == 2) {
        const auto report = metrics::binary_report(p.labels, p.positive());
        json["auc"] = report.auc;
        json["ap"] = report.counts.positives() > 0 ? Json(report.average_precision) : Json();
        json["brier"] = report.brier;
        json["ece"] = report.ece;
        json["at_half"] = decisions_json(report);
        json["tuned"] = decisions_json(metrics::binary_report(p.labels, p.positive(), threshold));
    }
    for (const metrics::Metric& metric : metrics::table())
        if (!metric.field) json[metric.name] = metric.value(in);
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace cyclone::train
