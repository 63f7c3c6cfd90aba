#include <cyclone/base/error.h>
#include <cyclone/base/random.h>
#include <cyclone/base/threads.h>
#include <cyclone/data/loader.h>
#include <cyclone/data/synthetic.h>
#include <cyclone/metrics/recalibration.h>
#include <cyclone/nn/nn.h>
#include <cyclone/ops/activation.h>
#include <cyclone/ops/loss.h>
#include <cyclone/optim/sgd.h>
#include <cyclone/train/fit.h>
#include <cyclone/train/rebalancing.h>

#include <cmath>

#include "support/catch.h"

using namespace cyclone;
using train::parse_rebalancing;
using train::Rebalancing;

namespace {

using Counts = std::vector<std::int64_t>;
const Counts kCounts = {972, 27};

Rebalancing of(std::string_view text, const Counts& counts = kCounts, std::int64_t batch_size = 32) {
    return parse_rebalancing(text).for_data(counts, batch_size);
}

void check_near(const std::vector<double>& got, const std::vector<double>& expected) {
    REQUIRE(got.size() == expected.size());
    for (std::size_t i = 0; i < got.size(); ++i) CHECK(got[i] == Approx(expected[i]).epsilon(1e-12));
}

// Two samples of class 0 and one of class 1.
double loss_of(const Rebalancing& balance) {
    const Tensor logits = Tensor::from<double>({0.5, -1, 2, 0.25, -0.5, 1}, {3, 2});
    return balance.loss(logits, Tensor::from<std::int64_t>({0, 0, 1}, {3})).item();
}

double minus_log_p(double own, double other) { return std::log1p(std::exp(other - own)); }

nn::Sequential small_model() {
    set_num_threads(1);
    manual_seed(1);
    return nn::Sequential{nn::Conv2d{1, 4, {.kernel = 3, .activation = relu}}, nn::MaxPool2d{2}, nn::Flatten{},
                          nn::Linear{3 * 3 * 4, 2}};
}

}  // namespace

TEST_CASE("each name gives its loss or its sampler") {
    const double a = minus_log_p(0.5, -1), b = minus_log_p(2, 0.25), c = minus_log_p(1, -0.5);
    CHECK(!of("none").loss);
    CHECK(of("none").sampler.plain());
    const double w0 = 999 / (2 * 972.0), w1 = 999 / (2 * 27.0);
    CHECK(loss_of(of("weights")) == Approx((w0 * (a + b) + w1 * c) / 3).epsilon(1e-12));
    check_near(of("weights").class_weights, {w0, w1});
    const double e0 = 1 / (1 - std::pow(0.999, 972)), e1 = 1 / (1 - std::pow(0.999, 27));
    const double mean = (972 * e0 + 27 * e1) / 999;
    CHECK(loss_of(of("class-balanced:0.999")) == Approx((e0 * (a + b) + e1 * c) / mean / 3).epsilon(1e-10));
    CHECK(loss_of(of("class_balanced")) == loss_of(of("class-balanced:0.999")));
    const auto focal = [](double loss, double gamma) { return std::pow(1 - std::exp(-loss), gamma) * loss; };
    CHECK(loss_of(of("focal")) == Approx((focal(a, 2) + focal(b, 2) + focal(c, 2)) / 3).epsilon(1e-12));
    CHECK(loss_of(of("focal:1:0.25")) ==
          Approx((0.75 * (focal(a, 1) + focal(b, 1)) + 0.25 * focal(c, 1)) / 3).epsilon(1e-12));
    const double shift = std::log(972.0 / 27);
    CHECK(loss_of(of("logit-adjust")) ==
          Approx((minus_log_p(0.5 + shift, -1) + minus_log_p(2 + shift, 0.25) + minus_log_p(1, -0.5 + shift)) / 3)
              .epsilon(1e-12));
    CHECK(loss_of(of("logit-adjust:0")) == Approx((a + b + c) / 3).epsilon(1e-12));
    CHECK(loss_of(of("label-smoothing:0")) == Approx((a + b + c) / 3).epsilon(1e-12));
    for (const char* name : {"sampler", "batch", "batch:8", "over:0.5", "under"}) {
        INFO(name);
        CHECK(!of(name).loss);
        CHECK(!of(name).sampler.plain());
        CHECK(of(name).name == name);
        CHECK((of(name).samples_per_epoch == 999) == (std::string_view(name) == "sampler"));
    }
}

TEST_CASE("the trained prior says what shares the probabilities answer for") {
    const double p = 27.0 / 999;
    check_near(of("none").trained_prior, {1 - p, p});
    check_near(of("weights").trained_prior, {0.5, 0.5});
    check_near(of("sampler").trained_prior, {0.5, 0.5});
    check_near(of("batch").trained_prior, {0.5, 0.5});
    check_near(of("batch:8").trained_prior, {0.75, 0.25});
    check_near(of("over:0.5").trained_prior, {972.0 / 1458, 486.0 / 1458});
    check_near(of("under:1").trained_prior, {0.5, 0.5});
    check_near(of("logit-adjust").trained_prior, {0.5, 0.5});
    check_near(of("logit-adjust:0").trained_prior, {1 - p, p});
    check_near(of("label-smoothing:0.2").trained_prior, {0.8 * (1 - p) + 0.1, 0.8 * p + 0.1});
    CHECK(of("focal").trained_prior.empty());
    check_near(of("weights", {10, 20, 70}).trained_prior, {1.0 / 3, 1.0 / 3, 1.0 / 3});
}

