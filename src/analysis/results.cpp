// Results: made of runs, and as result.json.
#include <cyclone/analysis/conclusion.h>
#include <cyclone/analysis/results.h>
#include <cyclone/base/error.h>
#include <cyclone/base/version.h>
#include <cyclone/io/atomic_file.h>
#include <cyclone/io/input_file.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace cyclone::analysis {
namespace {

// Results of format 1, without this number, cannot be read back; format 2 had other verdicts, which are computed again.
constexpr std::uint64_t kFormat = 3, kOldestFormat = 2;
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

// For readers of the file; when it is read back, such a number follows from others.
void derived(io::JsonFields& f, const char* key, double value) {
    if (!f.reading()) f(key, value);
}

}  // namespace

// One description per type, for writing and reading; found beside the type, so not in the unnamed namespace.
static void fields(io::JsonFields& f, Spread& spread) {
    derived(f, "mean", spread.value().mean);
    derived(f, "sd", spread.value().sd);
    f("runs", spread.runs);
}

static void fields(io::JsonFields& f, MetricSpreads& spreads) {
    for (const metrics::Metric& metric : metrics::table()) {
        const char* name = metric.name.c_str();
        Spread spread = spreads[name];
        if (f.reading() ? !f.has(name) : spread.runs.empty() && !metric.field) continue;
        f(name, spread);
        if (f.reading() && !spread.runs.empty()) spreads.at(name) = std::move(spread);
    }
}

static void fields(io::JsonFields& f, Band& band) {
    f("x", band.x);
    f("mean", band.mean);
    if (f.reading() ? f.has("low") : band.curves > 1) {
        f("low", band.low);
        f("high", band.high);
    } else {
        band.low = band.high = band.mean;
    }
    f("curves", band.curves);
    const std::size_t points = band.curves > 0 ? band.x.size() : 0;  // x alone where there is no curve
    check(band.mean.size() == points && band.low.size() == points && band.high.size() == points, "curves",
          "expected as many values as x has");
}

static void fields(io::JsonFields& f, DivergedRun& run) {
    f("seed", run.seed);
    f("cause", run.cause);
    f("update", run.update);
    f("learning_rate", run.learning_rate);
    f("loss", run.loss);
    check(run.update.size() == run.loss.size() && run.update.size() == run.learning_rate.size(), "diverged",
          "expected curves of one length");
}

static void fields(io::JsonFields& f, SeedCurve& seed) {
    f("seed", seed.seed);
    f("loss", seed.loss);
    f("auc", seed.auc);
}

static void fields(io::JsonFields& f, ThresholdCounts& counts) {
    f("threshold", counts.threshold);
    f("true_positives", counts.true_positives);
    f("false_positives", counts.false_positives);
    f("positives", counts.positives);
    f("negatives", counts.negatives);
    check(counts.true_positives.size() == counts.threshold.size() &&
              counts.false_positives.size() == counts.threshold.size(),
          "decisions", "expected counts for every threshold");
}

// Both are younger than the format: files of before have none.
static void young_fields(io::JsonFields& f, Curves& curves) {
    if (f.reading() ? f.has("seeds") : !curves.seeds.empty()) f("seeds", curves.seeds);
    if (f.reading() ? f.has("decisions") : !curves.decisions.threshold.empty()) f("decisions", curves.decisions);
    for (const SeedCurve& seed : curves.seeds)
        check((seed.loss.empty() || seed.loss.size() == curves.loss.x.size()) &&
                  (seed.auc.empty() || seed.auc.size() == curves.auc.x.size()),
              "seeds", "expected curves as long as their x");
}

static void fields(io::JsonFields& f, Curves& curves) {
    f("learning_rate", curves.learning_rate);
    f("loss", curves.loss);
    f("auc", curves.auc);
    f("auc_seconds", curves.auc_seconds);
    f("roc", curves.roc);
    f("roc_left", curves.roc_left);
    f("precision_recall", curves.precision_recall);
    f("reliability", curves.reliability);
    if (f.reading() ? f.has("diverged") : !curves.diverged.empty()) f("diverged", curves.diverged);
    young_fields(f, curves);
}

