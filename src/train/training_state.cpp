// Run state as tensors, and back.

#include "train/training_state.h"

#include <cyclone/base/error.h>
#include <cyclone/base/registry.h>
#include <cyclone/base/version.h>
#include <cyclone/io/crc64.h>
#include <cyclone/io/weights.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <sstream>
#include <string_view>
#include <type_traits>

#include "train/identity.h"

namespace cyclone::train {
namespace {

constexpr std::string_view kOptimizer = "optimizer.";
constexpr const char* kMetrics = "metrics";  // since 0.2
constexpr const char *kIntegers = "run.integers", *kReals = "run.reals", *kExtra = "run.extra", *kSeries = "run.series";

// Writer and Reader walk over the same fields (visit), so that what is written and what is read cannot differ.
class Writer {
public:
    std::vector<std::int64_t> integers;
    std::vector<double> reals;

    void operator()(const double& value) { reals.push_back(value); }
    template <class Integer>
    requires std::is_integral_v<Integer>
    void operator()(const Integer& value) { integers.push_back(static_cast<std::int64_t>(value)); }
};

class Reader {
public:
    Reader(std::span<const std::int64_t> integers, std::span<const double> reals, std::string file)
        : integers_(integers), reals_(reals), file_(std::move(file)) {}

    void operator()(double& value) { value = next(reals_); }
    template <class Integer>
    requires std::is_integral_v<Integer>
    void operator()(Integer& value) { value = static_cast<Integer>(next(integers_)); }
    /// A number of things of which each has at least one integer.
    std::int64_t count() {
        const std::int64_t n = next(integers_);
        need(n >= 0 && n <= static_cast<std::int64_t>(integers_.size()));
        return n;
    }
    void need(bool ok) const { check(ok, file_, "contains an invalid run state"); }
    bool at_end() const { return integers_.empty(); }
    void finish() const { need(integers_.empty() && reals_.empty()); }

private:
    template <class T>
    T next(std::span<const T>& from) {
        need(!from.empty());
        const T value = from.front();
        from = from.subspan(1);
        return value;
    }

