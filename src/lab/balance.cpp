// One row of the table makes a remedy known to every program.

#include <cyclone/lab/balance.h>
#include <cyclone/nn/init.h>
#include <cyclone/ops/class_balance.h>
#include <cyclone/ops/loss.h>

#include <cmath>
#include <numeric>

#include "base/text_arguments.h"

namespace cyclone::lab {
namespace {

using Counts = std::span<const std::int64_t>;

Tensor as_tensor(const std::vector<double>& values) {
    return Tensor::from(values, {static_cast<std::int64_t>(values.size())});
}

std::vector<double> normalized(std::vector<double> shares) {
    double sum = 0;
    for (const double share : shares) sum += share;
    for (double& share : shares) share /= sum;
    return shares;
}

/// Cross-entropy with factors of mean 1, divided by the number of samples: the rate means what it meant.
Balance weighted_loss(std::vector<double> weights, Counts counts) {
    Balance balance;
    balance.class_weights = normalized_to_mean_one(std::move(weights), counts);
    balance.trained_prior = class_prior(counts);
    for (std::size_t c = 0; c < counts.size(); ++c) balance.trained_prior[c] *= balance.class_weights[c];
    balance.loss = [factors = as_tensor(balance.class_weights)](const Tensor& output, const Tensor& labels) {
        return cross_entropy(output, labels, {.class_weights = factors, .mean_over_samples = true});
    };
    return balance;
}

/// The shares follow from the order of one epoch on labels with these counts.
Balance sampled(data::Sampler sampler, Counts counts, std::int64_t batch_size) {
    std::vector<std::int64_t> labels;
    for (std::size_t c = 0; c < counts.size(); ++c)
        labels.insert(labels.end(), static_cast<std::size_t>(counts[c]), static_cast<std::int64_t>(c));
    const auto drawn = data::sampler::class_counts(
        sampler, {.labels = labels, .classes = static_cast<std::int64_t>(counts.size()), .batch_size = batch_size});
    Balance balance;
    balance.sampler = std::move(sampler);
    balance.trained_prior = normalized({drawn.begin(), drawn.end()});
    balance.samples_per_epoch = std::accumulate(drawn.begin(), drawn.end(), std::int64_t{0});
    return balance;
}

BalanceMethod::Make make_none(Arguments&) {
    return [](Counts counts, std::int64_t) {
        Balance balance;
        balance.trained_prior = class_prior(counts);
        return balance;
    };
}

BalanceMethod::Make make_weights(Arguments&) {
    return [](Counts counts, std::int64_t) { return weighted_loss(balanced_class_weights(counts), counts); };
}

BalanceMethod::Make make_class_balanced(Arguments& arguments) {
    const double beta = arguments.number_or("BETA", 0.999);
    check<UsageError>(beta >= 0 && beta < 1, "BETA", "expected a number in [0, 1), got ", beta);
    return
        [beta](Counts counts, std::int64_t) { return weighted_loss(effective_number_weights(counts, beta), counts); };
}

BalanceMethod::Make make_sampler(Arguments&) {
    return [](Counts counts, std::int64_t) {
        Balance balance;
        balance.sampler = data::sampler::balanced();
        balance.trained_prior.assign(counts.size(), 1 / static_cast<double>(counts.size()));
        return balance;
    };
}

BalanceMethod::Make make_batch(Arguments& arguments) {
    const std::int64_t positives = arguments.more() ? arguments.count("POSITIVES") : 0;
    return [positives](Counts counts, std::int64_t batch_size) {
        return sampled(data::sampler::balanced_batch({.positives = positives}), counts, batch_size);
    };
}

BalanceMethod::Make make_over(Arguments& arguments) {
    const data::Sampler sampler = data::sampler::oversample(arguments.number_or("RATIO", 1));
    return [sampler](Counts counts, std::int64_t batch_size) { return sampled(sampler, counts, batch_size); };
}

BalanceMethod::Make make_under(Arguments& arguments) {
    const data::Sampler sampler = data::sampler::undersample(arguments.number_or("RATIO", 1));
    return [sampler](Counts counts, std::int64_t batch_size) { return sampled(sampler, counts, batch_size); };
}

BalanceMethod::Make make_focal(Arguments& arguments) {
    const double gamma = arguments.number_or("GAMMA", 2);
    check<UsageError>(gamma >= 0 && std::isfinite(gamma), "GAMMA", "expected a finite number >= 0, got ", gamma);
    const bool weighted = arguments.more();
    const double alpha = weighted ? arguments.number("ALPHA") : 0.5;
    check<UsageError>(alpha > 0 && alpha < 1, "ALPHA", "expected a number between 0 and 1, got ", alpha);
    return [=](Counts counts, std::int64_t) {
        check<UsageError>(!weighted || counts.size() == 2, "ALPHA", "expected two classes, got ", counts.size());
        Balance balance;
        if (weighted) balance.class_weights = {1 - alpha, alpha};
        balance.prior_bias = class_prior(counts);
        const Tensor factors = weighted ? as_tensor(balance.class_weights) : Tensor();
        balance.loss = [=](const Tensor& output, const Tensor& labels) {
            return focal_loss(output, labels, {.gamma = gamma, .alpha = factors});
        };
        return balance;
    };
}

BalanceMethod::Make make_logit_adjust(Arguments& arguments) {
    const double tau = arguments.number_or("TAU", 1);
    check<UsageError>(std::isfinite(tau), "TAU", "expected a finite number, got ", tau);
    return [tau](Counts counts, std::int64_t) {
        Balance balance;
        const auto prior = class_prior(counts);
        for (const double share : prior) balance.trained_prior.push_back(std::pow(share, 1 - tau));
        balance.trained_prior = normalized(balance.trained_prior);
        balance.loss = [=](const Tensor& output, const Tensor& labels) {
            return cross_entropy(adjust_logits(output, prior, tau), labels);
        };
        return balance;
    };
}

BalanceMethod::Make make_smoothing(Arguments& arguments) {
    const double smoothing = arguments.number_or("S", 0.1);
    check<UsageError>(smoothing >= 0 && smoothing < 1, "S", "expected a number in [0, 1), got ", smoothing);
    return [smoothing](Counts counts, std::int64_t) {
        Balance balance;
        const auto classes = static_cast<double>(counts.size());
        for (const double share : class_prior(counts))
            balance.trained_prior.push_back((1 - smoothing) * share + smoothing / classes);
        balance.loss = [smoothing](const Tensor& output, const Tensor& labels) {
            return cross_entropy(output, labels, {.label_smoothing = smoothing});
        };
        return balance;
    };
}

struct Row {
    const char* name;
    const char* arguments;
    const char* description;
    BalanceMethod::Make (*make)(Arguments&);
};

const Row table[] = {
    {"none", "", "every sample once an epoch, plain cross-entropy", make_none},
    {"weights", "", "class weights in the loss, n / (classes n_c)", make_weights},
    {"sampler", "", "samples drawn so that every class is equally likely", make_sampler},
    {"batch", "[:POSITIVES]", "so many of class 1 in every batch (without a number: all classes alike)", make_batch},
    {"over", "[:RATIO]", "samples of small classes repeated until small : large is RATIO (1)", make_over},
    {"under", "[:RATIO]", "samples of large classes left out until small : large is RATIO (1)", make_under},
    {"focal", "[:GAMMA[:ALPHA]]",
     "focal loss (2), factor ALPHA on class 1 and 1 - ALPHA on class 0 (none); the last bias starts at the prior",
     make_focal},
    {"class-balanced", "[:BETA]", "class weights (1 - BETA) / (1 - BETA^n_c) (0.999)", make_class_balanced},
    {"logit-adjust", "[:TAU]", "logits plus TAU log(share of the class) in the loss (1)", make_logit_adjust},
    {"label-smoothing", "[:S]", "targets 1 - S + S / classes and S / classes (0.1)", make_smoothing},
};

}  // namespace

void Balance::apply(train::FitOptions& options) const {
    options.sampler = sampler;
    options.loss = loss;
}

void Balance::prepare(nn::Module& model) const {
    if (prior_bias.empty()) return;
    auto parameters = model.parameters();
    check(!parameters.empty() && parameters.back().shape() == Shape{static_cast<std::int64_t>(prior_bias.size())},
          "balance " + name, "expected a model whose last parameter is the bias of ", prior_bias.size(),
          " classes, got ", parameters.empty() ? "none" : "shape " + parameters.back().shape().str());
    nn::init::prior_bias(prior_bias)(parameters.back());
}

Balance BalanceMethod::for_data(std::span<const std::int64_t> class_counts, std::int64_t batch_size) const {
    Balance balance = make_(class_counts, batch_size);
    balance.name = name_;
    if (balance.samples_per_epoch == 0)
        balance.samples_per_epoch = std::accumulate(class_counts.begin(), class_counts.end(), std::int64_t{0});
    return balance;
}

BalanceMethod parse_balance(std::string_view text) {
    NamedArguments given(text);
    return {std::string(text), make_from("balance", text, find_row("balance", table, given.name), given.arguments)};
}

std::vector<BalanceName> known_balance_names() {
    std::vector<BalanceName> names;
    for (const Row& row : table) names.push_back({row.name, std::string(row.name) + row.arguments, row.description});
    return names;
}

}  // namespace cyclone::lab