static void rows(io::JsonFields& f, const char* key, std::vector<ConfidentError>& errors) {
    std::vector<std::vector<double>> list;
    list.reserve(errors.size());
    for (const ConfidentError& e : errors) list.push_back({static_cast<double>(e.image), e.probability});
    f(key, list);
    errors.clear();
    for (const auto& row : list) {
        check(row.size() == 2 && row[0] >= 0 && row[0] < 9e15, key, "expected an image and its probability");
        errors.push_back({static_cast<std::int64_t>(row[0]), row[1]});
    }
}

static void fields(io::JsonFields& f, ConfidentErrors& errors) {
    rows(f, "false_negatives", errors.false_negatives);
    rows(f, "false_positives", errors.false_positives);
}

static void fields(io::JsonFields& f, Configuration& c) {
    f("name", c.name);
    derived(f, "sum_lr", c.sum_lr);
    derived(f, "mean_lr", c.mean_lr);
    if (!f.reading()) f("updates", c.updates);
    derived(f, "train_loss", c.train_loss.value().mean);
    derived(f, "seconds", c.seconds.value().mean);
    derived(f, "images_per_second", c.images_per_second.value().mean);
    if (!f.reading()) {
        fields(f, c.test);
        std::uint64_t reached = c.updates_to_target.runs.size();
        f("runs_at_target", reached);
    }
    f("updates_to_target", c.updates_to_target);
    f("seconds_to_target", c.seconds_to_target);
    if (!f.reading()) {
        f("seeds", c.seeds);
        f("diverged", c.diverged);
        f("stopped", c.stopped);
    }
    f("confident_errors", c.errors);
    f("curves", c.curves);
}

static void fields(io::JsonFields& f, RunDifference& d) {
    f("mean", d.paired.difference.mean);
    f("sd", d.paired.difference.sd);
    f.limits("t_interval", d.paired.low, d.paired.high);
    f.limits("bootstrap_interval", d.bootstrap.low, d.bootstrap.high);
    f("t", d.paired.t);
    f("p", d.paired.p_value);
    if (f.reading()) return;
    f.limits("interval", d.low, d.high);  // judge() computes what follows
    f("p_corrected", d.p_corrected);
    std::string verdict(name_of(d.verdict));
    f("verdict", verdict);
    f("seeds_needed", d.seeds_needed);
}

struct TrainingRuns {  // as the file groups the differences
    RunDifference &auc, &average_precision, &f1;
};
static void fields(io::JsonFields& f, TrainingRuns& runs) {
    f("auc", runs.auc);
    f("average_precision", runs.average_precision);
    f("f1", runs.f1);
}

struct TestSet {
    metrics::AucDifference& difference;
    double p_corrected;
};
static void fields(io::JsonFields& f, TestSet& set) {
    f("auc_difference", set.difference.difference);
    f.limits("delong_interval", set.difference.low, set.difference.high);
    f("z", set.difference.z);
    f("p", set.difference.p_value);
    derived(f, "p_corrected", set.p_corrected);
    f.optional("auc", set.difference.auc_a, nan);
    f.optional("baseline_auc", set.difference.auc_b, nan);
    f.optional("variance", set.difference.variance, nan);
}

static void fields(io::JsonFields& f, BaselineDifference& d) {
    f("schedule", d.schedule);
    f.optional("baseline", d.baseline, std::string());
    f("seeds", d.seeds);
    TrainingRuns training_runs{d.auc, d.average_precision, d.f1};
    f("training_runs", training_runs);
    TestSet test_set{d.test_set, d.test_set_p_corrected};
    f("test_set", test_set);
    if (!f.reading()) return;
    for (RunDifference* of : {&d.auc, &d.average_precision, &d.f1}) {  // what follows from the others
        auto& paired = of->paired;
        paired.difference.n = std::ssize(d.seeds);
        of->bootstrap.value = paired.difference.mean;
        if (paired.difference.sd == 0 && paired.difference.mean != 0)
            paired.t = std::copysign(INFINITY, paired.difference.mean);
    }
}

