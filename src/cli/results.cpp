// Prints what a trained network is worth, as a table and as JSON.

#include "cli/results.h"

#include <cyclone/metrics/multiclass.h>
#include <cyclone/metrics/ranking.h>
#include <cyclone/metrics/threshold.h>
#include <cyclone/train/evaluate.h>

#include <array>
#include <cmath>
#include <ostream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace cyclone::cli {
namespace {

using Json = nlohmann::ordered_json;
using metrics::Average;

constexpr std::int64_t kLargestMatrix = 20;

struct ClassFigures {
    metrics::BinaryCounts counts;
    double auc = 0, ap = 0;
};

struct Figures {
    metrics::ConfusionMatrix confusion;
    std::vector<ClassFigures> classes;
    std::array<double, 2> auc{}, ap{};  // macro, weighted
};

metrics::ConfusionMatrix confusion_of(const Predictions& p) {
    return {p.labels, metrics::predicted_classes(p.probabilities, p.classes()), p.classes()};
}

Figures figures_of(const Predictions& p) {
    Figures f{confusion_of(p), {}};
    const auto auc = metrics::roc_auc_one_vs_rest(p.labels, p.probabilities, p.classes());
    const auto n = p.labels.size();
    for (std::int64_t c = 0; c < p.classes(); ++c) {
        std::vector<std::int64_t> is_class(n);
        std::vector<double> score(n);
        for (std::size_t i = 0; i < n; ++i) {
            is_class[i] = p.labels[i] == c;
            score[i] = p.probabilities[i * p.class_names.size() + static_cast<std::size_t>(c)];
        }
        const auto counts = f.confusion.one_vs_rest(c);
        const double ap = counts.positives() > 0 ? metrics::average_precision(is_class, score) : NAN;
        f.classes.push_back({counts, auc[static_cast<std::size_t>(c)], ap});
        const double share = static_cast<double>(counts.positives()) / static_cast<double>(n);
        f.auc[0] += f.classes.back().auc / static_cast<double>(p.classes());
        f.ap[0] += ap / static_cast<double>(p.classes());
        if (share > 0) f.auc[1] += share * f.classes.back().auc, f.ap[1] += share * ap;
    }
    return f;
}

std::string cell(double value) { return std::isfinite(value) ? fmt::format("{:.4f}", value) : "n/a"; }

void print_averages(std::ostream& out, const Figures& f) {
    const auto& m = f.confusion;
    out << fmt::format("{:<22}{:>10}\n{:<22}{:>10}\n{:<22}{:>10}\n\n", "accuracy", cell(metrics::accuracy(m)),
                       "balanced accuracy", cell(metrics::balanced_accuracy(m)), "MCC", cell(metrics::mcc(m)));
    out << fmt::format("{:<22}{:>10}{:>10}\n", "averages", "macro", "weighted");
    const auto row = [&](const char* name, double macro, double weighted) {
        out << fmt::format("{:<22}{:>10}{:>10}\n", name, cell(macro), cell(weighted));
    };
    row("precision", metrics::precision(m, Average::macro), metrics::precision(m, Average::weighted));
    row("recall", metrics::recall(m, Average::macro), metrics::recall(m, Average::weighted));
    row("F1", metrics::f1(m, Average::macro), metrics::f1(m, Average::weighted));
    row("AUC, one against rest", f.auc[0], f.auc[1]);
    row("AP, one against rest", f.ap[0], f.ap[1]);
}

void print_classes(std::ostream& out, const Figures& f, const std::vector<std::string>& names) {
    out << fmt::format("\n{:<22}{:>10}{:>10}{:>10}{:>10}{:>10}{:>10}\n", "class", "images", "precision", "recall", "F1",
                       "AUC", "AP");
    for (std::size_t c = 0; c < names.size(); ++c) {
        const ClassFigures& k = f.classes[c];
        out << fmt::format("{:<22.22}{:>10}{:>10}{:>10}{:>10}{:>10}{:>10}\n", names[c], k.counts.positives(),
                           cell(metrics::precision(k.counts)), cell(metrics::recall(k.counts)),
                           cell(metrics::f1(k.counts)), cell(k.auc), cell(k.ap));
    }
}

void print_confusion(std::ostream& out, const metrics::ConfusionMatrix& m, const std::vector<std::string>& names) {
    if (m.classes() > kLargestMatrix) return;
    out << "\ntrue \\ predicted      ";
    for (const std::string& name : names) out << fmt::format(" {:>9.9}", name);
    out << '\n';
    for (std::int64_t label = 0; label < m.classes(); ++label) {
        out << fmt::format("{:<22.22}", names[static_cast<std::size_t>(label)]);
        for (std::int64_t c = 0; c < m.classes(); ++c) out << fmt::format(" {:>9}", m(label, c));
        out << '\n';
    }
}

Json binary_json(const metrics::BinaryReport& r) {
    return {{"threshold", r.threshold},
            {"true_positives", r.counts.true_positives},
            {"false_positives", r.counts.false_positives},
            {"false_negatives", r.counts.false_negatives},
            {"true_negatives", r.counts.true_negatives},
            {"precision", r.precision},
            {"recall", r.recall},
            {"f1", r.f1},
            {"accuracy", r.accuracy},
            {"balanced_accuracy", r.balanced_accuracy},
            {"mcc", r.mcc}};
}

}  // namespace

