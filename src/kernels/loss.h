#pragma once
// Fused losses: value and gradient in one pass over the rows. The bits do not depend on the number of threads.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>

#include "kernels/reduce.h"
#include "kernels/softmax.h"

namespace cyclone::kernels {

/// Labels and how they count. Rows are independent samples.
template <class T>
struct LabelledRows {
    const std::int64_t* labels;  // each in [0, classes) or the ignored value
    const T* weights;            // per class, or nullptr for 1
    std::int64_t rows, classes;
    std::optional<std::int64_t> ignored;

    bool counts(std::int64_t row) const { return !ignored || labels[row] != *ignored; }
    double weight(std::int64_t label) const { return weights ? static_cast<double>(weights[label]) : 1.0; }
    /// Sum of the weights of the labels that count.
    double total_weight() const {
        return block_sum(rows, [this](std::int64_t begin, std::int64_t end) {
            double sum = 0;
            for (std::int64_t r = begin; r < end; ++r) sum += counts(r) ? weight(labels[r]) : 0.0;
            return sum;
        });
    }
};

/// (1 - s) w[label] (-log p[label]) + s / C sum_c w[c] (-log p[c]), p = softmax of the row x, s the smoothing.
/// grad, if given, gets grad_scale times the derivative by x: ((1 - s) w[label] + s / C W) p[c] - s / C w[c], less
/// (1 - s) w[label] at c = label, W = sum of w.
template <class T>
double cross_entropy_row(const T* x, const LabelledRows<T>& rows, std::int64_t label, double smoothing, T* grad,
                         double grad_scale) {
    const std::int64_t classes = rows.classes;
    const T shift = line_maximum(x, classes, 1);
    double sum = 0;
    for (std::int64_t c = 0; c < classes; ++c) {
        const T e = std::exp(x[c] - shift);
        sum += static_cast<double>(e);
        if (grad) grad[c] = e;
    }
    const double log_sum = std::log(sum);
    const double hard = (1 - smoothing) * rows.weight(label), soft = smoothing / static_cast<double>(classes);
    double loss = hard * (log_sum - static_cast<double>(x[label] - shift)), all_weights = 0;
    for (std::int64_t c = 0; soft > 0 && c < classes; ++c) {
        loss += soft * rows.weight(c) * (log_sum - static_cast<double>(x[c] - shift));
        all_weights += rows.weight(c);
    }
    if (grad) {
        const T factor = static_cast<T>(grad_scale * (hard + soft * all_weights) / sum);
        for (std::int64_t c = 0; c < classes; ++c) grad[c] *= factor;
        for (std::int64_t c = 0; soft > 0 && c < classes; ++c)
            grad[c] -= static_cast<T>(grad_scale * soft * rows.weight(c));
        grad[label] -= static_cast<T>(grad_scale * hard);
    }
    return loss;
}

/// -w q^gamma log p, p = softmax of the row x at the label, q = 1 - p, w = w[label].
/// grad gets grad_scale times w (q^gamma - gamma q^(gamma - 1) p log p) (p[c] - (c == label)).
template <class T>
double focal_row(const T* x, const LabelledRows<T>& rows, std::int64_t label, double gamma, T* grad,
                 double grad_scale) {
    const T shift = line_maximum(x, rows.classes, 1);
    double others = 0, own = 0;
    for (std::int64_t c = 0; c < rows.classes; ++c) {
        const T e = std::exp(x[c] - shift);
        (c == label ? own : others) += static_cast<double>(e);
        if (grad) grad[c] = e;
    }
    const double sum = own + others, p = own / sum, q = others / sum;  // not 1 - p, which would lose digits
    const double log_p = static_cast<double>(x[label] - shift) - std::log(sum), weight = rows.weight(label);
    const double focus = gamma == 0 ? 1 : std::pow(q, gamma);
    if (grad) {
        const bool bends = gamma > 0 && q > 0 && p > 0;
        const double slope = weight * (focus - (bends ? gamma * std::pow(q, gamma - 1) * p * log_p : 0));
        const T factor = static_cast<T>(grad_scale * slope / sum);
        for (std::int64_t c = 0; c < rows.classes; ++c) grad[c] *= factor;
        grad[label] = static_cast<T>(-grad_scale * slope * q);
    }
    return -weight * focus * log_p;
}

/// Sum of the rows' losses row_loss(x of the row, label, grad of the row); losses[row] too if `losses`, and the
/// gradient by x if `grad`.
template <class T, class F>
double labelled_rows(const T* x, const LabelledRows<T>& rows, T* losses, T* grad, F row_loss) {
    const std::int64_t classes = rows.classes;
    return block_sum(
        rows.rows,
        [=, &rows](std::int64_t begin, std::int64_t end) {
            double sum = 0;
            for (std::int64_t r = begin; r < end; ++r) {
                double loss = 0;
                T* row_grad = grad ? grad + r * classes : nullptr;
                if (rows.counts(r))
                    loss = row_loss(x + r * classes, rows.labels[r], row_grad);
                else if (grad)
                    std::fill_n(row_grad, classes, T{0});
                if (losses) losses[r] = static_cast<T>(loss);
                sum += loss;
            }
            return sum;
        },
        8 * classes);
}

/// Sum of cross_entropy_row over the rows.
template <class T>
double cross_entropy(const T* x, const LabelledRows<T>& rows, double smoothing, T* losses, T* grad, double grad_scale) {
    return labelled_rows(x, rows, losses, grad, [=, &rows](const T* row, std::int64_t label, T* row_grad) {
        return cross_entropy_row(row, rows, label, smoothing, row_grad, grad_scale);
    });
}

/// Sum of focal_row over the rows.
template <class T>
double focal(const T* x, const LabelledRows<T>& rows, double gamma, T* losses, T* grad, double grad_scale) {
    return labelled_rows(x, rows, losses, grad, [=, &rows](const T* row, std::int64_t label, T* row_grad) {
        return focal_row(row, rows, label, gamma, row_grad, grad_scale);
    });
}

/// Sum of -w[label] x[label] over the rows; x holds log-probabilities.
template <class T>
double nll(const T* x, const LabelledRows<T>& rows, T* losses, T* grad, double grad_scale) {
    const std::int64_t classes = rows.classes;
    return block_sum(rows.rows, [=, &rows](std::int64_t begin, std::int64_t end) {
        double sum = 0;
        if (grad) std::fill(grad + begin * classes, grad + end * classes, T{0});
        for (std::int64_t r = begin; r < end; ++r) {
            double loss = 0;
            if (rows.counts(r)) {
                const std::int64_t at = r * classes + rows.labels[r];
                const double weight = rows.weight(rows.labels[r]);
                loss = -weight * static_cast<double>(x[at]);
                if (grad) grad[at] = static_cast<T>(-weight * grad_scale);
            }
            if (losses) losses[r] = static_cast<T>(loss);
            sum += loss;
        }
        return sum;
    });
}

/// w t log(1 + exp(-z)) + (1 - t) log(1 + exp(z)), w the weight of the positive terms.
template <class T>
double binary_cross_entropy(const T* z, const T* t, std::int64_t n, double positive_weight, T* losses, T* grad,
                            double grad_scale) {
    return block_sum(
        n,
        [=](std::int64_t begin, std::int64_t end) {
            double sum = 0;
            for (std::int64_t i = begin; i < end; ++i) {
                const double logit = static_cast<double>(z[i]), target = static_cast<double>(t[i]);
                const double e = std::exp(-std::abs(logit)), tail = std::log1p(e);
                const double positive = positive_weight * target, negative = 1 - target;
                double loss = (positive + negative) * tail;
                loss += logit < 0 ? positive * -logit : negative * logit;
                if (grad) {
                    const double p = (logit < 0 ? e : 1) / (1 + e), q = (logit < 0 ? 1 : e) / (1 + e);
                    grad[i] = static_cast<T>(grad_scale * (negative * p - positive * q));
                }
                if (losses) losses[i] = static_cast<T>(loss);
                sum += loss;
            }
            return sum;
        },
        8);
}

/// (a - b)^2
template <class T>
double squared_error(const T* a, const T* b, std::int64_t n, T* losses, T* grad, double grad_scale) {
    return block_sum(n, [=](std::int64_t begin, std::int64_t end) {
        double sum = 0;
        for (std::int64_t i = begin; i < end; ++i) {
            const T difference = a[i] - b[i];
            sum += static_cast<double>(difference) * static_cast<double>(difference);
            if (grad) grad[i] = static_cast<T>(2 * grad_scale) * difference;
            if (losses) losses[i] = difference * difference;
        }
        return sum;
    });
}

/// |a - b|
template <class T>
double absolute_error(const T* a, const T* b, std::int64_t n, T* losses, T* grad, double grad_scale) {
    return block_sum(n, [=](std::int64_t begin, std::int64_t end) {
        double sum = 0;
        for (std::int64_t i = begin; i < end; ++i) {
            const T difference = a[i] - b[i], loss = std::abs(difference);
            sum += static_cast<double>(loss);
            if (grad) grad[i] = static_cast<T>(grad_scale) * static_cast<T>((difference > 0) - (difference < 0));
            if (losses) losses[i] = loss;
        }
        return sum;
    });
}

/// d^2 / 2 up to |d| = delta, then its tangent; d = a - b.
template <class T>
double huber(const T* a, const T* b, std::int64_t n, double delta, T* losses, T* grad, double grad_scale) {
    const T bend = static_cast<T>(delta);
    return block_sum(n, [=](std::int64_t begin, std::int64_t end) {
        double sum = 0;
        for (std::int64_t i = begin; i < end; ++i) {
            const T d = a[i] - b[i], size = std::abs(d);
            const T loss = size <= bend ? d * d / 2 : bend * (size - bend / 2);
            sum += static_cast<double>(loss);
            if (grad) grad[i] = static_cast<T>(grad_scale) * (size <= bend ? d : d > 0 ? bend : -bend);
            if (losses) losses[i] = loss;
        }
        return sum;
    });
}

/// Sum of t (log t - l) of each row of `classes`.
template <class T>
double kl(const T* l, const T* t, std::int64_t rows, std::int64_t classes, T* losses, T* grad, double grad_scale) {
    return block_sum(rows, [=](std::int64_t begin, std::int64_t end) {
        double sum = 0;
        for (std::int64_t row = begin; row < end; ++row) {
            double loss = 0;
            for (std::int64_t i = row * classes; i < (row + 1) * classes; ++i) {
                const auto target = static_cast<double>(t[i]);
                if (target > 0) loss += target * (std::log(target) - static_cast<double>(l[i]));
                if (grad) grad[i] = static_cast<T>(-grad_scale * target);
            }
            sum += loss;
            if (losses) losses[row] = static_cast<T>(loss);
        }
        return sum;
    });
}

}  // namespace cyclone::kernels