    std::span<const std::int64_t> integers_;
    std::span<const double> reals_;
    std::string file_;
};

// The metrics of each evaluation in a checkpoint; none where version 0.1 wrote it, which had fixed ones.
using MetricColumns = std::optional<std::vector<const metrics::Metric*>>;

std::string metric_names() {
    std::string names;
    for (const metrics::Metric& metric : metrics::table()) names += (names.empty() ? "" : ",") + metric.name;
    return names;
}

MetricColumns read_metric_names(const io::WeightsFile& content, const std::string& file) {
    const auto entry = std::find_if(content.metadata.begin(), content.metadata.end(),
                                    [](const auto& pair) { return pair.first == kMetrics; });
    if (entry == content.metadata.end()) return std::nullopt;
    std::vector<const metrics::Metric*> columns;
    std::istringstream names(entry->second);
    for (std::string name; std::getline(names, name, ',');) {
        columns.push_back(metrics::table().find(name));
        check(columns.back() != nullptr, file, "holds values of a metric ", quoted(name),
              " that this program does not have (hint: add it to metrics::table() before the training is resumed)");
    }
    return columns;
}

template <class Archive, class Row>
void visit_row(Archive& a, Row& row) requires std::is_same_v<std::remove_const_t<Row>, UpdateRow> {
    a(row.update), a(row.epoch), a(row.lr), a(row.loss), a(row.images_per_second);
}

template <class Archive, class Row>
void visit_row(Archive& a, Row& row) requires std::is_same_v<std::remove_const_t<Row>, EpochRow> {
    a(row.epoch), a(row.updates), a(row.train_loss), a(row.seconds), a(row.images_per_second);
}

template <class Archive, class State>
void visit_scalars(Archive& a, State& s) {
    a(s.epochs_done), a(s.batches), a(s.images), a(s.loss_sum), a(s.seconds), a(s.best_score), a(s.lr_factor);
    a(s.generator.seed), a(s.generator.position);
}

void write_evaluation(Writer& write, const Evaluation& e) {
    write(e.samples), write(e.loss);
    for (const metrics::Metric& metric : metrics::table()) write(e[metric]);
    if (std::isnan(e.accuracy)) {  // of a dataset without classes
        write(e.mean_absolute_error.value_or(std::numeric_limits<double>::quiet_NaN()));
        return;
    }
    const std::int64_t classes = e.classes();
    write(classes);
    for (std::int64_t label = 0; label < classes; ++label)
        for (std::int64_t predicted = 0; predicted < classes; ++predicted) write((*e.confusion)(label, predicted));
}

std::optional<metrics::ConfusionMatrix> read_confusion(Reader& read, std::int64_t samples) {
    const std::int64_t classes = read.count();
    if (classes == 0) return std::nullopt;
    std::vector<std::int64_t> counts;
    std::int64_t left = samples;
    for (std::int64_t i = 0; i < classes * classes; ++i) {
        std::int64_t count = 0;
        read(count);
        read.need(count >= 0 && count <= left);
        left -= count;
        counts.push_back(count);
    }
    read.need(classes >= 2 && left == 0);
    return metrics::ConfusionMatrix(std::move(counts), classes);
}

// As version 0.1 wrote it: macro averages of more than two classes, then a report of two.
void read_evaluation_0_1(Reader& read, Evaluation& e) {
    for (const char* name : {"accuracy", "balanced_accuracy", "precision", "recall", "f1", "auc"}) {
        double value = 0;
        read(value);
        e.set(metrics::table().at(name), value);
    }
    bool is_binary = false;
    read(is_binary);
    if (!is_binary) {
        e.confusion = read_confusion(read, e.samples);
        for (const char* name : {"average_precision", "brier", "log_loss", "ece"})
            e.set(metrics::table().at(name), std::numeric_limits<double>::quiet_NaN());
        if (e.confusion) e.mcc = metrics::mcc(*e.confusion);
        return;
    }
    std::int64_t positives = 0, negatives = 0;
    double threshold = 0;
    metrics::BinaryCounts c;
    read(positives), read(negatives), read(e.auc), read(e.average_precision), read(e.brier), read(e.log_loss);
    read(e.ece), read(threshold), read(c.true_positives), read(c.false_positives), read(c.false_negatives);
    read(c.true_negatives), read(e.precision), read(e.recall), read(e.f1), read(e.accuracy);
    read(e.balanced_accuracy), read(e.mcc);
    read.need(read.count() == 0);  // no confusion matrix besides the counts
    for (const std::int64_t count : {c.true_negatives, c.false_positives, c.false_negatives, c.true_positives})
        read.need(count >= 0 && count <= e.samples);
    read.need(c.total() == e.samples);
    e.confusion.emplace(std::vector{c.true_negatives, c.false_positives, c.false_negatives, c.true_positives},
                        std::int64_t{2});
}

Evaluation read_evaluation(Reader& read, const DataView& validation, const MetricColumns& metrics) {
    Evaluation e;
    read(e.samples), read(e.loss);
    read.need(validation && e.samples == validation.size());
    const bool has_classes = validation.classes() >= 2;
    if (has_classes) e.class_names = validation.class_names();
    if (!metrics) {
        read_evaluation_0_1(read, e);
        return e;
    }
    for (const metrics::Metric& metric : metrics::table()) e.set(metric, std::numeric_limits<double>::quiet_NaN());
    for (const metrics::Metric* metric : *metrics) {
        double value = 0;
        read(value);
        e.set(*metric, value);
    }
    if (has_classes) {
        e.confusion = read_confusion(read, e.samples);
        return e;
    }
    double error = 0;
    read(error);
    if (!std::isnan(error)) e.mean_absolute_error = error;
    return e;
}

Writer write_run(const TrainingState& state) {
    Writer write;
    const History& history = state.history;
    write.integers.reserve(history.updates().size() * 2 + history.epochs().size() * 32 + 64);
    write.reals.reserve(history.updates().size() * 3 + history.epochs().size() * 32 + 64);
    visit_scalars(write, state);
    write(history.skipped()), write(history.roll_backs());
    write(history.updates().size());
    for (const UpdateRow& row : history.updates()) visit_row(write, row);
    write(history.epochs().size());
    for (const EpochRow& row : history.epochs()) {
        visit_row(write, row);
        write(row.validation.has_value());
        if (row.validation) write_evaluation(write, *row.validation);
    }
    write(state.first_epoch);
    return write;
}

TrainingState read_run(Reader read, const DataView& validation, const MetricColumns& metrics) {
    TrainingState state;
    visit_scalars(read, state);
    std::int64_t skipped = 0, roll_backs = 0;
    read(skipped), read(roll_backs);
    state.history.set_incidents(skipped, roll_backs);
    for (std::int64_t n = read.count(); n > 0; --n) {
        UpdateRow row;
        visit_row(read, row);
        state.history.add(row);
    }
    for (std::int64_t n = read.count(); n > 0; --n) {
        EpochRow row;
        visit_row(read, row);
        bool has_validation = false;
        read(has_validation);
        if (has_validation) row.validation = read_evaluation(read, validation, metrics);
        state.history.add(std::move(row));
    }
    if (!read.at_end()) read(state.first_epoch);  // not in early files of 0.2
    read.finish();
    constexpr std::int64_t kMost = std::int64_t{1} << 31;
    for (const std::int64_t n : {state.first_epoch, state.epochs_done, state.batches, state.images})
        read.need(n >= 0 && n <= kMost);
    return state;
}

// The updates of a series, and then its values.
Tensor as_tensor(const Series& series) {
    std::vector<double> numbers(series.update.begin(), series.update.end());
    numbers.insert(numbers.end(), series.value.begin(), series.value.end());
    return Tensor::from(numbers, {2, static_cast<std::int64_t>(series.value.size())});
}

void read_series(const io::WeightsFile& content, History& history, const std::string& file) {
    for (const auto& [key, tensor] : content.tensors.with_prefix(kSeries)) {
        check(key.size() > 1 && tensor.dtype() == DType::f64 && tensor.rank() == 2 && tensor.size(0) == 2, file,
              "contains an invalid series ", key);
        const auto numbers = tensor.values<double>();
        const std::size_t count = numbers.size() / 2;
        for (std::size_t i = 0; i < count; ++i) {
            check(numbers[i] >= 0 && numbers[i] < 0x1p53, file, "contains an invalid series ", key);
            history.record(key.substr(1), static_cast<std::uint64_t>(numbers[i]), numbers[count + i]);
        }
    }
}

}  // namespace

io::WeightsFile pack(const nn::Module& model, const optim::Optimizer& optimizer, const TrainingState& state,
                     const io::Metadata& identity) {
    io::WeightsFile file;
    file.metadata = identity;
    file.metadata.emplace_back(kWrittenBy, "Cyclone " + std::string(version()));
    file.metadata.emplace_back(kMetrics, metric_names());
    file.tensors.add_with_prefix(io::kModelPrefix, model.state_dict());
    file.tensors.add_with_prefix(kOptimizer, optimizer.state_dict());
    const Writer run = write_run(state);
    file.tensors.add(kIntegers, Tensor::from(run.integers, {static_cast<std::int64_t>(run.integers.size())}));
    file.tensors.add(kReals, Tensor::from(run.reals, {static_cast<std::int64_t>(run.reals.size())}));
    for (const Series& series : state.history.series())
        file.tensors.add(kSeries + ("." + series.name), as_tensor(series));
    for (const auto& [name, numbers] : state.extra)
        file.tensors.add(kExtra + ("." + name), Tensor::from(numbers, {static_cast<std::int64_t>(numbers.size())}));
    return file;
}

TrainingState read_state(const io::StoredCheckpoint& checkpoint, const io::Metadata& identity,
                         const DataView& validation) {
    const std::string file = checkpoint.path.string();
    const io::WeightsFile& content = checkpoint.content;
    check_identity(content.metadata, identity, file);
    const Tensor *integers = content.tensors.find(kIntegers), *reals = content.tensors.find(kReals);
    check(integers && reals && integers->dtype() == DType::i64 && reals->dtype() == DType::f64, file,
          "holds no state of a run");
    TrainingState state = read_run(Reader(integers->values<std::int64_t>(), reals->values<double>(), file), validation,
                                   read_metric_names(content, file));
    read_series(content, state.history, file);
    for (const auto& [name, tensor] : content.tensors.with_prefix(kExtra)) {
        check(tensor.dtype() == DType::f64, file, "holds numbers of another kind in ", kExtra, name);
        const auto values = tensor.values<double>();
        state.extra[name.empty() ? name : name.substr(1)].assign(values.begin(), values.end());  // 0.1 had no names
    }
    return state;
}

TrainingState unpack(const io::StoredCheckpoint& checkpoint, const io::Metadata& identity, nn::Module& model,
                     optim::Optimizer& optimizer, const DataView& validation) {
    TrainingState state = read_state(checkpoint, identity, validation);
    const std::string file = checkpoint.path.string();
    const io::WeightsFile& content = checkpoint.content;
    try {
        model.load_state_dict(content.tensors.with_prefix(io::kModelPrefix));
        optimizer.load_state_dict(renumbered(content.tensors.with_prefix(kOptimizer), content.metadata, identity));
    } catch (const Error& error) {
        fail(file, "is of another training: ", error.what());
    }
    optimizer.set_lr_factor(state.lr_factor);
    optimizer.zero_grad();
    return state;
}

}  // namespace cyclone::train
