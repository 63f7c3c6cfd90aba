// Runs a model over a dataset and measures its answers.

#include <cyclone/autograd/grad_mode.h>
#include <cyclone/data/loader.h>
#include <cyclone/metrics/report.h>
#include <cyclone/ops/activation.h>
#include <cyclone/ops/loss.h>
#include <cyclone/ops/shape.h>
#include <cyclone/train/evaluate.h>
#include <cyclone/train/slices.h>

#include <algorithm>
#include <cmath>
#include <iomanip>
#include <ostream>
#include <sstream>

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

// Calls f(batch, logits) for the whole dataset in its order.
template <class F>
void for_each_batch(nn::Module& model, const data::Dataset& dataset, const EvaluateOptions& options, F&& f) {
    check(dataset.images.defined() && dataset.size() > 0, "evaluate", "expected a dataset with at least one image");
    const nn::Evaluating evaluating;
    const NoGrad guard;
    const Slices slices;
    data::Loader loader(dataset, {.batch_size = options.batch_size, .shuffle = false});
    for (const data::Batch& batch : loader) {
        const Tensor logits = slices.forward(model, batch.x);
        check_logits(logits, batch, dataset.classes());
        f(batch, class_logits(logits));
    }
}

// The predictions and, as a by-product, the mean loss.
metrics::Predictions run(nn::Module& model, const data::Dataset& dataset, const EvaluateOptions& options,
                         double& loss) {
    metrics::Predictions result;
    double sum = 0;
    for_each_batch(model, dataset, options, [&](const data::Batch& batch, const Tensor& logits) {
        const Tensor p = softmax(logits).to(DType::f64);
        const auto values = p.values<double>();
        result.probabilities.insert(result.probabilities.end(), values.begin(), values.end());
        sum += cross_entropy(logits, batch.y, {.reduction = Reduction::sum}).item();
    });
    const auto labels = dataset.labels.values<std::int64_t>();
    result.labels.assign(labels.begin(), labels.end());
    result.class_names = dataset.class_names;
    loss = sum / static_cast<double>(dataset.size());
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
    for_each_batch(model, dataset, options, [&](const data::Batch&, const Tensor& logits) {
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
