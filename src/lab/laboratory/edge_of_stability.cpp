// The edge of stability: the largest curvature of a network over a run, against 2 / rate.
#include <cyclone/autograd/backward.h>
#include <cyclone/base/random.h>
#include <cyclone/nn/layers.h>
#include <cyclone/ops/arithmetic.h>
#include <cyclone/ops/reduce.h>
#include <cyclone/schedule/cyclic.h>
#include <cyclone/schedule/decay.h>

#include <algorithm>
#include <array>

#include "lab/laboratory/digits.h"
#include "lab/laboratory/landscape.h"

namespace cyclone::lab {
namespace {

constexpr std::uint64_t kUpdates = 3000, kEvery = 25, kHalfCycle = 500;
constexpr int kIterations = 6, kFirstIterations = 25;
constexpr double kBase = 0.08, kMax = 0.4;
constexpr double kExploded = 1e4;  // loss

struct Row {
    const char* name;
    const char* limit;  ///< the name of 2 / rate
    Hue hue;
    int tone;
    bool cyclical;
    double rate;
};
constexpr std::array<Row, 3> kRows = {{{"constant 0.08", "2 / the constant's rate", Hue::constant, 1, false, kBase},
                                       {"triangular 0.08 to 0.4", "2 / the cycle's rate", Hue::cycle, 0, true, 0},
                                       {"constant 0.4", "2 / its rate", Hue::constant, 3, false, kMax}}};

struct Course {
    std::vector<double> update, rate, loss, curvature;
    bool exploded = false;
};

// The whole batch as one, and half the mean squared distance to the targets: a smooth loss.
class Problem {
public:
    Problem(std::uint64_t seed, std::int64_t images) {
        const DigitsTask task = draw_digits(images, kDigits, seed);
        data::Loader loader(task.train, {.batch_size = images, .shuffle = false, .prefetch = 0});
        for (const data::Batch& batch : loader) x_ = batch.x;
        std::vector<float> targets(static_cast<std::size_t>(images * kDigits), 0.0F);
        const auto labels = task.train.labels.values<std::int64_t>();
        for (std::size_t i = 0; i < labels.size(); ++i) targets[i * kDigits + static_cast<std::size_t>(labels[i])] = 1;
        targets_ = Tensor::from(targets, {images, kDigits});
        manual_seed(seed);
        model_.add(nn::Flatten{});
        model_.add(nn::Linear{kDigitSide * kDigitSide, 32, {.activation = tanh}});
        model_.add(nn::Linear{32, kDigits});
    }

