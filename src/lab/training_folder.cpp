// The folder of a training.
#include <cyclone/base/error.h>
#include <cyclone/io/input_file.h>
#include <cyclone/io/safetensors.h>
#include <cyclone/lab/training_folder.h>
#include <cyclone/metrics/metric.h>

#include <algorithm>
#include <cmath>

namespace cyclone::train {

// Found by io::JsonFields in the namespaces of the values.
static void metric_fields(io::JsonFields& f, metrics::MetricValues& values) {
    for (const metrics::Metric& metric : metrics::table()) {
        double value = f.reading() ? std::nan("") : values[metric];
        if (!f.reading() || f.has(metric.name.c_str())) f(metric.name.c_str(), value);
        values.set(metric, value);
    }
}

static void fields(io::JsonFields& f, Evaluation& evaluation) {
    f("loss", evaluation.loss);
    metric_fields(f, evaluation);
}

static void fields(io::JsonFields& f, EpochRow& row) {
    f("epoch", row.epoch);
    f("updates", row.updates);
    f("train_loss", row.train_loss);
    f("seconds", row.seconds);
    f("images_per_second", row.images_per_second);
    if (f.reading() && f.has("validation")) row.validation.emplace();
    if (row.validation) f("validation", *row.validation);
}

}  // namespace cyclone::train

namespace cyclone::lab {

static void fields(io::JsonFields& f, OtherWeights& other) {
    f("weights", other.file);
    f("what", other.what);
    train::metric_fields(f, other.metrics);
}

void fields(io::JsonFields& f, RecordedSeries& series) {
    f("name", series.name);
    f("update", series.update);
    f("value", series.value);
}

std::vector<RecordedSeries> thin_out(const std::vector<train::Series>& series) {
    constexpr std::size_t kPoints = 150;
    std::vector<RecordedSeries> list;
    for (const train::Series& whole : series) {
        RecordedSeries& thin = list.emplace_back(RecordedSeries{.name = whole.name});
        const std::size_t count = whole.value.size(), points = std::min(count, kPoints);
        for (std::size_t p = 0; p < points; ++p) {
            const std::size_t first = count * p / points, end = count * (p + 1) / points;
            double sum = 0;
            for (std::size_t i = first; i < end; ++i) sum += whole.value[i];
            thin.update.push_back(static_cast<double>(whole.update[first]));
            thin.value.push_back(sum / static_cast<double>(end - first));
        }
    }
    return list;
}

namespace {

namespace fs = std::filesystem;

constexpr const char *kTraining = "training.json", *kPredictions = "predictions.safetensors";

void fields(io::JsonFields& f, Training& training, std::vector<std::string>& sets) {
    f("data", training.data);
    f("class_names", training.class_names);
    f("best_epoch", training.best_epoch);
    f("chosen_by", training.chosen_by);
    f("threshold", training.threshold);
    f("threshold_goal", training.threshold_goal);
    f("curve_update", training.curve.update);
    f("curve_learning_rate", training.curve.learning_rate);
    f("curve_loss", training.curve.loss);
    f("epochs", training.epochs);
    f("sets", sets);
    if (f.reading() ? f.has("others") : !training.others.empty()) f("others", training.others);
    if (f.reading() ? f.has("recorded") : !training.recorded.empty()) f("recorded", training.recorded);
    f.optional("gave_up", training.gave_up, std::string());
}

metrics::Predictions predictions_of(const StateDict& tensors, const std::string& set, std::int64_t classes,
                                    const std::string& file) {
    const Tensor *labels = tensors.find(set + ".labels"), *probabilities = tensors.find(set + ".probabilities");
    check(labels && probabilities && labels->dtype() == DType::i64 && probabilities->dtype() == DType::f32 &&
              labels->rank() == 1 && probabilities->shape() == Shape{labels->size(0), classes},
          file, "is damaged: expected the labels and probabilities of the ", set, " images");
    metrics::Predictions predictions;
    for (const std::int64_t label : labels->values<std::int64_t>()) {
        check(label >= 0 && label < classes, file, "is damaged: there is no class ", label);
        predictions.labels.push_back(label);
    }
    for (const float p : probabilities->values<float>()) {
        check(p >= 0 && p <= 1, file, "is damaged: ", p, " is no probability");
        predictions.probabilities.push_back(p);
    }
    return predictions;
}

}  // namespace

TrainingFolder::TrainingFolder(fs::path path, FolderMode mode)
    : RunFolder(std::move(path), mode, FolderKind::training) {}

Training TrainingFolder::read_training() const {
    check(fs::exists(file(kTraining)), path().string(), "holds a training without ", kTraining,
          ": it is not finished, or an earlier version made it (hint: cyclone train --resume --out ", path().string(),
          ")");
    const std::string where = file(kTraining).string(), predictions = file(kPredictions).string();
    Training training;
    std::vector<std::string> sets;
    try {
        io::JsonFields f(io::read_text(where));
        fields(f, training, sets);
        const Curve& curve = training.curve;
        check(curve.update.size() == curve.loss.size() && curve.update.size() == curve.learning_rate.size(), "training",
              "expected curves of one length");
        for (const RecordedSeries& series : training.recorded)
            check(series.update.size() == series.value.size(), "training", "expected recorded series of one length");
        check(training.class_names.size() >= 2 && !sets.empty(), "training",
              "expected two classes and a set of images");
    } catch (const Error& error) {
        fail(where, "is damaged (", error.what(), ")");
    }
    const StateDict tensors = io::load_weights(predictions).tensors;
    for (const std::string& set : sets) {
        const auto classes = static_cast<std::int64_t>(training.class_names.size());
        training.sets.push_back({set, predictions_of(tensors, set, classes, predictions)});
    }
    return training;
}

void TrainingFolder::write_training(const Training& training) const {
    Training copy = training;
    StateDict tensors;
    std::vector<std::string> sets;
    for (const PredictedSet& set : training.sets) {
        const auto& p = set.predictions;
        const std::vector<float> probabilities(p.probabilities.begin(), p.probabilities.end());
        sets.push_back(set.name);
        tensors.add(set.name + ".labels", Tensor::from(p.labels, {p.samples()}));
        tensors.add(set.name + ".probabilities", Tensor::from(probabilities, {p.samples(), p.classes()}));
    }
    io::save_weights(file(kPredictions), tensors);
    io::JsonFields f;
    fields(f, copy, sets);
    write(kTraining, f.pretty() + "\n");
}

}  // namespace cyclone::lab
