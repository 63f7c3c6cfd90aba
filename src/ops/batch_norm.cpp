// Batch normalisation: checks, running statistics and dispatch.

#include <cyclone/autograd/gradient_sink.h>
#include <cyclone/autograd/record.h>
#include <cyclone/ops/batch_norm.h>
#include <cyclone/ops/batch_statistics.h>
#include <cyclone/ops/precision.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <type_traits>
#include <vector>

#include "kernels/reference/batch_norm.h"
#include "onednn/batch_norm.h"
#include "ops/bf16.h"
#include "ops/dispatch.h"

namespace cyclone {
namespace {

using kernels::BatchNormGeometry;
namespace reference = kernels::reference;

// E: what x and y are stored in, T or Bfloat16; the latter is taken by oneDNN alone.
template <class E, class T>
bool forward(const BatchNormGeometry& g, bool training, const E* x, const T* scale, const T* shift, T* mean,
             T* variance, E* y) {
    if constexpr (ops::on_onednn<T>)
        if (onednn::batch_norm_forward(g, training, x, scale, shift, mean, variance, y)) return true;
    if constexpr (std::is_same_v<E, T>) reference::batch_norm_forward(g, training, x, scale, shift, mean, variance, y);
    return std::is_same_v<E, T>;
}

template <class E, class T>
bool backward(const BatchNormGeometry& g, bool training, const E* x, const T* scale, const T* mean, const T* variance,
              const E* y_grad, E* x_grad, T* scale_grad, T* shift_grad) {
    if constexpr (ops::on_onednn<T>)
        if (onednn::batch_norm_backward(g, training, x, scale, mean, variance, y_grad, x_grad, scale_grad, shift_grad))
            return true;
    if constexpr (std::is_same_v<E, T>)
        reference::batch_norm_backward(g, training, x, scale, mean, variance, y_grad, x_grad, scale_grad, shift_grad);
    return std::is_same_v<E, T>;
}

// running = (1 - momentum) * running + momentum * batch, the variance made unbiased.
struct RunningUpdate {
    double momentum, unbiased;
    Tensor mean, variance, running_mean, running_variance;

    void operator()() const {
        visit_floating(mean.dtype(), "batch_norm", [&](auto zero) {
            using T = decltype(zero);
            move(mean.data<T>(), 1, Tensor(running_mean).mutable_data<T>());
            move(variance.data<T>(), unbiased, Tensor(running_variance).mutable_data<T>());
        });
    }

private:
    template <class T>
    void move(const T* batch, double factor, T* running) const {
        for (std::int64_t c = 0; c < mean.numel(); ++c)
            running[c] = static_cast<T>((1 - momentum) * running[c] + momentum * factor * batch[c]);
    }
};

// The ghost batches of a batch: images [i * size, ...) of it.
struct Ghosts {
    BatchNormGeometry whole;
    std::int64_t size;  // images each; the last one may have fewer

    std::int64_t count() const { return (whole.n + size - 1) / size; }
    BatchNormGeometry operator[](std::int64_t i) const {
        BatchNormGeometry g = whole;
        g.n = std::min(size, whole.n - i * size);
        return g;
    }
    std::int64_t values(std::int64_t i) const { return (*this)[i].n * whole.h * whole.w; }  // per channel
    std::int64_t offset(std::int64_t i) const { return i * size * whole.h * whole.w * whole.c; }
};

// The normalisation of all ghost batches. x, y and their gradients are of bf16 where `E` is; false, when oneDNN has no
// kernel for that.
struct Normalisation {
    Ghosts ghosts;
    bool training;
    const Tensor &scale, &mean, &variance;  // of the statistics a row per ghost batch

    template <class E, class T>
    bool forward_in(const Tensor& x, const Tensor& shift, Tensor& y) const {
        const std::int64_t c = ghosts.whole.c;
        E* into = y.mutable_data<E>();
        for (std::int64_t i = 0; i < ghosts.count(); ++i)
            // Without `training` the kernel only reads the statistics.
            if (!forward(ghosts[i], training, x.data<E>() + ghosts.offset(i), scale.data<T>(), shift.data<T>(),
                         const_cast<T*>(mean.data<T>()) + i * c, const_cast<T*>(variance.data<T>()) + i * c,
                         into + ghosts.offset(i)))
                return false;
        return true;
    }

