// Central differences against the gradients of backward().

#include <cyclone/autograd/backward.h>
#include <cyclone/autograd/gradcheck.h>
#include <cyclone/base/random.h>

#include <algorithm>
#include <cmath>

namespace cyclone {
namespace {

using Function = std::function<Tensor(const TensorList&)>;

constexpr double kGradientBefore = 0.5;  // grad() starts here: assigning instead of adding shows

double weighted_sum(const Tensor& output, const Tensor& weights) {
    double sum = 0;
    for (std::int64_t i = 0; i < output.numel(); ++i) sum += output.data<double>()[i] * weights.data<double>()[i];
    return sum;
}

std::vector<Tensor> analytic_gradients(const Function& f, TensorList& inputs, const Tensor& weights) {
    for (Tensor& input : inputs)
        if (input.requires_grad()) input.set_grad(Tensor::full(input.shape(), kGradientBefore, DType::f64));
    backward(f(inputs), weights);
    std::vector<Tensor> gradients;
    for (Tensor& input : inputs) {
        gradients.push_back(input.requires_grad() ? input.grad() : Tensor());
        input.clear_grad();
    }
    return gradients;
}

}  // namespace

GradcheckResult gradcheck(const Function& f, TensorList inputs, const GradcheckOptions& options) {
    for (const Tensor& input : inputs)
        check(!input.requires_grad() || input.dtype() == DType::f64, "gradcheck", "expected inputs of f64, got ",
              name_of(input.dtype()));
    const Tensor first = f(inputs);
    check(first.dtype() == DType::f64, "gradcheck", "expected an output of f64, got ", name_of(first.dtype()));
    Tensor weights = Tensor::empty(first.shape(), DType::f64);
    const Random random(options.seed, 0x6772616463686bULL);
    for (std::int64_t i = 0; i < weights.numel(); ++i)
        weights.mutable_data<double>()[i] = 0.5 + random.uniform(static_cast<std::uint64_t>(i));

    const std::vector<Tensor> gradients = analytic_gradients(f, inputs, weights);
    const std::vector<Tensor> again = analytic_gradients(f, inputs, weights);
    GradcheckResult result{.passed = true, .largest_error = 0, .message = "all gradients agree"};
    double worst_excess = 0;
    const NoGrad guard;
    for (std::size_t k = 0; k < inputs.size(); ++k) {
        if (!inputs[k].requires_grad()) continue;
        for (std::int64_t i = 0; i < inputs[k].numel(); ++i) {
            const double before = inputs[k].data<double>()[i];
            inputs[k].mutable_data<double>()[i] = before + options.epsilon;
            const double above = weighted_sum(f(inputs), weights);
            inputs[k].mutable_data<double>()[i] = before - options.epsilon;
            const double below = weighted_sum(f(inputs), weights);
            inputs[k].mutable_data<double>()[i] = before;

            const double numeric = (above - below) / (2 * options.epsilon);
            const double analytic = gradients[k].data<double>()[i] - kGradientBefore;
            const double error = std::abs(analytic - numeric);
            const double allowed = options.absolute_tolerance + options.relative_tolerance * std::abs(numeric);
            const bool repeats = gradients[k].data<double>()[i] == again[k].data<double>()[i];
            const double excess = repeats ? error / allowed : INFINITY;
            result.largest_error = std::max(result.largest_error, error);
            if (excess <= 1 || excess <= worst_excess) continue;  // NaN falls through: it must fail
            worst_excess = excess;
            result.passed = false;
            result.message =
                joined("input ", k, " of shape ", inputs[k].shape(), ", element ", i, ": backward gives ", analytic,
                       ", central difference ", numeric, repeats ? "" : "; two backward runs differ");
        }
    }
    return result;
}

}  // namespace cyclone
