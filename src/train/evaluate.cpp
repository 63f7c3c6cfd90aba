#include <cyclone/autograd/grad_mode.h>
#include <cyclone/data/loader.h>
#include <cyclone/ops/activation.h>
#include <cyclone/ops/loss.h>
#include <cyclone/train/evaluate.h>

#include <algorithm>
#include <cmath>
#include <iomanip>
#include <ostream>
#include <sstream>
#include <utility>

namespace cyclone::train {
namespace {

constexpr std::int64_t kLargestMatrix = 20;  // classes whose confusion matrix is printed

// Evaluation mode while it lives; then every module has the mode it had, even where a part was set on its own.
class EvaluationMode {
public:
    explicit EvaluationMode(nn::Module& model) {
        for (const auto& [name, module] : model.named_modules()) modes_.emplace_back(module, module->is_training());
        model.eval();
    }
    ~EvaluationMode() {
        for (const auto& [module, training] : modes_) module->train(training);  // a part comes after its whole
    }
    EvaluationMode(const EvaluationMode&) = delete;
    EvaluationMode& operator=(const EvaluationMode&) = delete;

private:
    std::vector<std::pair<nn::Module*, bool>> modes_;
};

void check_logits(const Tensor& logits, const data::Batch& batch, std::int64_t classes) {
    check(
        logits.rank() == 2 && logits.size(0) == batch.x.size(0) && logits.size(1) >= std::max<std::int64_t>(2, classes),
        "evaluate", "expected logits (", batch.x.size(0), ", classes) for at least ",
        std::max<std::int64_t>(2, classes), " classes, the model gave ", logits.shape());
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
    const EvaluationMode mode(model);
    const NoGrad guard;
    data::Loader loader(dataset, {.batch_size = options.batch_size, .shuffle = false});
    for (const data::Batch& batch : loader) {
        const Tensor logits = model(batch.x);
        check_logits(logits, batch, dataset.classes());
        f(batch, logits);
    }
}

struct Prediction {
    std::vector<double> probabilities;  // (samples, classes)
    std::int64_t classes = 0;
    double loss = 0;
};

Prediction run(nn::Module& model, const data::Dataset& dataset, const EvaluateOptions& options) {
    Prediction result;
    double sum = 0;
    for_each_batch(model, dataset, options, [&](const data::Batch& batch, const Tensor& logits) {
        result.classes = logits.size(1);
        const Tensor p = softmax(logits).to(DType::f64);
        const auto values = p.values<double>();
        result.probabilities.insert(result.probabilities.end(), values.begin(), values.end());
        sum += cross_entropy(logits, batch.y, {.reduction = Reduction::sum}).item();
    });
    result.loss = sum / static_cast<double>(dataset.size());
    return result;
}

void print_matrix(std::ostream& out, const Evaluation& e) {
    constexpr int kNameWidth = 14, kCellWidth = 8;
    const auto name = [&](std::int64_t c, std::size_t longest) {
        const auto i = static_cast<std::size_t>(c);
        return i < e.class_names.size() ? e.class_names[i].substr(0, longest) : std::to_string(c);
    };
    const std::int64_t classes = e.confusion->classes();
    out << "true \\ predicted:\n  " << std::setw(kNameWidth) << "";
    for (std::int64_t c = 0; c < classes; ++c) out << std::right << std::setw(kCellWidth) << name(c, kCellWidth - 1);
    out << '\n';
    for (std::int64_t label = 0; label < classes; ++label) {
        out << "  " << std::left << std::setw(kNameWidth) << name(label, kNameWidth) << std::right;
        for (std::int64_t c = 0; c < classes; ++c) out << std::setw(kCellWidth) << (*e.confusion)(label, c);
        out << '\n';
    }
}

}  // namespace

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

Evaluation evaluate(nn::Module& model, const data::Dataset& dataset, const EvaluateOptions& options) {
    const Prediction prediction = run(model, dataset, options);
    const auto labels = dataset.labels.values<std::int64_t>();
    const auto& p = prediction.probabilities;
    Evaluation e;
    e.samples = dataset.size();
    e.class_names = dataset.class_names;
    e.loss = prediction.loss;
    if (prediction.classes == 2) {
        std::vector<double> positive(labels.size());
        for (std::size_t i = 0; i < positive.size(); ++i) positive[i] = p[2 * i + 1];
        e.binary = metrics::binary_report(labels, positive);
        e.accuracy = e.binary->accuracy;
        return e;
    }
    const auto classes = prediction.classes;
    e.confusion.emplace(labels, metrics::predicted_classes(p, classes), classes);
    e.accuracy = metrics::accuracy(*e.confusion);
    e.balanced_accuracy = metrics::balanced_accuracy(*e.confusion);
    e.precision = metrics::precision(*e.confusion, metrics::Average::macro);
    e.recall = metrics::recall(*e.confusion, metrics::Average::macro);
    e.f1 = metrics::f1(*e.confusion, metrics::Average::macro);
    e.auc = metrics::roc_auc_one_vs_rest(labels, p, classes, metrics::Average::macro);
    return e;
}

std::ostream& operator<<(std::ostream& out, const Evaluation& e) {
    if (e.binary) return out << *e.binary;
    std::ostringstream text;  // keeps the caller's format flags out of the table, and the table's out of the caller
    text.imbue(std::locale::classic());
    text << e.samples << " samples of " << (e.confusion ? e.confusion->classes() : 0) << " classes\n"
         << std::fixed << std::setprecision(4);
    const auto row = [&](const char* name, double value) {
        text << "  " << std::left << std::setw(20) << name << std::right << std::setw(10);
        if (std::isnan(value))
            text << "n/a" << '\n';
        else
            text << value << '\n';
    };
    row("loss", e.loss);
    row("accuracy", e.accuracy);
    row("balanced accuracy", e.balanced_accuracy);
    row("macro precision", e.precision);
    row("macro recall", e.recall);
    row("macro F1", e.f1);
    row("macro AUC", e.auc);
    if (e.confusion && e.confusion->classes() <= kLargestMatrix) print_matrix(text, e);
    return out << text.str();
}

}  // namespace cyclone::train