    template <class E, class T>
    bool backward_in(const Tensor& x, const Tensor& y_grad, Tensor& x_grad, Tensor& scale_grad,
                     Tensor& shift_grad) const {
        const std::int64_t c = ghosts.whole.c;
        E* into_x = x_grad.mutable_data<E>();
        T *into_scale = scale_grad.mutable_data<T>(), *into_shift = shift_grad.mutable_data<T>();
        std::vector<T, CachingAllocator<T>> scales, shifts;  // of the ghost batches behind the first
        for (std::int64_t i = 0; i < ghosts.count(); ++i) {
            const std::int64_t at = ghosts.offset(i);
            if (i > 0) scales.assign(static_cast<std::size_t>(c), 0), shifts.assign(static_cast<std::size_t>(c), 0);
            if (!backward(ghosts[i], training, x.data<E>() + at, scale.data<T>(), mean.data<T>() + i * c,
                          variance.data<T>() + i * c, y_grad.data<E>() + at, into_x + at,
                          i > 0 ? scales.data() : into_scale, i > 0 ? shifts.data() : into_shift))
                return false;
            for (std::int64_t k = 0; i > 0 && k < c; ++k)
                into_scale[k] += scales[static_cast<std::size_t>(k)],
                    into_shift[k] += shifts[static_cast<std::size_t>(k)];
        }
        return true;
    }
};

BatchNormGeometry geometry_of(const Tensor& x, const BatchNormOptions& options) {
    check(x.rank() >= 2, "batch_norm", "expected an input of shape (N, ..., C), got ", x.shape());
    options.validate("batch_norm");
    BatchNormGeometry g{};
    g.n = x.size(0), g.c = x.size(-1);
    g.h = x.rank() == 4 ? x.size(1) : x.shape().numel_between(1, x.rank() - 1);
    g.w = x.rank() == 4 ? x.size(2) : 1;
    g.epsilon_bits = std::bit_cast<std::int64_t>(options.epsilon);
    return g;
}

}  // namespace

void BatchNormOptions::validate(std::string_view op) const {
    check(momentum >= 0 && momentum <= 1, op, "expected a momentum in [0, 1], got ", momentum);
    constexpr std::int64_t kLargest = 1 << 20;
    check(ghost >= 0 && ghost <= kLargest, op, "expected 0 or up to ", kLargest, " images per ghost batch, got ",
          ghost);
    check(epsilon > 0 && std::isfinite(epsilon), op, "expected an epsilon > 0, got ", epsilon);
}

Tensor batch_norm(const Tensor& x, const Tensor& scale, const Tensor& shift, Tensor& running_mean,
                  Tensor& running_variance, bool training, const BatchNormOptions& options) {
    const BatchNormGeometry g = geometry_of(x, options);
    BatchStatistics* const all = training ? BatchStatistics::mine() : nullptr;  // for which the whole batch is one
    const Ghosts ghosts{g, training && !all && options.ghost > 0 ? options.ghost : std::max<std::int64_t>(g.n, 1)};
    const Shape channels{g.c};
    ops::check_operand("batch_norm", "scale", x, scale, channels);
    ops::check_operand("batch_norm", "shift", x, shift, channels);
    ops::check_operand("batch_norm", "running mean", x, running_mean, channels);
    ops::check_operand("batch_norm", "running variance", x, running_variance, channels);
    for (std::int64_t i = 0; training && i < ghosts.count(); ++i)
        check(
            ghosts.values(i) != 1, "batch_norm", "training needs more than one value per channel, the input is ",
            x.shape(), ghosts.count() > 1 ? " and its last ghost batch one image" : "",
            " (hint: where the last batch of an epoch has one image, drop_last of fit() or the loader, or --drop-last, "
            "leaves it out; else another batch size)");

    Tensor y = Tensor::empty(x.shape(), x.dtype());
    // One row per ghost batch.
    Tensor mean = training ? Tensor::empty({ghosts.count(), g.c}, scale.dtype()) : running_mean;
    Tensor variance = training ? Tensor::empty({ghosts.count(), g.c}, scale.dtype()) : running_variance;
    // oneDNN's kernel for bf16, else that for f32 between two conversions.
    const bool in_bf16 = ops::is_bf16(x) && precision() == Precision::bf16;
    if (y.numel() > 0)
        visit_floating(scale.dtype(), "batch_norm", [&](auto zero) {
            using T = decltype(zero);
            const Normalisation all_of{ghosts, training, scale, mean, variance};
            if constexpr (ops::on_onednn<T>)
                if (in_bf16 && all_of.forward_in<Bfloat16, T>(x, shift, y)) return;
            ops::Computed result(y);
            all_of.forward_in<T, T>(ops::to_compute(x), shift, result.tensor());
            result.finish();
        });
    if (training && y.numel() > 0)
        for (std::int64_t i = 0; i < ghosts.count(); ++i) {
            const auto values = static_cast<double>(ghosts.values(i));
            if (all) {
                all->add(ghosts.values(i), mean.rows(i, 1), variance.rows(i, 1), running_mean, running_variance);
                continue;
            }
            GradientSink::after_slices(RunningUpdate{options.momentum, values / (values - 1), mean.rows(i, 1),
                                                     variance.rows(i, 1), running_mean, running_variance});
        }
    auto gradients = [ghosts, training, in_bf16, x = Saved(x), scale = Saved(scale), mean = Saved(mean),
                      variance = Saved(variance)](const Tensor& y_grad) {
        const Tensor& weight = scale.get();
        Tensor x_grad = Tensor::empty(x.get().shape(), y_grad.dtype());
        Tensor scale_grad = Tensor::zeros(weight.shape(), weight.dtype());
        Tensor shift_grad = Tensor::zeros(weight.shape(), weight.dtype());
        if (y_grad.numel() == 0) return Gradients{x_grad, scale_grad, shift_grad};
        visit_floating(weight.dtype(), "batch_norm", [&](auto zero) {
            using T = decltype(zero);
            const Normalisation all_of{ghosts, training, weight, mean.get(), variance.get()};
            if constexpr (ops::on_onednn<T>)
                if (in_bf16 && all_of.backward_in<Bfloat16, T>(x.get(), y_grad, x_grad, scale_grad, shift_grad)) return;
            ops::Computed result(x_grad);
            all_of.backward_in<T, T>(ops::to_compute(x.get()), ops::to_compute(y_grad), result.tensor(), scale_grad,
                                     shift_grad);
            result.finish();
        });
        return Gradients{x_grad, scale_grad, shift_grad};
    };
    return options.activation(autograd::record("batch_norm", std::move(y), {x, scale, shift}, std::move(gradients)));
}

}  // namespace cyclone
