// Runs, and their files.
#include <cyclone/base/error.h>
#include <cyclone/lab/run.h>
#include <cyclone/metrics/metric.h>

#include <algorithm>
#include <bit>
#include <cmath>

#include "lab/crc32.h"

namespace cyclone::lab {

static void fields(io::JsonFields& f, AverageResult& average);  // found by io::JsonFields

namespace {

constexpr std::size_t kCurvePoints = 150;
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

// f32 values as eight hexadecimal digits each: the bits are kept, and a test set of 110,000 images takes a megabyte.
std::string f32_hex(const std::vector<double>& values) {
    std::string text;
    text.reserve(8 * values.size());
    for (const double value : values) text += hex(std::bit_cast<std::uint32_t>(static_cast<float>(value)));
    return text;
}

std::vector<double> read_f32_hex(const std::string& text) {
    check(text.size() % 8 == 0 && text.find_first_not_of("0123456789abcdef") == std::string::npos, "run",
          "expected eight hexadecimal digits for each probability");
    std::vector<double> values(text.size() / 8);
    for (std::size_t i = 0; i < values.size(); ++i) {
        std::uint32_t bits = 0;
        for (const char c : text.substr(8 * i, 8))
            bits = bits << 4 | static_cast<std::uint32_t>(c <= '9' ? c - '0' : c - 'a' + 10);
        values[i] = std::bit_cast<float>(bits);
    }
    return values;
}

void head_fields(io::JsonFields& f, Run& run) {
    f("schedule", run.schedule);
    f.optional("balance", run.rebalancing, std::string(train::kNoRebalancing));
    f.optional("average", run.average, std::string());
    f("seed", run.seed);
    f.choice("status", run.status, std::span<const RunStatus>(kStatuses));
    f.optional("message", run.message, std::string());
}

// A test and the threshold that was tuned for it.
void test_fields(io::JsonFields& f, metrics::BinaryReport& test) {
    for (const metrics::Metric& metric : metrics::table()) {
        double value = f.reading() ? nan : test[metric];
        if (metric.field || !f.reading() || f.has(metric.name.c_str())) f(metric.name.c_str(), value);
        test.set(metric, value);
    }
    f("threshold", test.threshold);
    f("positives", test.positives);
    f("negatives", test.negatives);
    f("true_positives", test.counts.true_positives);
    f("false_positives", test.counts.false_positives);
    f("false_negatives", test.counts.false_negatives);
    f("true_negatives", test.counts.true_negatives);
}

void threshold_field(io::JsonFields& f, double& threshold) {
    if (f.reading() ? f.has("tuned_threshold") : std::isfinite(threshold)) f("tuned_threshold", threshold);
}

void probability_field(io::JsonFields& f, std::vector<double>& probabilities) {
    std::string text = f32_hex(probabilities);
    f("test_probability_f32", text);
    probabilities = read_f32_hex(text);
}

void result_fields(io::JsonFields& f, Run& run) {
    if (run.rebalancing != train::kNoRebalancing) {
        f("training_share", run.training_prior);
        f("trained_share", run.trained_prior);
    }
    threshold_field(f, run.tuned_threshold);
    f("updates", run.updates);
    f("sum_lr", run.sum_lr);
    f("mean_lr", run.mean_lr);
    f("train_loss", run.train_loss);
    f("seconds", run.seconds);
    f("images_per_second", run.images_per_second);
    test_fields(f, run.test);
    f("epoch_train_loss", run.epoch_loss);
    f("epoch_auc", run.epoch_auc);
}

// The points as one list of three numbers each.
void auc_curve_fields(io::JsonFields& f, std::vector<AucPoint>& curve) {
    std::vector<std::vector<double>> points;
    points.reserve(curve.size());
    for (const AucPoint& p : curve) points.push_back({static_cast<double>(p.updates), p.seconds, p.auc});
    f("auc_curve", points);
    curve.clear();
    for (const auto& p : points) {
        check(p.size() == 3 && p[0] >= 0 && p[0] < 9e15, "run", "expected updates, seconds and AUC");
        curve.push_back({static_cast<std::uint64_t>(p[0]), p[1], p[2]});
    }
}

void file_fields(io::JsonFields& f, Run& run) {
    head_fields(f, run);
    result_fields(f, run);
    if (!f.reading() || f.has("provenance")) f("provenance", run.provenance);
    Curve& curve = run.curve;
    f("curve_update", curve.update);
    f("curve_learning_rate", curve.learning_rate);
    f("curve_loss", curve.loss);
    check(curve.update.size() == curve.loss.size() && curve.update.size() == curve.learning_rate.size(), "run",
          "expected curves of one length");
    auc_curve_fields(f, run.auc_curve);
    probability_field(f, run.test_probability);
    if (f.reading() ? f.has("averages") : !run.averages.empty()) f("averages", run.averages);
}

// The row in [begin, end) whose rate spans the largest triangle with that of row `before` and the mean of the rows in
// [end, after); the middle one where all lie on a line.
std::size_t largest_triangle(const std::vector<train::UpdateRow>& rows, std::size_t before, std::size_t begin,
                             std::size_t end, std::size_t after) {
    const auto place = [](std::size_t i) { return static_cast<double>(i); };
    double mean = 0;
    for (std::size_t i = end; i < after; ++i) mean += rows[i].lr / place(after - end);
    const double width = place(end + after - 1) / 2 - place(before), rise = mean - rows[before].lr;
    std::size_t best = (begin + end) / 2;
    const auto area = [&](std::size_t i) {
        return std::abs((rows[i].lr - rows[before].lr) * width - rise * (place(i) - place(before)));
    };
    double largest = area(best);
    for (std::size_t i = begin; i < end; ++i)
        if (area(i) > largest) largest = area(i), best = i;
    return best;
}

}  // namespace

static void fields(io::JsonFields& f, AverageResult& average) {
    f("average", average.name);
    f("taken", average.taken);
    threshold_field(f, average.tuned_threshold);
    test_fields(f, average.test);
    probability_field(f, average.test_probability);
}

std::vector<Run> with_averages(const std::vector<Run>& runs) {
    std::vector<Run> all;
    for (const Run& run : runs) {
        all.push_back(run);
        all.back().averages.clear();
        for (const AverageResult& average : run.averages) {
            Run& row = all.emplace_back(run);
            row.averages.clear();
            row.average = average.name;
            row.test = average.test;
            row.test_probability = average.test_probability;
            row.tuned_threshold = average.tuned_threshold;
            row.epoch_auc.clear();
            row.auc_curve.clear();
        }
    }
    return all;
}

std::string configuration_name(const std::string& schedule, const std::string& rebalancing,
                               const std::string& average) {
    const std::string training = rebalancing == train::kNoRebalancing ? schedule : schedule + " + " + rebalancing;
    return average.empty() ? training : training + " + " + average;
}

std::string_view name_of(RunStatus status) {
    constexpr std::array<std::string_view, 3> kNames = {"finished", "diverged", "stopped"};
    return kNames[static_cast<std::size_t>(status)];
}

Curve thin_out(const std::vector<train::UpdateRow>& rows) {
    Curve curve;
    const std::size_t pieces = std::min(rows.size(), kCurvePoints);
    const auto begin_of = [&](std::size_t piece) { return rows.size() * piece / pieces; };
    std::size_t chosen = 0;
    for (std::size_t piece = 0; piece < pieces; ++piece) {
        const std::size_t begin = begin_of(piece), end = begin_of(piece + 1);
        double loss = 0;
        for (std::size_t i = begin; i < end; ++i) loss += rows[i].loss;
        if (piece + 1 == pieces)
            chosen = rows.size() - 1;
        else if (piece > 0)
            chosen = largest_triangle(rows, chosen, begin, end, begin_of(piece + 2));
        curve.update.push_back(static_cast<double>(rows[chosen].update));
        curve.learning_rate.push_back(rows[chosen].lr);
        curve.loss.push_back(loss / static_cast<double>(end - begin));
    }
    return curve;
}

void fields(io::JsonFields& f, Run& run) {
    head_fields(f, run);
    if (run.status == RunStatus::finished) result_fields(f, run);
}

std::string run_file_text(const Run& run) {
    Run copy = run;
    io::JsonFields f;
    file_fields(f, copy);
    // Names may hold any bytes; what is checked must be what is written, which is UTF-8.
    const std::string text = f.compact();
    return "{\"crc32\":\"" + crc32_hex(text) + "\",\"run\":" + text + "}\n";
}

Run parse_run_file(std::string_view text) {
    io::JsonFields file(text);
    std::string crc;
    file("crc32", crc);
    const std::string content = file.compact("run");
    check(crc == crc32_hex(content), "run", "the checksum does not agree");
    Run run;
    io::JsonFields f(content);
    file_fields(f, run);
    return run;
}

}  // namespace cyclone::lab