static void fields(io::JsonFields& f, TestSetInterval& t) {
    f("schedule", t.schedule);
    f.limits("auc_delong_interval", t.auc.low, t.auc.high);
    f.limits("average_precision_bootstrap_interval", t.average_precision.low, t.average_precision.high);
    f.limits("f1_bootstrap_interval", t.f1.low, t.f1.high);
    f.optional("auc", t.auc.auc, nan);
    f.optional("auc_variance", t.auc.variance, nan);
    f.optional("average_precision", t.average_precision.value, nan);
    f.optional("f1", t.f1.value, nan);
}

// The baseline of a difference is left out where it is that of all.
static void fields(io::JsonFields& f, Statistics& s) {
    f("baseline", s.baseline);
    f("level", s.level);
    if (!f.reading() || f.has("alike_within")) f("alike_within", s.alike_within);
    std::vector<BaselineDifference> differences = s.differences;
    for (BaselineDifference& d : differences)
        if (d.baseline == s.baseline) d.baseline.clear();
    f("differences", differences);
    for (BaselineDifference& d : differences)
        if (d.baseline.empty()) d.baseline = s.baseline;
    s.differences = std::move(differences);
    f("test_set", s.test_set);
    if (f.reading()) judge(s);
}

static void fields(io::JsonFields& f, ProbabilitySummary& s) {
    f("schedule", s.configuration);
    f("training_share", s.training_prior);
    f("trained_share", s.trained_prior);
    f("as_trained", s.as_trained);
    f("shifted", s.shifted);
}

static void fields(io::JsonFields& f, ThresholdSummary& s) {
    f("schedule", s.configuration);
    f("threshold", s.threshold);
    f("runs_without", s.without);
    f("at_half", s.at_half);
    f("tuned", s.tuned);
}

template <class T>
static void list(io::JsonFields& f, const char* key, std::vector<T>& values) {  // left out when empty
    if (f.reading() ? f.has(key) : !values.empty()) f(key, values);
}

// Each different one once.
static std::vector<lab::Provenance> distinct(const std::vector<lab::Run>& runs) {
    std::vector<lab::Provenance> list;
    for (const lab::Run& run : runs)
        if (std::find(list.begin(), list.end(), run.provenance) == list.end()) list.push_back(run.provenance);
    return list;
}

// The provenance of each run as its place in the list of all.
static void provenance_fields(io::JsonFields& f, Results& results) {
    f("provenance", results.provenance);
    std::vector<std::int64_t> places;
    for (const lab::Run& run : results.runs)
        places.push_back(std::find(results.provenance.begin(), results.provenance.end(), run.provenance) -
                         results.provenance.begin());
    f("run_provenance", places);
    check(places.size() == results.runs.size(), "run_provenance", "expected one number per run");
    for (std::size_t i = 0; i < places.size(); ++i) {
        check(places[i] >= 0 && places[i] < std::ssize(results.provenance), "run_provenance", "there is no provenance ",
              places[i]);
        results.runs[i].provenance = results.provenance[static_cast<std::size_t>(places[i])];
    }
}

static void conclude(Results& r) {
    r.conclusion = conclusion(r.configurations, r.statistics, r.add_seeds);
    if (!r.threshold_goal.empty() && r.thresholds.empty())
        r.conclusion.push_back("No threshold brings any run to " + r.threshold_goal +
                               " on the held-out images, so there are decisions at 0.5 only.");
}

