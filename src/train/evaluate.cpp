// Runs a model over a dataset and measures its answers.

#include <cyclone/autograd/grad_mode.h>
#include <cyclone/base/number_text.h>
#include <cyclone/data/loader.h>
#include <cyclone/metrics/report.h>
#include <cyclone/ops/activation.h>
#include <cyclone/ops/arithmetic.h>
#include <cyclone/ops/loss.h>
#include <cyclone/ops/shape.h>
#include <cyclone/train/classifier.h>
#include <cyclone/train/evaluate.h>
#include <cyclone/train/ranks.h>
#include <cyclone/train/slices.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iomanip>
#include <limits>
#include <numeric>
#include <ostream>
#include <span>
#include <sstream>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "train/training_set.h"

namespace cyclone::train {
namespace {

void check_logits(const Tensor& logits, const data::Batch& batch, std::int64_t classes) {
    const std::int64_t least = classes <= 2 ? 1 : classes;
    check(logits.rank() == 2 && logits.size(0) == batch.x.size(0) && logits.size(1) >= least, "evaluate",
          "expected logits (", batch.x.size(0), ", classes) for at least ", std::max<std::int64_t>(2, classes),
          " classes, or (", batch.x.size(0), ", 1) for two, the model gave ", logits.shape(),
          " (hint: data::unlabelled() takes the classes from images of which they are not asked)");
    visit_floating(logits.dtype(), "evaluate", [&](auto zero) {
        for (const auto v : logits.values<decltype(zero)>())
            check<Diverged>(std::isfinite(v), "evaluate", "the model's output is ", v,
                            " (hint: the training has diverged, or the images hold NaN)");
    });
}

std::int64_t batches_of(const DataView& data, const EvaluateOptions& options) {
    if (data.source()) data.source()->validate("evaluate");
    check(data.source() || (data.dataset()->images.defined() && data.size() > 0), "evaluate",
          "expected a dataset with at least one image");
    return data::batches_in(data.size(), std::max<std::int64_t>(1, options.batch_size));
}

// Images (N, H, W, C) with left and right swapped.
Tensor mirrored(const Tensor& x) {
    check<UsageError>(x.rank() == 4, "evaluate", "mirror: expected images (H, W, C), got batches of shape ", x.shape());
    Tensor out = Tensor::empty(x.shape());
    const std::int64_t columns = x.size(2), channels = x.size(3), rows = x.size(0) * x.size(1);
    for (std::int64_t r = 0; r < rows; ++r)
        for (std::int64_t c = 0; c < columns; ++c)
            std::copy_n(x.data<float>() + (r * columns + c) * channels, channels,
                        out.mutable_data<float>() + (r * columns + columns - 1 - c) * channels);
    return out;
}

// The model's answers to a batch.
Tensor output_of(nn::Module& model, const Slices& slices, const data::Batch& batch, const EvaluateOptions& options) {
    const Tensor output = slices.forward(model, batch.x);
    return options.mirror ? 0.5 * (output + slices.forward(model, mirrored(batch.x))) : output;
}

// The logits of a batch, which are finite.
Tensor logits_of(nn::Module& model, const Slices& slices, const data::Batch& batch, const EvaluateOptions& options,
                 std::int64_t classes) {
    const Tensor logits = output_of(model, slices, batch, options);
    check_logits(logits, batch, classes);
    return class_logits(logits);
}

// Calls f(batch, slices) for batches [first, last) of the data in their order.
template <class F>
void for_each_batch(const DataView& data, const EvaluateOptions& options, std::pair<std::int64_t, std::int64_t> part,
                    F&& f) {
    const nn::Evaluating evaluating;
    const NoGrad guard;
    const PrecisionScope scope(options.precision.value_or(precision()));
    const Slices slices;
    data::Loader loader = loader_of(data, {.batch_size = options.batch_size, .shuffle = false});
    loader.skip(part.first);
    for (const data::Batch& batch : loader) {
        if (batch.index >= part.second) break;
        f(batch, slices);
    }
}

// One number per batch: the sum of the losses, what they count for, and the sum of the absolute errors.
struct Sums {
    std::vector<double> losses, weights, errors;

