// The rebalancing methods. A row of the registry makes one known to every program.

#include <cyclone/nn/init.h>
#include <cyclone/ops/class_balance.h>
#include <cyclone/ops/loss.h>
#include <cyclone/train/evaluate.h>
#include <cyclone/train/rebalancing.h>

#include <cmath>
#include <numeric>

namespace cyclone::train {
namespace {

using Counts = std::span<const std::int64_t>;

Tensor as_tensor(const std::vector<double>& values) {
    return Tensor::from(values, {static_cast<std::int64_t>(values.size())});
}

std::vector<double> normalized(std::vector<double> weights) {
    double sum = 0;
    for (const double weight : weights) sum += weight;
    for (double& weight : weights) weight /= sum;
    return weights;
}

/// Cross-entropy with factors of mean 1, divided by the number of samples: the rate means what it meant.
Rebalancing weighted_loss(std::vector<double> weights, Counts counts) {
    Rebalancing result;
    result.class_weights = normalized_to_mean_one(std::move(weights), counts);
    result.trained_prior = class_prior(counts);
    for (std::size_t c = 0; c < counts.size(); ++c) result.trained_prior[c] *= result.class_weights[c];
    result.loss = [factors = as_tensor(result.class_weights)](const Tensor& output, const Tensor& labels) {
        return cross_entropy(class_logits(output), labels, {.class_weights = factors, .mean_over_samples = true});
    };
    return result;
}

/// The prior follows from the order of one epoch on labels with these counts.
Rebalancing sampled(data::Sampler sampler, Counts counts, std::int64_t batch_size) {
    std::vector<std::int64_t> labels;
    for (std::size_t c = 0; c < counts.size(); ++c)
        labels.insert(labels.end(), static_cast<std::size_t>(counts[c]), static_cast<std::int64_t>(c));
    const auto drawn = data::sampler::class_counts(
        sampler, {.labels = labels, .classes = static_cast<std::int64_t>(counts.size()), .batch_size = batch_size});
    Rebalancing result;
    result.sampler = std::move(sampler);
    result.trained_prior = normalized({drawn.begin(), drawn.end()});
    result.samples_per_epoch = std::accumulate(drawn.begin(), drawn.end(), std::int64_t{0});
    return result;
}

RebalancingMethod::Make make_none(Arguments&) {
    return [](Counts counts, std::int64_t) {
        Rebalancing result;
        result.trained_prior = class_prior(counts);
        return result;
    };
}

RebalancingMethod::Make make_weights(Arguments&) {
    return [](Counts counts, std::int64_t) { return weighted_loss(balanced_class_weights(counts), counts); };
}

RebalancingMethod::Make make_class_balanced(Arguments& arguments) {
    const double beta = arguments.number_or("beta", 0.999);
    check<UsageError>(beta >= 0 && beta < 1, "beta", "expected a number in [0, 1), got ", beta);
    return
        [beta](Counts counts, std::int64_t) { return weighted_loss(effective_number_weights(counts, beta), counts); };
}

RebalancingMethod::Make make_sampler(Arguments&) {
    return [](Counts counts, std::int64_t) {
        Rebalancing result;
        result.sampler = data::sampler::balanced();
        result.trained_prior.assign(counts.size(), 1 / static_cast<double>(counts.size()));
        return result;
    };
}

RebalancingMethod::Make make_batch(Arguments& arguments) {
    const std::int64_t positives = arguments.count_or("positives", 0);
    return [positives](Counts counts, std::int64_t batch_size) {
        return sampled(data::sampler::balanced_batch({.positives = positives}), counts, batch_size);
    };
}

RebalancingMethod::Make make_over(Arguments& arguments) {
    const data::Sampler sampler = data::sampler::oversample(arguments.number_or("ratio", 1));
    return [sampler](Counts counts, std::int64_t batch_size) { return sampled(sampler, counts, batch_size); };
}

RebalancingMethod::Make make_under(Arguments& arguments) {
    const data::Sampler sampler = data::sampler::undersample(arguments.number_or("ratio", 1));
    return [sampler](Counts counts, std::int64_t batch_size) { return sampled(sampler, counts, batch_size); };
}

RebalancingMethod::Make make_focal(Arguments& arguments) {
    const double gamma = arguments.number_or("gamma", 2);
    check<UsageError>(gamma >= 0 && std::isfinite(gamma), "gamma", "expected a finite number >= 0, got ", gamma);
    const bool weighted = arguments.has("alpha");
    const double alpha = weighted ? arguments.number("alpha") : 0.5;
    check<UsageError>(alpha > 0 && alpha < 1, "alpha", "expected a number between 0 and 1, got ", alpha);
    return [=](Counts counts, std::int64_t) {
        check<UsageError>(!weighted || counts.size() == 2, "alpha", "expected two classes, got ", counts.size());
        Rebalancing result;
        if (weighted) result.class_weights = {1 - alpha, alpha};
        result.prior_bias = class_prior(counts);
        const Tensor factors = weighted ? as_tensor(result.class_weights) : Tensor();
        result.loss = [=](const Tensor& output, const Tensor& labels) {
            return focal_loss(output, labels, {.gamma = gamma, .alpha = factors});
        };
        return result;
    };
}

RebalancingMethod::Make make_logit_adjust(Arguments& arguments) {
    const double tau = arguments.number_or("tau", 1);
    check<UsageError>(std::isfinite(tau), "tau", "expected a finite number, got ", tau);
    return [tau](Counts counts, std::int64_t) {
        Rebalancing result;
        const auto prior = class_prior(counts);
        for (const double p : prior) result.trained_prior.push_back(std::pow(p, 1 - tau));
        result.trained_prior = normalized(result.trained_prior);
        result.loss = [=](const Tensor& output, const Tensor& labels) {
            return cross_entropy(adjust_logits(class_logits(output), prior, tau), labels);
        };
        return result;
    };
}

RebalancingMethod::Make make_smoothing(Arguments& arguments) {
    const double smoothing = arguments.number_or("smoothing", 0.1);
    check<UsageError>(smoothing >= 0 && smoothing < 1, "smoothing", "expected a number in [0, 1), got ", smoothing);
    return [smoothing](Counts counts, std::int64_t) {
        Rebalancing result;
        const auto classes = static_cast<double>(counts.size());
        for (const double p : class_prior(counts))
            result.trained_prior.push_back((1 - smoothing) * p + smoothing / classes);
        result.loss = [smoothing](const Tensor& output, const Tensor& labels) {
            return cross_entropy(class_logits(output), labels, {.label_smoothing = smoothing});
        };
        return result;
    };
}

}  // namespace

void Rebalancing::apply(train::FitOptions& options) const {
    options.sampler = sampler;
    options.loss = loss;
    if (!loss) return;
    options.loss_name = "that of " + name;
    options.loss_weight = [](const Tensor& labels) { return static_cast<double>(labels.numel()); };
}

void Rebalancing::prepare(nn::Module& model) const {
    const std::string bound = model.bounded_by();
    check<UsageError>(bound.empty(), "model", "expected logits at the end, the last layer is ", bound,
                      " (hint: leave it out, the loss applies softmax itself)");
    if (prior_bias.empty()) return;
    auto parameters = model.parameters();
    check(!parameters.empty() && parameters.back().shape() == Shape{static_cast<std::int64_t>(prior_bias.size())},
          "rebalancing " + name, "expected a model whose last parameter is the bias of ", prior_bias.size(),
          " classes, got ", parameters.empty() ? "none" : "shape " + parameters.back().shape().str());
    nn::init::prior_bias(prior_bias)(parameters.back());
}

Rebalancing RebalancingMethod::for_data(std::span<const std::int64_t> class_counts, std::int64_t batch_size) const {
    Rebalancing result = make_(class_counts, batch_size);
    result.name = name_;
    if (result.samples_per_epoch == 0)
        result.samples_per_epoch = std::accumulate(class_counts.begin(), class_counts.end(), std::int64_t{0});
    return result;
}

Registry<RebalancingMethod::Make(Arguments&)>& rebalancings() {
    static Registry<RebalancingMethod::Make(Arguments&)> registry(
        "rebalancing",
        {{kNoRebalancing, "", "every sample once per epoch, plain cross-entropy", make_none},
         {"weights", "", "class weights in the loss, n / (classes n_c)", make_weights},
         {"sampler", "", "samples drawn so that every class is equally likely", make_sampler},
         {"batch", "[:positives]", "`positives` images of class 1 per update (without a number: all classes alike)",
          make_batch},
         {"over", "[:ratio]", "samples of small classes repeated until small : large is ratio : 1 (1)", make_over},
         {"under", "[:ratio]", "samples of large classes left out until small : large is ratio : 1 (1)", make_under},
         {"focal", "[:gamma[:alpha]]",
          "focal loss (2), factor alpha on class 1 and 1 - alpha on class 0 (none); the last bias starts at the prior",
          make_focal},
         {"class-balanced", "[:beta]", "class weights (1 - beta) / (1 - beta^n_c) (0.999)", make_class_balanced},
         {"logit-adjust", "[:tau]", "logits plus tau log(prior of the class) in the loss (1)", make_logit_adjust},
         {"label-smoothing", "[:smoothing]", "targets 1 - s + s / classes and s / classes, s = smoothing (0.1)",
          make_smoothing}});
    return registry;
}

RebalancingMethod parse_rebalancing(std::string_view text) { return {std::string(text), rebalancings().parse(text)}; }

}  // namespace cyclone::train
