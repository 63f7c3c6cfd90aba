// Batch normalisation: checks, running statistics and dispatch.

#include <cyclone/autograd/record.h>
#include <cyclone/ops/batch_norm.h>

#include <bit>
#include <cmath>

#include "kernels/reference/batch_norm.h"
#include "onednn/batch_norm.h"
#include "ops/dispatch.h"

namespace cyclone {
namespace {

using kernels::BatchNormGeometry;
namespace reference = kernels::reference;

template <class T>
void forward(const BatchNormGeometry& g, bool training, const T* x, const T* scale, const T* shift, T* mean,
             T* variance, T* y) {
    if constexpr (ops::on_onednn<T>)
        if (onednn::batch_norm_forward(g, training, x, scale, shift, mean, variance, y)) return;
    reference::batch_norm_forward(g, training, x, scale, shift, mean, variance, y);
}

template <class T>
void backward(const BatchNormGeometry& g, bool training, const T* x, const T* scale, const T* mean, const T* variance,
              const T* y_grad, T* x_grad, T* scale_grad, T* shift_grad) {
    if constexpr (ops::on_onednn<T>)
        if (onednn::batch_norm_backward(g, training, x, scale, mean, variance, y_grad, x_grad, scale_grad, shift_grad))
            return;
    reference::batch_norm_backward(g, training, x, scale, mean, variance, y_grad, x_grad, scale_grad, shift_grad);
}

// running = (1 - momentum) * running + momentum * batch, the variance made unbiased.
template <class T>
void update_running(double momentum, std::int64_t rows, const Tensor& mean, const Tensor& variance,
                    Tensor& running_mean, Tensor& running_variance) {
    const double unbiased = static_cast<double>(rows) / static_cast<double>(rows - 1);
    T* into_mean = running_mean.mutable_data<T>();
    T* into_variance = running_variance.mutable_data<T>();
    for (std::int64_t c = 0; c < mean.numel(); ++c) {
        into_mean[c] = static_cast<T>((1 - momentum) * into_mean[c] + momentum * mean.data<T>()[c]);
        into_variance[c] =
            static_cast<T>((1 - momentum) * into_variance[c] + momentum * unbiased * variance.data<T>()[c]);
    }
}

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
    check(epsilon > 0 && std::isfinite(epsilon), op, "expected an epsilon > 0, got ", epsilon);
}

Tensor batch_norm(const Tensor& x, const Tensor& scale, const Tensor& shift, Tensor& running_mean,
                  Tensor& running_variance, bool training, const BatchNormOptions& options) {
    const BatchNormGeometry g = geometry_of(x, options);
    const std::int64_t rows = g.n * g.h * g.w;
    const Shape channels{g.c};
    ops::check_operand("batch_norm", "scale", x, scale, channels);
    ops::check_operand("batch_norm", "shift", x, shift, channels);
    ops::check_operand("batch_norm", "running mean", x, running_mean, channels);
    ops::check_operand("batch_norm", "running variance", x, running_variance, channels);
    check(!training || rows != 1, "batch_norm", "training needs more than one value per channel, the input is ",
          x.shape(),
          " (hint: where the last batch of an epoch has one image, drop_last of fit() or the loader, or --drop-last, "
          "leaves it "
          "out; else another batch size)");

    Tensor y = Tensor::empty(x.shape(), x.dtype());
    Tensor mean = training ? Tensor::empty(channels, x.dtype()) : running_mean;
    Tensor variance = training ? Tensor::empty(channels, x.dtype()) : running_variance;
    visit_floating(x.dtype(), "batch_norm", [&](auto zero) {
        using T = decltype(zero);
        if (y.numel() == 0) return;
        // Without `training` the kernel only reads the statistics.
        forward(g, training, x.data<T>(), scale.data<T>(), shift.data<T>(), const_cast<T*>(mean.data<T>()),
                const_cast<T*>(variance.data<T>()), y.mutable_data<T>());
        if (training) update_running<T>(options.momentum, rows, mean, variance, running_mean, running_variance);
    });
    auto gradients = [g, training, x = Saved(x), scale = Saved(scale), mean = Saved(mean),
                      variance = Saved(variance)](const Tensor& y_grad) {
        Tensor x_grad = Tensor::empty(x.get().shape(), y_grad.dtype());
        Tensor scale_grad = Tensor::zeros(scale.get().shape(), y_grad.dtype());
        Tensor shift_grad = Tensor::zeros(scale.get().shape(), y_grad.dtype());
        visit_floating(y_grad.dtype(), "batch_norm", [&](auto zero) {
            using T = decltype(zero);
            if (y_grad.numel() == 0) return;
            backward(g, training, x.get().data<T>(), scale.get().data<T>(), mean.get().data<T>(),
                     variance.get().data<T>(), y_grad.data<T>(), x_grad.mutable_data<T>(), scale_grad.mutable_data<T>(),
                     shift_grad.mutable_data<T>());
        });
        return Gradients{x_grad, scale_grad, shift_grad};
    };
    return options.activation(autograd::record("batch_norm", std::move(y), {x, scale, shift}, std::move(gradients)));
}

}  // namespace cyclone