    explicit Sums(std::int64_t batches) : losses(static_cast<std::size_t>(batches)), weights(losses), errors(losses) {}
    double loss() const {
        const double all = std::accumulate(weights.begin(), weights.end(), 0.0);
        return std::accumulate(losses.begin(), losses.end(), 0.0) / all;
    }
};

// From the values of this rank's batches those of all; false when a rank has found an output that is not finite.
bool share(Ranks& ranks, bool finite, std::int64_t rows, std::int64_t batch_size, Sums& sums,
           metrics::Predictions& predictions) {
    if (ranks.any(!finite)) return false;
    std::vector<double>& probabilities = predictions.probabilities;
    std::vector<std::size_t> one_each{0}, batches{0}, images{0}, numbers{0};
    std::vector<std::int64_t> columns(static_cast<std::size_t>(ranks.size()), 0);
    const auto images_before = [&](std::int64_t batch) { return std::min(rows, batch * batch_size); };
    const auto part = [&](int rank) { return ranks.part_of(std::ssize(sums.losses), rank); };
    const auto [first, last] = part(ranks.rank());
    if (const std::int64_t own = images_before(last) - images_before(first); own > 0)
        columns[static_cast<std::size_t>(ranks.rank())] = std::ssize(probabilities) / own;
    for (int r = 0; r < ranks.size(); ++r) one_each.push_back(one_each.back() + 1);
    ranks.share(std::span(columns), one_each);
    const std::int64_t classes = *std::max_element(columns.begin(), columns.end());
    for (int r = 0; r < ranks.size(); ++r) {
        batches.push_back(static_cast<std::size_t>(part(r).second));
        images.push_back(static_cast<std::size_t>(images_before(part(r).second)));
        numbers.push_back(images.back() * static_cast<std::size_t>(classes));
    }
    const auto in_place = [](auto& own, std::int64_t begin, std::int64_t size) {
        auto here = std::exchange(own, std::remove_reference_t<decltype(own)>(static_cast<std::size_t>(size)));
        std::copy(here.begin(), here.end(), own.begin() + begin);
    };
    in_place(probabilities, images_before(first) * classes, rows * classes);
    in_place(predictions.labels, classes > 0 ? images_before(first) : 0, classes > 0 ? rows : 0);
    for (std::vector<double>* values : {&sums.losses, &sums.weights, &sums.errors})
        ranks.share(std::span(*values), batches);
    ranks.share(std::span(probabilities), numbers);
    if (classes > 0) ranks.share(std::span(predictions.labels), images);
    return true;
}

// Sum and weight of the loss that the program gives for a batch. By slices where that is a mean, so that the number of
// threads changes no bit.
std::pair<double, double> own_loss(nn::Module& model, const data::Batch& batch, const Slices& slices,
                                   const EvaluateOptions& options) {
    const auto sum_of = [&](const data::Batch& part, double& weight) {
        weight = options.batch_weight ? options.batch_weight(part) : static_cast<double>(part.x.size(0));
        const Tensor loss = options.batch_loss(part);
        check(loss.numel() == 1, "evaluate", "expected a loss of one number, got shape ", loss.shape());
        return weight * loss.item();
    };
    double weight = 0;
    if (!options.batch_weight || !model.separates_rows()) {
        const double sum = sum_of(batch, weight);
        return {sum, weight};
    }
    std::vector<std::array<double, 2>> parts(static_cast<std::size_t>(batch.x.size(0)));  // by their first rows
    slices.for_each(batch.x.size(0), [&](std::int64_t first, std::int64_t count) {
        auto& [part_sum, part_weight] = parts[static_cast<std::size_t>(first)];
        part_sum = sum_of(batch.rows(first, count), part_weight);
    });
    double sum = 0;
    for (const auto& [part_sum, part_weight] : parts) sum += part_sum, weight += part_weight;
    return {sum, weight};
}

// Sums of the squared and the absolute errors of a batch.
std::pair<double, double> errors_of(const Tensor& output, const data::Batch& batch) {
    check(batch.targets.defined(), "evaluate",
          "expected batches with targets (hint: BatchSource::class_names says what labels mean; a batch_loss needs "
          "neither)");
    check(output.shape() == batch.targets.shape(), "evaluate", "expected an output of the targets' shape ",
          batch.targets.shape(), ", the model gave ", output.shape());
    const Tensor given = output.to(DType::f64);
    const auto answers = batch.targets.values<float>();
    const auto outputs = given.values<double>();
    double squares = 0, absolutes = 0;
    for (std::size_t i = 0; i < answers.size(); ++i) {
        const double d = outputs[i] - static_cast<double>(answers[i]);
        squares += d * d;
        absolutes += std::abs(d);
    }
    return {squares, absolutes};
}

// The labels of a batch, which fit the classes. (Those of a dataset do.)
std::span<const std::int64_t> labels_of(const DataView& data, const data::Batch& batch) {
    check(batch.y.defined(), "evaluate", "expected batches with labels of the ", data.classes(), " classes");
    const auto labels = batch.y.values<std::int64_t>();
    for (const std::int64_t label : labels)
        check(label >= 0 && label < data.classes(), "evaluate", "expected labels from 0 to ", data.classes() - 1,
              ", got ", label, " in batch ", batch.index);
    return labels;
}

// What evaluate() makes its numbers of.
struct Answers {
    metrics::Predictions predictions;  ///< empty without classes
    Sums sums;
};

// `classify`: whether the model's output is asked for as logits.
void add_batch(Answers& answers, nn::Module& model, const DataView& data, const EvaluateOptions& options, bool classify,
               const data::Batch& batch, const Slices& slices) {
    const auto at = static_cast<std::size_t>(batch.index);
    Sums& sums = answers.sums;
    sums.weights[at] = static_cast<double>(batch.x.size(0));
    if (options.batch_loss) std::tie(sums.losses[at], sums.weights[at]) = own_loss(model, batch, slices, options);
    if (classify) {
        const auto labels = labels_of(data, batch);
        const Tensor logits = logits_of(model, slices, batch, options, data.classes());
        const Tensor p = softmax(logits).to(DType::f64);
        const auto values = p.values<double>();
        metrics::Predictions& all = answers.predictions;
        all.probabilities.insert(all.probabilities.end(), values.begin(), values.end());
        all.labels.insert(all.labels.end(), labels.begin(), labels.end());
        if (!options.batch_loss) sums.losses[at] = cross_entropy(logits, batch.y, {.reduction = Reduction::sum}).item();
    } else if (!options.batch_loss) {
        std::tie(sums.losses[at], sums.errors[at]) = errors_of(output_of(model, slices, batch, options), batch);
        sums.weights[at] = static_cast<double>(batch.targets.numel());
    }
    check<Diverged>(std::isfinite(sums.losses[at]), "evaluate", "the loss is ", sums.losses[at],
                    " (hint: the training has diverged, or the data hold NaN)");
}

Answers run(nn::Module& model, const DataView& data, const EvaluateOptions& options, bool classify) {
    Ranks* ranks = options.ranks;
    const std::int64_t count = batches_of(data, options);
    Answers result{{}, Sums(count)};
    std::string diverged;
    try {
        const auto part = ranks ? ranks->part_of(count, ranks->rank()) : std::pair(std::int64_t{0}, count);
        for_each_batch(data, options, part, [&](const data::Batch& batch, const Slices& slices) {
            add_batch(result, model, data, options, classify, batch, slices);
        });
    } catch (const Diverged& error) {
        if (!ranks) throw;
        diverged = error.what();
    }
    if (ranks && !share(*ranks, diverged.empty(), data.size(), options.batch_size, result.sums, result.predictions))
        throw Diverged(diverged.empty() ? "evaluate: the model's output is not finite in another rank's part"
                                        : diverged);
    if (classify) result.predictions.class_names = data.class_names();
    return result;
}

}  // namespace

Tensor class_logits(const Tensor& output) {
    if (output.rank() != 2 || output.size(1) != 1) return output;
    return concat({Tensor::zeros(output.shape(), output.dtype()), output}, 1);
}

Tensor predict(nn::Module& model, const data::Dataset& dataset, const EvaluateOptions& options) {
    Tensor out;
    std::int64_t row = 0;
    const std::int64_t count = batches_of(&dataset, options);
    for_each_batch(&dataset, options, {0, count}, [&](const data::Batch& batch, const Slices& slices) {
        const Tensor p = softmax(logits_of(model, slices, batch, options, dataset.classes())).to(DType::f32);
        if (!out.defined()) out = Tensor::empty({dataset.size(), p.size(1)});
        out.rows(row, p.size(0)).copy_from(p);
        row += p.size(0);
    });
    return out;
}

metrics::Predictions predictions(nn::Module& model, const data::Dataset& dataset, const EvaluateOptions& options) {
    return run(model, &dataset, options, true).predictions;
}

metrics::Predictions predictions(Classifier& classifier, const data::Dataset& dataset, const EvaluateOptions& given) {
    EvaluateOptions options = given;
    if (!options.precision) options.precision = classifier.precision;
    const auto of = [&](Classifier& member) {
        data::Dataset own = dataset;
        own.standardization = member.standardization;
        return predictions(member.network, own, options);
    };
    std::vector<metrics::Predictions> members{of(classifier)};
    for (Classifier& other : classifier.others) members.push_back(of(other));
    return members.size() == 1 ? std::move(members[0]) : metrics::mean_of(members);
}

Evaluation evaluate(nn::Module& model, const data::Dataset& dataset, const EvaluateOptions& options) {
    return evaluate(model, DataView(&dataset), options);
}

Evaluation evaluate(nn::Module& model, const data::BatchSource& source, const EvaluateOptions& options) {
    return evaluate(model, DataView(&source), options);
}

Evaluation evaluate(nn::Module& model, const DataView& data, const EvaluateOptions& options) {
    check<UsageError>(static_cast<bool>(data), "evaluate", "expected a dataset or a source of batches, got nothing");
    const bool classify = data.classes() >= 2;
    check<UsageError>(classify || options.batch_loss || data.source() || data.dataset()->targets.defined(), "evaluate",
                      "expected two or more classes, or targets, or a batch_loss, got ",
                      data.dataset() ? data.dataset()->describe() : "");
    check<UsageError>(options.batch_loss || !options.batch_weight, "evaluate", "a batch_weight needs a batch_loss");
    const Answers answers = run(model, data, options, classify);
    Evaluation e;
    e.loss = answers.sums.loss();
    e.samples = data.size();
    if (!classify) {
        for (const metrics::Metric& metric : metrics::table()) e.set(metric, std::numeric_limits<double>::quiet_NaN());
        const std::vector<double>&errors = answers.sums.errors, &weights = answers.sums.weights;
        if (!options.batch_loss)
            e.mean_absolute_error = std::accumulate(errors.begin(), errors.end(), 0.0) /
                                    std::accumulate(weights.begin(), weights.end(), 0.0);
        return e;
    }
    const metrics::MetricInput input(answers.predictions);
    static_cast<metrics::MetricValues&>(e) = metrics::evaluate(input);
    e.class_names = data.class_names();
    e.confusion = input.confusion;
    return e;
}

std::ostream& operator<<(std::ostream& out, const Evaluation& e) {
    if (e.classes() == 2) {
        const metrics::BinaryCounts counts = e.confusion->one_vs_rest(1);
        return out << metrics::BinaryReport{e, counts.positives(), counts.negatives(), 0.5, counts};
    }
    std::ostringstream text;  // keeps the caller's format flags out of the table, and the table's out of the caller
    text.imbue(std::locale::classic());
    const auto row = [&](const std::string& name, const std::string& value) {
        text << "  " << std::left << std::setw(20) << name << std::right << std::setw(10) << value << '\n';
    };
    if (std::isnan(e.accuracy)) {  // without classes
        text << e.samples << " samples\n";
        row("loss", number_text::significant(e.loss, 4));
        if (e.mean_absolute_error) row("mean absolute error", number_text::significant(*e.mean_absolute_error, 4));
        return out << text.str();
    }
    text << e.samples << " samples of " << e.class_names.size() << " classes (each against the rest, averaged)\n";
    for (const metrics::Metric& metric : metrics::table()) row(metric.title, metrics::cell(metric, e));
    if (e.confusion) metrics::print(text, *e.confusion, e.class_names);
    return out << text.str();
}

}  // namespace cyclone::train