TEST_CASE("a net without a say learns exactly the trained prior") {
    // Only a bias: the minimum of the loss over a training set is the prior that the remedy claims.
    const Counts counts = {30, 10};
    Tensor labels = Tensor::empty({40}, DType::i64);
    for (std::int64_t i = 0; i < 40; ++i) labels.mutable_data<std::int64_t>()[i] = i < 30 ? 0 : 1;
    for (const char* name : {"weights", "class-balanced:0.9", "logit-adjust", "logit-adjust:0.5", "label-smoothing"}) {
        INFO(name);
        const Rebalancing balance = of(name, counts);
        const auto at = [&](double odds) {
            Tensor logits = Tensor::zeros({40, 2}, DType::f64);
            for (std::int64_t i = 0; i < 40; ++i) logits.mutable_data<double>()[2 * i + 1] = odds;
            return balance.loss(logits, labels).item();
        };
        const double best = std::log(balance.trained_prior[1] / balance.trained_prior[0]);
        CHECK(at(best) < at(best + 0.01));
        CHECK(at(best) < at(best - 0.01));
    }
}

TEST_CASE("unknown names and bad values are told apart and helped") {
    CHECK_THROWS_WITH(parse_rebalancing("wieghts"), Catch::Contains("did you mean 'weights'?"));
    CHECK_THROWS_WITH(parse_rebalancing("class-balance:0.9"), Catch::Contains("did you mean 'class-balanced'?"));
    CHECK_THROWS_WITH(parse_rebalancing("over:half"),
                      "rebalancing 'over:half': ratio: expected a number, got 'half' (usage: over[:ratio])");
    for (const char* bad : {"", "weights:1", "over:0", "over:2", "under:-1", "batch:1.5", "batch:-1", "focal:-1",
                            "focal:2:0", "focal:2:0.25:1", "class-balanced:1", "logit-adjust:nan", "label-smoothing:1"})
        CHECK_THROWS_AS(parse_rebalancing(bad), UsageError);
    CHECK_THROWS_AS(of("weights", {10, 0}), Error);
    CHECK_THROWS_AS(of("batch:32"), UsageError);
    CHECK_THROWS_AS(of("batch:2", {10, 10, 10}), UsageError);
    CHECK_THROWS_AS(of("focal:2:0.25", {10, 10, 10}), UsageError);
    for (const auto& known : train::rebalancings().names()) {
        CHECK(known.usage.rfind(known.name, 0) == 0);
        CHECK(of(known.name).trained_prior.empty() == (known.name == "focal"));
    }
}

TEST_CASE("every rebalancing method trains and focal loss starts from the prior") {
    const auto data = data::synthetic_patches({.positives = 12, .negatives = 60, .seed = 2, .size = 8});
    for (const auto& known : train::rebalancings().names()) {
        INFO(known.name);
        const Rebalancing balance = of(known.name, data.class_counts(), 8);
        nn::Sequential model = small_model();
        balance.prepare(model);
        const auto bias = model.parameters().back().to_vector<float>();
        if (known.name == "focal") {
            CHECK(bias[1] - bias[0] == Approx(std::log(12.0 / 60)).epsilon(1e-6));
        } else {
            CHECK(bias == std::vector<float>{0, 0});
        }
        optim::Sgd sgd{model.parameters(), {.lr = 0.01}};
        train::FitOptions options{.epochs = 1, .batch_size = 8, .progress = train::ProgressMode::off};
        balance.apply(options);
        const auto history = train::fit(model, sgd, data, options);
        data::Loader loader(data, {.batch_size = 8, .sampler = balance.sampler});
        CHECK(static_cast<std::int64_t>(history.updates().size()) == loader.batches_per_epoch());
        CHECK((balance.samples_per_epoch + 7) / 8 == loader.batches_per_epoch());
        CHECK(std::isfinite(history.epochs().back().train_loss));
    }
    nn::Sequential no_bias{nn::Flatten{}, nn::Linear{64, 3}};
    CHECK_THROWS_AS(of("focal").prepare(no_bias), Error);
}

TEST_CASE("methods with a loss take a network of one logit") {
    const auto data = data::synthetic_patches({.positives = 12, .negatives = 60, .seed = 2, .size = 8});
    for (const char* method : {"weights", "class-balanced", "logit-adjust", "label-smoothing"}) {
        INFO(method);
        const Rebalancing balance = of(method, data.class_counts(), 8);
        // The logits of one output z are (0, z).
        const Tensor labels = Tensor::from<std::int64_t>({0, 1, 0}, {3});
        CHECK(balance.loss(Tensor::from<double>({0.5, -1, 2}, {3, 1}), labels).item() ==
              Approx(balance.loss(Tensor::from<double>({0, 0.5, 0, -1, 0, 2}, {3, 2}), labels).item()));
        nn::Sequential model{nn::Flatten{}, nn::Linear{64, 1}};
        optim::Sgd sgd{model.parameters(), {.lr = 0.01}};
        train::FitOptions options{.epochs = 1, .batch_size = 8, .progress = train::ProgressMode::off};
        balance.apply(options);
        CHECK(std::isfinite(train::fit(model, sgd, data, options).epochs().back().train_loss));
    }
}

TEST_CASE("probabilities come back to the true shares by shifting the trained prior") {
    const Rebalancing balance = of("weights");
    const double p = 27.0 / 999;
    CHECK(metrics::shift_prior(0.5, balance.trained_prior[1], p) == Approx(p).epsilon(1e-12));
}
