// Runs a model over a dataset and measures its answers.

#include <cyclone/autograd/grad_mode.h>
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
#include <cmath>
#include <iomanip>
#include <numeric>
#include <ostream>
#include <sstream>
#include <utility>
#include <vector>

namespace cyclone::train {
namespace {

void check_logits(const Tensor& logits, const data::Batch& batch, std::int64_t classes) {
    const std::int64_t least = classes <= 2 ? 1 : classes;
    check(logits.rank() == 2 && logits.size(0) == batch.x.size(0) && logits.size(1) >= least, "evaluate",
          "expected logits (", batch.x.size(0), ", classes) for at least ", std::max<std::int64_t>(2, classes),
          " classes, or (", batch.x.size(0), ", 1) for two, the model gave ", logits.shape());
    visit_floating(logits.dtype(), "evaluate", [&](auto zero) {
        for (const auto v : logits.values<decltype(zero)>())
            check<Diverged>(std::isfinite(v), "evaluate", "the model's output is ", v,
                            " (hint: the training has diverged, or the images hold NaN)");
    });
}

std::int64_t batches_of(const data::Dataset& dataset, const EvaluateOptions& options) {
    check(dataset.images.defined() && dataset.size() > 0, "evaluate", "expected a dataset with at least one image");
    return data::batches_in(dataset.size(), std::max<std::int64_t>(1, options.batch_size));
}

// Images (N, H, W, C) with left and right swapped.
Tensor mirrored(const Tensor& x) {
    Tensor out = Tensor::empty(x.shape());
    const std::int64_t columns = x.size(2), channels = x.size(3), rows = x.size(0) * x.size(1);
    for (std::int64_t r = 0; r < rows; ++r)
        for (std::int64_t c = 0; c < columns; ++c)
            std::copy_n(x.data<float>() + (r * columns + c) * channels, channels,
                        out.mutable_data<float>() + (r * columns + columns - 1 - c) * channels);
    return out;
}

// Calls f(batch, logits) for batches [first, last) of the dataset in its order.
template <class F>
void for_each_batch(nn::Module& model, const data::Dataset& dataset, const EvaluateOptions& options,
                    std::pair<std::int64_t, std::int64_t> part, F&& f) {
    const nn::Evaluating evaluating;
    const NoGrad guard;
    const PrecisionScope scope(options.precision.value_or(precision()));
    const Slices slices;
    data::Loader loader(dataset, {.batch_size = options.batch_size, .shuffle = false});
    loader.skip(part.first);
    for (const data::Batch& batch : loader) {
        if (batch.index >= part.second) break;
        Tensor logits = slices.forward(model, batch.x);
        if (options.mirror) logits = 0.5 * (logits + slices.forward(model, mirrored(batch.x)));
        check_logits(logits, batch, dataset.classes());
        f(batch, class_logits(logits));
    }
}

// From the values of this rank's batches those of all; false when a rank has found an output that is not finite.
bool share(Ranks& ranks, bool finite, std::int64_t rows, std::int64_t batch_size, std::vector<double>& losses,
           std::vector<double>& probabilities) {
    if (ranks.any(!finite)) return false;
    std::vector<std::size_t> one_each{0}, batches{0}, numbers{0};
    std::vector<std::int64_t> columns(static_cast<std::size_t>(ranks.size()), 0);
    const auto images_before = [&](std::int64_t batch) { return std::min(rows, batch * batch_size); };
    const auto part = [&](int rank) { return ranks.part_of(std::ssize(losses), rank); };
    const auto [first, last] = part(ranks.rank());
    if (first < last)
        columns[static_cast<std::size_t>(ranks.rank())] =
            std::ssize(probabilities) / (images_before(last) - images_before(first));
    for (int r = 0; r < ranks.size(); ++r) one_each.push_back(one_each.back() + 1);
    ranks.share(std::span(columns), one_each);
    const std::int64_t classes = *std::max_element(columns.begin(), columns.end());
    for (int r = 0; r < ranks.size(); ++r) {
        batches.push_back(static_cast<std::size_t>(part(r).second));
        numbers.push_back(static_cast<std::size_t>(images_before(part(r).second) * classes));
    }
    std::vector<double> all(static_cast<std::size_t>(rows * classes));
    std::copy(probabilities.begin(), probabilities.end(), all.begin() + images_before(first) * classes);
    probabilities = std::move(all);
    ranks.share(std::span(losses), batches);
    ranks.share(std::span(probabilities), numbers);
    return true;
}

// The predictions and, as a by-product, the mean loss.
metrics::Predictions run(nn::Module& model, const data::Dataset& dataset, const EvaluateOptions& options,
                         double& loss) {
    metrics::Predictions result;
    Ranks* ranks = options.ranks;
    const std::int64_t count = batches_of(dataset, options);
    std::vector<double> losses(static_cast<std::size_t>(count));
    std::string diverged;
    try {
        const auto part = ranks ? ranks->part_of(count, ranks->rank()) : std::pair(std::int64_t{0}, count);
        for_each_batch(model, dataset, options, part, [&](const data::Batch& batch, const Tensor& logits) {
            const Tensor p = softmax(logits).to(DType::f64);
            const auto values = p.values<double>();
            result.probabilities.insert(result.probabilities.end(), values.begin(), values.end());
            losses[static_cast<std::size_t>(batch.index)] =
                cross_entropy(logits, batch.y, {.reduction = Reduction::sum}).item();
        });
    } catch (const Diverged& error) {
        if (!ranks) throw;
        diverged = error.what();
    }
    if (ranks && !share(*ranks, diverged.empty(), dataset.size(), options.batch_size, losses, result.probabilities))
        throw Diverged(diverged.empty() ? "evaluate: the model's output is not finite in another rank's part"
                                        : diverged);
    const auto labels = dataset.labels.values<std::int64_t>();
    result.labels.assign(labels.begin(), labels.end());
    result.class_names = dataset.class_names;
    loss = std::accumulate(losses.begin(), losses.end(), 0.0) / static_cast<double>(dataset.size());
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
    const std::int64_t count = batches_of(dataset, options);
    for_each_batch(model, dataset, options, {0, count}, [&](const data::Batch&, const Tensor& logits) {
        const Tensor p = softmax(logits).to(DType::f32);
        if (!out.defined()) out = Tensor::empty({dataset.size(), p.size(1)});
        out.rows(row, p.size(0)).copy_from(p);
        row += p.size(0);
    });
    return out;
}

metrics::Predictions predictions(nn::Module& model, const data::Dataset& dataset, const EvaluateOptions& options) {
    double loss = 0;
    return run(model, dataset, options, loss);
}

metrics::Predictions predictions(Classifier& classifier, const data::Dataset& dataset, const EvaluateOptions& given) {
    EvaluateOptions options = given;
    if (!options.precision) options.precision = classifier.precision;
    std::vector<metrics::Predictions> members{predictions(classifier.network, dataset, options)};
    for (Classifier& other : classifier.others) {
        data::Dataset own = dataset;
        own.standardization = other.standardization;
        members.push_back(predictions(other.network, own, options));
    }
    return members.size() == 1 ? std::move(members[0]) : metrics::mean_of(members);
}

Evaluation evaluate(nn::Module& model, const data::Dataset& dataset, const EvaluateOptions& options) {
    Evaluation e;
    const metrics::Predictions predictions = run(model, dataset, options, e.loss);
    const metrics::MetricInput input(predictions);
    static_cast<metrics::MetricValues&>(e) = metrics::evaluate(input);
    e.samples = dataset.size();
    e.class_names = dataset.class_names;
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
    text << e.samples << " samples of " << e.class_names.size() << " classes (each against the rest, averaged)\n";
    for (const metrics::Metric& metric : metrics::table()) row(metric.title, metrics::cell(metric, e));
    if (e.confusion) metrics::print(text, *e.confusion, e.class_names);
    return out << text.str();
}

}  // namespace cyclone::train