    Weights start() const { return weights_of(model_); }
    Weights gradient(const Weights& at) {
        set_weights(model_, at);
        model_.zero_grad();
        const Tensor off = model_(x_) - targets_;
        const Tensor loss = (0.5 / static_cast<double>(x_.size(0))) * sum(off * off);
        loss_ = loss.item();
        if (!std::isfinite(loss_)) return Weights(at.size(), 0.0F);
        backward(loss);
        return gradients_of(model_);
    }
    double loss() const { return loss_; }  ///< of the last gradient()

private:
    Tensor x_, targets_;
    nn::Sequential model_;
    double loss_ = 0;
};

Course descend(const Row& row, std::uint64_t seed, std::int64_t images, std::uint64_t updates, const Bench& bench) {
    Problem problem(seed, images);
    const Schedule rate =
        row.cyclical ? schedule::triangular(
                           {.base = kBase, .max = kMax, .step_size = Iterations{updates * kHalfCycle / kUpdates}})
                     : schedule::constant(row.rate);
    Weights weights = problem.start(), direction(weights.size());
    const Random random(seed, 0xED6E);
    for (std::size_t i = 0; i < direction.size(); ++i) direction[i] = static_cast<float>(random.normal(i));
    const auto gradient = [&](const Weights& at) { return problem.gradient(at); };
    Course course;
    for (std::uint64_t t = 0; t <= updates; ++t) {
        bench.check_stop();
        const Weights slope = problem.gradient(weights);
        const double loss = problem.loss();
        course.exploded = !(loss < kExploded);
        if (course.exploded) break;
        if (t % kEvery == 0) {
            course.update.push_back(static_cast<double>(t));
            course.rate.push_back(rate.value(t));
            course.loss.push_back(loss);
            course.curvature.push_back(
                largest_curvature(gradient, weights, direction, t == 0 ? kFirstIterations : kIterations));
        }
        weights = plus(weights, -rate.value(t), slope);
    }
    return course;
}

void draw(const OverSeeds<Course>& courses, Finding& finding) {
    finding.shared_x = true;
    finding.panels = {
        {.x = {.label = "update"},
         .y = {.label = "largest curvature (logarithmic)", .logarithmic = true},
         .height = 260},
        {.x = {.label = "update"}, .y = {.label = "loss (logarithmic)", .logarithmic = true}, .height = 200}};
    for (std::size_t i = 0; i < kRows.size(); ++i) {
        const Row& row = kRows[i];
        if (courses[i].front().exploded) {
            const Course& course = courses[i].front();
            PictureMark line{.name = row.name, .hue = row.hue, .tone = row.tone, .x = course.update, .y = course.loss};
            PictureMark cross = line;
            cross.kind = MarkKind::crosses;
            cross.x = {line.x.back()};
            cross.y = {line.y.back()};
            finding.panels[1].marks.push_back(line);
            finding.panels[1].marks.push_back(cross);
            continue;
        }
        PictureMark limit{.kind = MarkKind::reference, .name = row.limit, .hue = row.hue, .tone = row.tone};
        for (std::size_t k = 0; k < courses[i][0].update.size(); ++k) {
            limit.x.push_back(courses[i][0].update[k]);
            limit.y.push_back(2 / courses[i][0].rate[k]);
        }
        std::vector<std::vector<double>> curvatures, losses;
        for (const Course& course : courses[i]) {
            if (course.exploded) continue;
            curvatures.push_back(course.curvature);
            losses.push_back(course.loss);
        }
        add_curves(finding.panels[0], row.name, row.hue, row.tone, courses[i][0].update, curvatures);
        finding.panels[0].marks.push_back(limit);
        add_curves(finding.panels[1], row.name, row.hue, row.tone, courses[i][0].update, losses);
    }
}

void run(const ExperimentOptions& options, Finding& finding) {
    const Bench bench(options, finding);
    const std::int64_t images = bench.size(64, 32);
    const std::uint64_t updates = bench.quick() ? 150 : kUpdates;
    const auto courses = bench.run(kRows.size(), [&](std::size_t i, std::uint64_t seed) {
        return descend(kRows[i], seed, images, updates, bench);
    });
    finding.setting = std::to_string(images) +
                      " drawn digits, new ones for each seed, all in one batch; a network of two layers (32 units, "
                      "tanh) and half the mean squared distance to the targets: gradient descent without noise, " +
                      std::to_string(updates) +
                      " updates. The largest curvature is that of the Hessian, by power iteration of central "
                      "differences of the gradient (12 gradients every 25 updates).";
    finding.look =
        "Blue: the curvature comes to the dotted line 2 / rate and stays near it. Orange: it is pressed down when the "
        "rate first rises to its maximum, and hardly rises again while the rate is low. The cross: a constant at this "
        "maximum.";
    finding.not_shown =
        "That a low curvature makes fewer errors on new data; and what noisy gradients do, which keep a network below "
        "this edge (Cohen et al. 2021, arXiv 2103.00065).";
    finding.header = {"rate", "first curvature", "last curvature", "2 / last rate", "last loss", "seeds that exploded"};
    for (std::size_t i = 0; i < kRows.size(); ++i) {
        const auto mean = [&](auto get) {
            return mean_of(each(courses[i], [&](const Course& c) { return c.exploded ? kNone : get(c); }));
        };
        finding.rows.push_back({kRows[i].name,
                                {mean_of(each(courses[i], [](const Course& c) { return c.curvature.front(); })),
                                 mean([](const Course& c) { return c.curvature.back(); }),
                                 mean([](const Course& c) { return 2 / c.rate.back(); }),
                                 mean([](const Course& c) { return c.loss.back(); }),
                                 static_cast<double>(std::count_if(courses[i].begin(), courses[i].end(),
                                                                   [](const Course& c) { return c.exploded; }))}});
    }
    const auto last = [&](std::size_t i) {
        return each(courses[i], [](const Course& c) { return c.exploded ? kNone : c.curvature.back(); });
    };
    finding.quantities = {
        {.name = "curvature at the end under the constant / (2 / rate)",
         .values = each(last(0), [](double curvature) { return curvature * kBase / 2; }),
         .ratio = true,
         .at_least = 0.8,
         .at_most = 1.2},
        {.name = "curvature at the end, triangular / constant",
         .values = ratios(last(1), last(0)),
         .ratio = true,
         .at_most = 0.67},
        {.name = "curvature at the end of the triangular rate / (2 / its maximum)",
         .values = each(last(1), [](double curvature) { return curvature * kMax / 2; }),
         .ratio = true},
        {.name = "fraction that explodes under a constant at the maximum",
         .values = each(courses[2], [](const Course& c) { return c.exploded ? 1.0 : 0.0; })},
    };
    draw(courses, finding);
}

}  // namespace

Experiment edge_of_stability() {
    return {"Does a network move to where its rate is stable?",
            "Under a constant rate the largest curvature comes to 2 / rate, within a fifth; a cycle presses it down to "
            "two thirds of that or less, where it stays although the rate ends as low as the constant.",
            8, run};
}

}  // namespace cyclone::lab