static void fields(io::JsonFields& f, Results& r) {
    std::uint64_t format = kFormat;
    f("format_version", format);
    f("schedules", r.configurations);
    list(f, "probabilities", r.probabilities);
    list(f, "thresholds", r.thresholds);
    f.optional("threshold_goal", r.threshold_goal, std::string());
    f("statistics", r.statistics);
    f.optional("add_seeds", r.add_seeds, std::string());
    f.optional("add_schedules", r.add_schedules, std::string());
    f("conclusion", r.conclusion);
    f("runs", r.runs);
    fields(f, r.record);
    provenance_fields(f, r);
    double target = r.target_auc.value_or(nan);
    f("target_auc", target);
    r.target_auc = std::isfinite(target) ? std::optional(target) : std::nullopt;
    f("test_images", r.test_images);
    f("test_positives", r.test_positives);
    if (!f.reading()) return;
    auto complete = configurations_of(r.runs);
    check(complete.size() == r.configurations.size(), "schedules", "expected ", complete.size(), ", got ",
          r.configurations.size());
    for (std::size_t i = 0; i < complete.size(); ++i) {
        Configuration& read = r.configurations[i];
        check(complete[i].name == read.name, "schedules", "expected ", complete[i].name, ", got ", read.name);
        complete[i].updates_to_target = std::move(read.updates_to_target);
        complete[i].seconds_to_target = std::move(read.seconds_to_target);
        complete[i].curves = std::move(read.curves);
        complete[i].errors = std::move(read.errors);
    }
    r.configurations = std::move(complete);
    conclude(r);
}

static void check_format(const std::string& text, const std::string& where) {
    std::uint64_t format = 1;
    std::string writer = "another version";
    try {
        io::JsonFields f(text);
        if (f.has("format_version")) f("format_version", format);
        if (f.has("version")) f("version", writer);
    } catch (const Error& error) {
        fail(where, "is damaged (", error.what(), ")");
    }
    check(format <= kFormat, where, "is of format ", format, ", written by Cyclone ", writer, "; this one, ", version(),
          ", reads format ", kFormat, " (hint: a newer Cyclone)");
    check(format >= kOldestFormat, where, "is of format ", format,
          ", which holds no curves and cannot be read back (hint: ", "make it again from its run folder)");
}

// What the baseline ends with, less the difference that does not matter, down to thousandths.
static std::optional<double> usual_target(const std::vector<lab::Run>& runs, const Statistics& statistics) {
    double sum = 0;
    int count = 0;
    for (const lab::Run& run : runs)
        if (run.configuration() == statistics.baseline && run.status == lab::RunStatus::finished &&
            !run.auc_curve.empty())
            sum += run.test.auc, ++count;
    const double target = std::floor(1000 * (sum / count - statistics.alike_within)) / 1000;
    return target > 0.5 ? std::optional(target) : std::nullopt;  // not for NaN
}

Results analyse(const std::vector<lab::Run>& runs, std::span<const std::int64_t> labels,
                const AnalysisOptions& options) {
    Results r;
    r.record = options.record;
    r.provenance = distinct(runs);
    if (r.record.provenance == lab::Provenance() && !r.provenance.empty()) r.record.provenance = r.provenance.front();
    const auto rebalanced = [](const lab::Run& run) { return run.rebalancing != train::kNoRebalancing; };
    if (std::any_of(runs.begin(), runs.end(), rebalanced)) r.probabilities = summarize_probabilities(runs, labels);
    r.thresholds = summarize_thresholds(runs, labels);
    r.threshold_goal = options.threshold_goal;
    r.statistics =
        compute_statistics(runs, labels, {.baseline = options.baseline, .alike_within = options.alike_within});
    r.target_auc = options.target_auc ? options.target_auc : usual_target(runs, r.statistics);
    r.configurations = configurations_of(runs, labels, r.target_auc);
    r.add_seeds = options.add_seeds;
    r.add_schedules = options.add_schedules;
    conclude(r);
    r.test_images = std::ssize(labels);
    r.test_positives = std::count(labels.begin(), labels.end(), 1);
    for (const lab::Run& run : runs) {
        lab::Run& kept = r.runs.emplace_back(run);
        kept.curve = {};
        kept.auc_curve.clear();
        kept.test_probability.clear();
    }
    return r;
}

std::string to_json(const Results& results) { return io::to_json(results); }

void write_results(const std::filesystem::path& path, const Results& results) {
    io::write_file_atomically(path, to_json(results));
}

Results read_results(const std::filesystem::path& path) {
    const std::string text = io::read_text(path);
    check_format(text, path.string());
    Results results;
    io::from_json(text, path.string(), results);
    return results;
}

}  // namespace cyclone::analysis
