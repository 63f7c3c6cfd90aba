// The loss of a batch.

#include "train/training_loss.h"

#include <cyclone/base/error.h>
#include <cyclone/ops/arithmetic.h>
#include <cyclone/ops/loss.h>

#include "train/fit_checks.h"

namespace cyclone::train {

TrainingLoss::TrainingLoss(nn::Module& model, const TrainingSet& train, const FitOptions& options)
    : model_(model), train_(train), options_(options), bound_(train.is_source() ? model.bounded_by() : "") {}

Tensor TrainingLoss::of(const data::Batch& batch) const {
    if (options_.batch_loss) return options_.batch_loss(batch);
    const Tensor output = model_(batch.x);
    if (!train_.has_labels(batch)) return of_answers(output, batch.targets, false);
    check(batch.y.defined(), "fit", "expected batches with labels or targets (hint: a batch_loss needs neither)");
    Tensor loss = of_answers(output, batch.y, true);
    if (!batch.mixed_y.defined()) return loss;
    double own = batch.lambda, other = 1 - batch.lambda;
    if (options_.loss_weight) {  // a part of a batch may differ in weight from what it is mixed with
        const double a = options_.loss_weight(batch.y), b = options_.loss_weight(batch.mixed_y);
        const double both = own * a + other * b;
        if (a != b && both > 0) own *= a / both, other *= b / both;
    }
    return own * loss + other * of_answers(output, batch.mixed_y, true);
}

Tensor TrainingLoss::of_answers(const Tensor& output, const Tensor& answers, bool are_labels) const {
    if (options_.loss) return options_.loss(output, answers);
    if (are_labels) {
        if (!bound_.empty()) fail_logits(bound_);
        return cross_entropy(class_logits(output), answers);
    }
    check(output.shape() == answers.shape(), "fit", "expected an output of the targets' shape ", answers.shape(),
          ", the model gave ", output.shape(), " (hint: one number per image is a target of shape (N, 1))");
    return mse_loss(output, answers);
}

double TrainingLoss::weight_of(const data::Batch& batch) const {
    if (options_.batch_weight) return options_.batch_weight(batch);
    if (options_.batch_loss) return static_cast<double>(batch.x.size(0));
    const auto weight = [&](const Tensor& answers) {
        return options_.loss_weight ? options_.loss_weight(answers) : static_cast<double>(answers.numel());
    };
    if (!train_.has_labels(batch)) return weight(batch.targets);
    const double own = batch.y.defined() ? weight(batch.y) : 0;
    return batch.mixed_y.defined() ? batch.lambda * own + (1 - batch.lambda) * weight(batch.mixed_y) : own;
}

bool TrainingLoss::is_mean() const {
    return options_.batch_loss ? static_cast<bool>(options_.batch_weight) : !options_.loss || options_.loss_weight;
}

EvaluateOptions TrainingLoss::evaluation() const {
    EvaluateOptions evaluation{.ranks = options_.ranks};
    evaluation.batch_loss = options_.batch_loss;
    evaluation.batch_weight = options_.batch_weight;
    if (!options_.loss || !options_.validation || options_.validation.classes() >= 2) return evaluation;
    const auto answers = [this](const data::Batch& b) {
        const Tensor& found = options_.validation.source() && train_.has_labels(b) ? b.y : b.targets;
        check(found.defined(), "fit", "expected validation batches with labels or targets, as in training");
        return found;
    };
    evaluation.batch_loss = [this, answers](const data::Batch& b) { return options_.loss(model_(b.x), answers(b)); };
    if (options_.loss_weight)
        evaluation.batch_weight = [this, answers](const data::Batch& b) { return options_.loss_weight(answers(b)); };
    return evaluation;
}

}  // namespace cyclone::train
