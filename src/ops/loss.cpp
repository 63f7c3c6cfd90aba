// Losses: checks, reductions and the gradients that the kernels compute with the value.

#include <cyclone/autograd/record.h>
#include <cyclone/ops/arithmetic.h>
#include <cyclone/ops/loss.h>

#include <cmath>

#include "kernels/loss.h"
#include "ops/elementwise_op.h"

namespace cyclone {
namespace {

/// What a fused loss writes: one number per sample (Reduction::none) or one in all, and d(loss)/d(input).
struct FusedLoss {
    Tensor value, grad;
    double scale = 1;  // of the sum and of the gradient

    /// `divisor` is what a mean divides by; 0 (nothing counts) gives loss 0 and gradient 0.
    FusedLoss(const Tensor& input, const Shape& samples, Reduction reduction, double divisor, bool want_grad)
        : value(Tensor::empty(reduction == Reduction::none ? samples : Shape{}, input.dtype())),
          grad(want_grad ? Tensor::empty(input.shape(), input.dtype()) : Tensor()),
          per_sample_(reduction == Reduction::none) {
        if (reduction == Reduction::mean) scale = divisor == 0 ? 0 : 1 / divisor;
    }

    /// kernel(losses, grad, grad_scale) -> sum of the losses
    template <class T, class F>
    void run(F kernel) {
        T* values = value.mutable_data<T>();
        const double sum =
            kernel(per_sample_ ? values : nullptr, grad.defined() ? grad.mutable_data<T>() : nullptr, scale);
        if (!per_sample_) *values = scale == 0 ? T{0} : static_cast<T>(scale * sum);
    }

private:
    bool per_sample_;
};

/// Multiplies a fused gradient by that of the loss: one number, or one per sample.
Tensor chain(const Tensor& fused, const Tensor& grad) {
    if (grad.numel() == 1 && grad.item() == 1) return fused;
    Shape column = grad.shape();  // one number per sample: repeats along the class axis
    if (column.rank() > 0 && column.rank() < fused.rank()) column.push_back(1);
    return mul(fused, grad.viewed(column));
}

Tensor record_loss(const char* op, const FusedLoss& loss, const Tensor& input) {
    return autograd::record(op, loss.value, {input}, [fused = Saved(loss.grad)](const Tensor& grad) {
        return Gradients{chain(fused.get(), grad)};
    });
}

Shape leading_shape(const Shape& shape) {
    return Shape(std::span<const std::int64_t>(shape.begin(), static_cast<std::size_t>(shape.rank() - 1)));
}

void check_labelled(const char* op, const Tensor& x, const Tensor& labels, const CrossEntropyOptions& options) {
    ops::check_defined(op, x);
    ops::check_defined(op, labels);
    check(x.rank() >= 1 && x.size(-1) > 0, op, "expected logits (..., classes), got shape ", x.shape());
    check(labels.dtype() == DType::i64, op, "expected labels of i64, got ", name_of(labels.dtype()));
    check(labels.shape() == leading_shape(x.shape()), op, "expected labels of shape ", leading_shape(x.shape()),
          " for logits of ", x.shape(), ", got ", labels.shape(), " (hint: the class axis is the last)");
    const std::int64_t classes = x.size(-1);
    const std::int64_t* label = labels.data<std::int64_t>();
    for (std::int64_t i = 0; i < labels.numel(); ++i)
        check((label[i] >= 0 && label[i] < classes) || (options.ignore_index && label[i] == *options.ignore_index), op,
              "expected labels from 0 to ", classes - 1, ", label ", i, " is ", label[i]);
    check(options.label_smoothing >= 0 && options.label_smoothing < 1, op, "expected a label_smoothing in [0, 1), got ",
          options.label_smoothing);
    const Tensor& weights = options.class_weights;
    check(!weights.defined() || weights.shape() == Shape{classes}, op, "expected class_weights of shape (", classes,
          "), got ", weights.defined() ? weights.shape() : Shape{});
}

template <class F>
Tensor labelled_loss(const char* op, const Tensor& x, const Tensor& labels, const CrossEntropyOptions& options,
                     F kernel) {
    check_labelled(op, x, labels, options);
    const bool want_grad = autograd::needs_record(&x, 1);
    return visit_floating(x.dtype(), op, [&](auto zero) {
        using T = decltype(zero);
        const Tensor weights = options.class_weights.defined() ? options.class_weights.to(x.dtype()) : Tensor();
        const kernels::LabelledRows<T> rows{labels.data<std::int64_t>(),
                                            weights.defined() ? weights.data<T>() : nullptr, labels.numel(), x.size(-1),
                                            options.ignore_index};
        auto divided_by = rows;
        if (options.mean_over_samples) divided_by.weights = nullptr;
        const double divisor = options.reduction == Reduction::mean ? divided_by.total_weight() : 1;
        FusedLoss loss(x, labels.shape(), options.reduction, divisor, want_grad);
        loss.run<T>([&](T* losses, T* grad, double scale) { return kernel(x.data<T>(), rows, losses, grad, scale); });
        return record_loss(op, loss, x);
    });
}

}  // namespace

Tensor cross_entropy(const Tensor& logits, const Tensor& labels, const CrossEntropyOptions& options) {
    return labelled_loss("cross_entropy", logits, labels, options,
                         [&](const auto* x, const auto& rows, auto* losses, auto* grad, double scale) {
                             return kernels::cross_entropy(x, rows, options.label_smoothing, losses, grad, scale);
                         });
}

Tensor nll_loss(const Tensor& log_probabilities, const Tensor& labels, const CrossEntropyOptions& options) {
    check(options.label_smoothing == 0, "nll_loss", "expected no label_smoothing, got ", options.label_smoothing,
          " (hint: cross_entropy has it)");
    return labelled_loss("nll_loss", log_probabilities, labels, options,
                         [](const auto* x, const auto& rows, auto* losses, auto* grad, double scale) {
                             return kernels::nll(x, rows, losses, grad, scale);
                         });
}

Tensor focal_loss(const Tensor& logits, const Tensor& labels, const FocalLossOptions& options) {
    check(options.gamma >= 0 && std::isfinite(options.gamma), "focal_loss", "expected a finite gamma >= 0, got ",
          options.gamma);
    const CrossEntropyOptions shared{.class_weights = options.alpha,
                                     .reduction = options.reduction,
                                     .ignore_index = options.ignore_index,
                                     .mean_over_samples = true};
    return labelled_loss("focal_loss", logits, labels, shared,
                         [&](const auto* x, const auto& rows, auto* losses, auto* grad, double scale) {
                             return kernels::focal(x, rows, options.gamma, losses, grad, scale);
                         });
}

Tensor binary_cross_entropy(const Tensor& logits, const Tensor& targets, const BinaryCrossEntropyOptions& options) {
    const char* op = "binary_cross_entropy";
    ops::check_same_dtype(op, logits, targets);
    ops::check_same_shape(op, logits, targets);
    check(!autograd::needs_record(&targets, 1), op, "expected targets that need no gradient (hint: detach())");
    check(options.positive_weight >= 0, op, "expected a positive_weight of at least 0, got ", options.positive_weight);
    const bool want_grad = autograd::needs_record(&logits, 1);
    FusedLoss loss(logits, logits.shape(), options.reduction, static_cast<double>(logits.numel()), want_grad);
    visit_floating(logits.dtype(), op, [&](auto zero) {
        using T = decltype(zero);
        const T* t = targets.data<T>();
        for (std::int64_t i = 0; i < targets.numel(); ++i)
            check(t[i] >= 0 && t[i] <= 1, op, "expected targets in [0, 1], target ", i, " is ", t[i]);
        loss.run<T>([&](T* losses, T* grad, double scale) {
            return kernels::binary_cross_entropy(logits.data<T>(), t, logits.numel(), options.positive_weight, losses,
                                                 grad, scale);
        });
    });
    return record_loss(op, loss, logits);
}

namespace {

/// The loss of the differences of two tensors: kernel(a, b, n, losses, grad, grad_scale) -> sum.
template <class F>
Tensor difference_loss(const char* op, const Tensor& prediction, const Tensor& target, Reduction reduction, F kernel) {
    ops::check_same_dtype(op, prediction, target);
    ops::check_same_shape(op, prediction, target);
    const bool need_p = prediction.requires_grad(), need_t = target.requires_grad();
    FusedLoss loss(prediction, prediction.shape(), reduction, static_cast<double>(prediction.numel()),
                   grad_enabled() && (need_p || need_t));
    visit_floating(prediction.dtype(), op, [&](auto zero) {
        using T = decltype(zero);
        loss.run<T>([&](T* losses, T* grad, double scale) {
            return kernel(prediction.data<T>(), target.data<T>(), prediction.numel(), losses, grad, scale);
        });
    });
    return autograd::record(op, loss.value, {prediction, target},
                            [need_p, need_t, fused = Saved(loss.grad)](const Tensor& grad) {
                                const Tensor d = chain(fused.get(), grad);
                                return Gradients{need_p ? d : Tensor(), need_t ? neg(d) : Tensor()};
                            });
}

}  // namespace

Tensor mse_loss(const Tensor& prediction, const Tensor& target, Reduction reduction) {
    return difference_loss("mse_loss", prediction, target, reduction,
                           [](const auto* a, const auto* b, std::int64_t n, auto* losses, auto* grad, double scale) {
                               return kernels::squared_error(a, b, n, losses, grad, scale);
                           });
}

Tensor l1_loss(const Tensor& prediction, const Tensor& target, Reduction reduction) {
    return difference_loss("l1_loss", prediction, target, reduction,
                           [](const auto* a, const auto* b, std::int64_t n, auto* losses, auto* grad, double scale) {
                               return kernels::absolute_error(a, b, n, losses, grad, scale);
                           });
}

Tensor huber_loss(const Tensor& prediction, const Tensor& target, double delta, Reduction reduction) {
    check(delta > 0 && std::isfinite(delta), "huber_loss", "expected a finite delta > 0, got ", delta);
    return difference_loss("huber_loss", prediction, target, reduction,
                           [delta](const auto* a, const auto* b, std::int64_t n, auto* losses, auto* grad,
                                   double scale) { return kernels::huber(a, b, n, delta, losses, grad, scale); });
}

Tensor kl_loss(const Tensor& log_probabilities, const Tensor& targets, Reduction reduction) {
    const char* op = "kl_loss";
    ops::check_same_dtype(op, log_probabilities, targets);
    ops::check_same_shape(op, log_probabilities, targets);
    check(log_probabilities.rank() >= 1, op, "expected log-probabilities (..., classes), got a scalar");
    check(!autograd::needs_record(&targets, 1), op, "expected targets that need no gradient (hint: detach())");
    const Shape samples = leading_shape(log_probabilities.shape());
    FusedLoss loss(log_probabilities, samples, reduction, static_cast<double>(samples.numel()),
                   autograd::needs_record(&log_probabilities, 1));
    visit_floating(log_probabilities.dtype(), op, [&](auto zero) {
        using T = decltype(zero);
        const T* t = targets.data<T>();
        for (std::int64_t i = 0; i < targets.numel(); ++i)
            check(t[i] >= 0, op, "expected targets of at least 0, target ", i, " is ", t[i]);
        loss.run<T>([&](T* losses, T* grad, double scale) {
            return kernels::kl(log_probabilities.data<T>(), t, samples.numel(), log_probabilities.size(-1), losses,
                               grad, scale);
        });
    });
    return record_loss(op, loss, log_probabilities);
}

}  // namespace cyclone
