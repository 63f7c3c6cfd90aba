// Large rates regularise: nets that were trained to one training loss with different rates.
#include <cyclone/base/number_text.h>
#include <cyclone/base/random.h>
#include <cyclone/schedule/decay.h>

#include <array>

#include "lab/laboratory/digits.h"
#include "lab/laboratory/landscape.h"

namespace cyclone::lab {
namespace {

constexpr std::array kRates = {0.005, 0.02, 0.08, 0.16};
constexpr std::int64_t kBatch = 16, kMostEpochs = 150;
constexpr std::uint64_t kEvery = 16;  // updates between two looks at it
constexpr double kGoal = 0.01;        // training loss
constexpr double kPush = 0.2;         // of the norm of each parameter
constexpr int kPushes = 8;

struct Outcome {
    double updates = kNone, train_loss = kNone, error = kNone, loss = kNone, pushed = kNone;
};

// The mean training loss after random pushes of all weights, each by a fraction of its tensor's norm.
double loss_after_push(nn::Module& model, const data::Dataset& data, std::uint64_t seed) {
    const Weights before = weights_of(model);
    double sum = 0;
    for (std::uint64_t push = 0; push < kPushes; ++push) {
        const Random random(seed, 0xB0057 + push);
        std::uint64_t draw = 0;
        for (Tensor parameter : model.parameters()) {
            std::vector<double> direction(static_cast<std::size_t>(parameter.numel()));
            for (double& value : direction) value = random.normal(draw++);
            const auto values = parameter.to_vector<float>();
            double own = 0, other = 0;
            for (std::size_t i = 0; i < direction.size(); ++i) {
                own += static_cast<double>(values[i]) * static_cast<double>(values[i]);
                other += direction[i] * direction[i];
            }
            const double factor = kPush * std::sqrt(own / other);
            float* to = parameter.mutable_data<float>();
            for (std::size_t i = 0; i < direction.size(); ++i) to[i] += static_cast<float>(factor * direction[i]);
        }
        sum += score_of(model, data).loss;
        set_weights(model, before);
    }
    return sum / kPushes;
}

void draw(const OverSeeds<Outcome>& outcomes, Finding& finding) {
    finding.header = {"constant rate", "updates", "training loss", "test error, %", "test loss", "after a push"};
    finding.shared_x = true;
    const PictureAxis x{.label = "constant rate (logarithmic)", .logarithmic = true};
    finding.panels = {{.x = x, .y = {.label = "test error, %"}},
                      {.x = x, .y = {.label = "training loss after a push (logarithmic)", .logarithmic = true}}};
    for (std::size_t p = 0; p < 2; ++p) {
        PictureMark line{.kind = MarkKind::line, .name = p == 0 ? "mean" : "", .hue = Hue::constant, .tone = 2};
        PictureMark dots{.kind = MarkKind::dots, .name = p == 0 ? "a seed" : "", .hue = Hue::constant, .tone = 0};
        for (std::size_t i = 0; i < kRates.size(); ++i) {
            const auto values = each(outcomes[i], [p](const Outcome& o) { return p == 0 ? 100 * o.error : o.pushed; });
            add_point(line, dots, kRates[i], p == 0 ? mean_of(values) : geometric_mean(values), values);
        }
        finding.panels[p].marks = {line, dots};
    }
    for (std::size_t i = 0; i < kRates.size(); ++i) {
        const auto mean = [&](double Outcome::*field, double factor = 1) {
            return factor * mean_of(each(outcomes[i], [field](const Outcome& o) { return o.*field; }));
        };
        finding.rows.push_back({number_text::significant(kRates[i]),
                                {mean(&Outcome::updates), mean(&Outcome::train_loss), mean(&Outcome::error, 100),
                                 mean(&Outcome::loss), mean(&Outcome::pushed)}});
    }
}

void run(const ExperimentOptions& options, Finding& finding) {
    const Bench bench(options, finding);
    const std::int64_t images = bench.size(1000, 64), tests = bench.size(4000, 64);
    const double goal = bench.quick() ? 2.2 : kGoal;
    const auto outcomes = bench.run(kRates.size(), [&](std::size_t i, std::uint64_t seed) {
        const DigitsTask task = draw_digits(images, tests, seed);
        nn::Sequential model = digits_network(seed);
        Outcome out;
        const bool good =
            train_network(model, task.train,
                          {.lr = schedule::constant(kRates[i]),
                           .epochs = kMostEpochs,
                           .batch_size = kBatch,
                           .seed = seed,
                           .after_update =
                               [&](const train::UpdateRow& row) {
                                   if (row.update % kEvery != 0) return train::Control::proceed;
                                   out.updates = static_cast<double>(row.update + 1);
                                   out.train_loss = score_of(model, task.train).loss;
                                   return out.train_loss < goal ? train::Control::stop : train::Control::proceed;
                               }},
                          bench);
        if (!good || !(out.train_loss < goal)) return Outcome{};  // it never got there
        const Score score = score_of(model, task.test);
        out.error = score.error;
        out.loss = score.loss;
        out.pushed = loss_after_push(model, task.train, seed);
        return out;
    });
    finding.setting =
        number_text::significant(static_cast<double>(images), 4) +
        " drawn digits, new ones for each seed, a CNN without dropout, batches of 16, constant rates without "
        "momentum. Each run stops as soon as its training loss, measured every 16 updates, is below 0.01. Then all "
        "weights are pushed eight times in random directions, each tensor by a fifth of its norm.";
    finding.look =
        "All dots have about the same training loss. Do the errors on new digits (upper panel) and the training loss "
        "after a push (lower panel) fall with the rate?";
    finding.not_shown =
        "The cause. A flat place and few errors come together here; that one makes the other does not follow (Dinh et "
        "al. 2017, arXiv 1703.04933).";
    draw(outcomes, finding);
    const auto ratio = [&](double Outcome::*field) {
        const auto of = [field](const Outcome& o) { return o.*field; };
        return ratios(each(outcomes.back(), of), each(outcomes.front(), of));
    };
    const std::string rates =
        number_text::significant(kRates.back()) + " / " + number_text::significant(kRates.front());
    finding.quantities = {
        {.name = "test error, rate " + rates, .values = ratio(&Outcome::error), .ratio = true, .at_most = 0.95},
        {.name = "training loss after a push, rate " + rates,
         .values = ratio(&Outcome::pushed),
         .ratio = true,
         .at_most = 0.67},
        {.name = "updates needed, rate " + rates, .values = ratio(&Outcome::updates), .ratio = true},
    };
}

}  // namespace

Experiment large_rates() {
    return {"Do large rates regularise?",
            "Of networks that are trained to the same training loss, those with a large rate make at least 5 % fewer "
            "errors on new digits than those with a small one, and lie in a flatter place.",
            10, run};
}

}  // namespace cyclone::lab