std::vector<double> Predictions::positive() const {
    std::vector<double> out(labels.size());
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = probabilities[2 * i + 1];
    return out;
}

Predictions predict_set(nn::Module& model, const data::Dataset& set) {
    const Tensor p = train::predict(model, set).to(DType::f64);
    const auto labels = set.labels.values<std::int64_t>();
    const auto values = p.values<double>();
    return {{labels.begin(), labels.end()}, {values.begin(), values.end()}, set.class_names};
}

void print_results(std::ostream& out, const Predictions& p, double threshold) {
    if (p.classes() == 2) {
        const auto positive = p.positive();
        const std::array reports{metrics::binary_report(p.labels, positive),
                                 metrics::binary_report(p.labels, positive, threshold)};
        const auto& r = reports[0];
        out << fmt::format("positive class: {}\nAUC {}  AP {}  Brier {}  log loss {}  ECE {}\n\n", p.class_names[1],
                           cell(r.auc), cell(r.average_precision), cell(r.brier), cell(r.log_loss), cell(r.ece));
        metrics::print_side_by_side(out, reports);
        return;
    }
    const Figures f = figures_of(p);
    print_averages(out, f);
    print_classes(out, f, p.class_names);
    print_confusion(out, f.confusion, p.class_names);
}

report::ReportedSet reported(const char* name, const Predictions& p) { return {name, p.labels, p.probabilities}; }

Json results_json(const Predictions& p, double threshold) {
    const Figures f = figures_of(p);
    const auto& m = f.confusion;
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
                      {"auc", f.auc[place]},
                      {"ap", f.ap[place]}};
        ++place;
    }
    for (std::size_t c = 0; c < f.classes.size(); ++c) {
        const ClassFigures& k = f.classes[c];
        json["classes"].push_back({{"name", p.class_names[c]},
                                   {"images", k.counts.positives()},
                                   {"precision", metrics::precision(k.counts)},
                                   {"recall", metrics::recall(k.counts)},
                                   {"f1", metrics::f1(k.counts)},
                                   {"auc", k.auc},
                                   {"ap", k.ap}});
        Json row = Json::array();
        for (std::int64_t to = 0; to < p.classes(); ++to) row.push_back(m(static_cast<std::int64_t>(c), to));
        json["confusion"].push_back(row);
    }
    if (p.classes() > 2) return json;
    const auto report = metrics::binary_report(p.labels, p.positive());
    json["auc"] = report.auc;
    json["ap"] = report.average_precision;
    json["brier"] = report.brier;
    json["ece"] = report.ece;
    json["at_half"] = binary_json(report);
    json["tuned"] = binary_json(metrics::binary_report(p.labels, p.positive(), threshold));
    return json;
}

}  // namespace cyclone::cli
