// Class weights and logit adjustment.

#include <cyclone/ops/arithmetic.h>
#include <cyclone/ops/class_balance.h>

#include <cmath>

namespace cyclone {
namespace {

double total(const char* where, std::span<const std::int64_t> counts) {
    check(!counts.empty(), where, "expected the counts of at least one class, got none");
    double sum = 0;
    for (std::size_t c = 0; c < counts.size(); ++c) {
        check(counts[c] > 0, where, "expected at least one sample of each class, class ", c, " has ", counts[c]);
        sum += static_cast<double>(counts[c]);
    }
    return sum;
}

}  // namespace

std::vector<double> class_prior(std::span<const std::int64_t> counts) {
    const double n = total("class_prior", counts);
    std::vector<double> prior;
    for (const std::int64_t count : counts) prior.push_back(static_cast<double>(count) / n);
    return prior;
}

std::vector<double> balanced_class_weights(std::span<const std::int64_t> counts) {
    const double n = total("balanced_class_weights", counts), k = static_cast<double>(counts.size());
    std::vector<double> weights;
    for (const std::int64_t count : counts) weights.push_back(n / (k * static_cast<double>(count)));
    return weights;
}

std::vector<double> effective_number_weights(std::span<const std::int64_t> counts, double beta) {
    total("effective_number_weights", counts);
    check(beta >= 0 && beta < 1, "effective_number_weights", "expected a beta in [0, 1), got ", beta);
    std::vector<double> weights;
    double sum = 0;
    for (const std::int64_t count : counts) {
        // 1 - beta^n without cancellation; expm1(n log 0) = -1
        weights.push_back((1 - beta) / -std::expm1(static_cast<double>(count) * std::log(beta)));
        sum += weights.back();
    }
    for (double& w : weights) w *= static_cast<double>(counts.size()) / sum;
    return weights;
}

std::vector<double> normalized_to_mean_one(std::vector<double> weights, std::span<const std::int64_t> counts) {
    const char* where = "normalized_to_mean_one";
    const double n = total(where, counts);
    check(weights.size() == counts.size(), where, "expected a weight for each of the ", counts.size(), " classes, got ",
          weights.size());
    double sum = 0;
    for (std::size_t c = 0; c < counts.size(); ++c) {
        check(weights[c] >= 0 && std::isfinite(weights[c]), where, "expected finite weights >= 0, got ", weights[c]);
        sum += static_cast<double>(counts[c]) * weights[c];
    }
    check(sum > 0, where, "expected a weight above 0, got none");
    for (double& w : weights) w *= n / sum;
    return weights;
}

Tensor log_prior(std::span<const double> prior, double tau, DType dtype) {
    check(!prior.empty(), "log_prior", "expected the prior of at least one class, got none");
    check(std::isfinite(tau), "log_prior", "expected a finite tau, got ", tau);
    Tensor result = Tensor::empty({static_cast<std::int64_t>(prior.size())}, DType::f64);
    double* out = result.mutable_data<double>();
    for (std::size_t c = 0; c < prior.size(); ++c) {
        check(prior[c] > 0 && std::isfinite(prior[c]), "log_prior", "expected priors above 0, class ", c, " has ",
              prior[c]);
        out[c] = tau * std::log(prior[c]);
    }
    return result.to(dtype);
}

Tensor adjust_logits(const Tensor& logits, std::span<const double> prior, double tau) {
    check(logits.defined() && logits.rank() >= 1 && logits.size(-1) == static_cast<std::int64_t>(prior.size()),
          "adjust_logits", "expected logits of ", prior.size(), " classes on the last axis, got ",
          logits.defined() ? logits.shape().str() : "an undefined tensor");
    return logits + log_prior(prior, tau, logits.dtype());
}

}  // namespace cyclone
