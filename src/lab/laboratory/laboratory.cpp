// The table of experiments, how one is run, and what they share.
#include <cyclone/lab/laboratory.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "lab/laboratory/bench.h"

namespace cyclone::lab {
namespace {

using Experiments = Registry<Experiment(Arguments&)>;
constexpr std::int64_t kMostSeeds = 1000;

Experiments::Row row(const char* name, Experiment (*make)()) {
    return {name, "", make().claim, [make](Arguments&) { return make(); }};
}

}  // namespace

Registry<Experiment(Arguments&)>& experiments() {
    static Experiments registry(
        "experiment",
        {row("valley", valley), row("edge-of-stability", edge_of_stability), row("noise-floor", noise_floor),
         row("super-convergence", super_convergence), row("large-rates", large_rates), row("batch-ratio", batch_ratio),
         row("step-size", step_size), row("momentum", momentum), row("wrong-maximum", wrong_maximum),
         row("averages", averages), row("imbalance", imbalance), row("sharpness", sharpness), row("walk", walk)});
    return registry;
}

Finding run_experiment(std::string_view name, const ExperimentOptions& options) {
    check<UsageError>(options.seeds >= 0 && options.seeds <= kMostSeeds, "lab", "expected at most ", kMostSeeds,
                      " seeds, got ", options.seeds);
    check<UsageError>(options.threads >= 1, "lab", "expected at least one thread, got ", options.threads);
    const Experiment experiment = experiments().parse(name);
    Finding finding;
    finding.name = name_in(name);
    finding.title = experiment.title;
    finding.claim = experiment.claim;
    finding.quick = options.quick;
    const std::int64_t seeds = options.seeds > 0 ? options.seeds : options.quick ? 3 : experiment.seeds;
    for (std::int64_t i = 0; i < seeds; ++i)
        finding.seeds.push_back(options.first_seed + static_cast<std::uint64_t>(i));
    finding.provenance = this_process();
    const auto start = std::chrono::steady_clock::now();
    experiment.run(options, finding);
    finding.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    judge(finding);
    return finding;
}

std::vector<double> ratios(const std::vector<double>& above, const std::vector<double>& below) {
    std::vector<double> list;
    for (std::size_t i = 0; i < above.size(); ++i) list.push_back(above[i] / below[i]);
    return list;
}

double mean_of(const std::vector<double>& values) {
    double sum = 0;
    for (const double value : values) sum += value;
    return sum / static_cast<double>(values.size());
}

double geometric_mean(const std::vector<double>& values) {
    return std::exp(mean_of(each(values, [](double value) { return std::log(value); })));
}

void add_point(PictureMark& line, PictureMark& dots, double x, double y, const std::vector<double>& of_seeds) {
    line.x.push_back(x);
    line.y.push_back(y);
    dots.x.insert(dots.x.end(), of_seeds.size(), x);
    dots.y.insert(dots.y.end(), of_seeds.begin(), of_seeds.end());
}

std::vector<std::vector<double>> at_updates(const std::vector<std::vector<double>>& curves,
                                            const std::vector<double>& x) {
    std::vector<std::vector<double>> list;
    list.reserve(curves.size());
    for (const std::vector<double>& curve : curves)
        list.push_back(each(x, [&curve](double update) { return curve[static_cast<std::size_t>(update)]; }));
    return list;
}

void add_curves(PicturePanel& panel, const std::string& name, Hue hue, int tone, const std::vector<double>& x,
                const std::vector<std::vector<double>>& curves) {
    PictureMark band{.kind = MarkKind::band, .hue = hue, .tone = tone};
    PictureMark line{.name = name, .hue = hue, .tone = tone, .x = x};
    for (std::size_t i = 0; i < x.size(); ++i) {
        const std::vector<double> values = each(curves, [i](const std::vector<double>& curve) { return curve[i]; });
        line.y.push_back(panel.y.logarithmic ? geometric_mean(values) : mean_of(values));
        band.y.push_back(*std::min_element(values.begin(), values.end()));
        band.high.push_back(*std::max_element(values.begin(), values.end()));
    }
    band.x = x;
    if (curves.size() > 1) panel.marks.push_back(std::move(band));
    panel.marks.push_back(std::move(line));
}

}  // namespace cyclone::lab
