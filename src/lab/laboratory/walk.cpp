// The walk of the weights: a plane through a run's own snapshots, with the loss as contours.
#include <cyclone/schedule/cyclic.h>
#include <cyclone/schedule/decay.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "lab/laboratory/digits.h"
#include "lab/laboratory/landscape.h"

namespace cyclone::lab {
namespace {

constexpr std::int64_t kBatch = 32, kCycles = 3, kEpochsPerCycle = 4;
constexpr double kBase = 0.002, kMax = 0.2, kWrong = 0.1;
constexpr int kGrid = 25, kLinePoints = 11, kLevels = 12;

struct Row {
    const char* name;
    Hue hue;
    int tone;
};
constexpr std::array<Row, 2> kRows = {{{"constant", Hue::constant, 1}, {"triangular", Hue::cycle, 0}}};

struct Walk {
    std::vector<Weights> path;            ///< some of the weights on the way, the first and last among them
    std::vector<double> loss;             ///< on the measured images, of each
    std::vector<std::size_t> feet, tops;  ///< their places in the path
};

struct Task {
    data::Dataset train, measured;
    std::int64_t epochs, updates, every;
};

Task task_of(std::uint64_t seed, const Bench& bench) {
    const std::int64_t images = bench.size(1536, 128), measured = bench.size(512, 64);
    DigitsTask digits = draw_digits(images, kDigits, seed, kWrong);
    std::vector<std::int64_t> first;
    for (std::int64_t i = 0; i < measured; ++i) first.push_back(i);
    data::Dataset few = digits.train.subset(first);
    few.standardization = digits.train.standardization;
    const std::int64_t epochs = kCycles * bench.size(kEpochsPerCycle, 1),
                       updates = epochs * updates_per_epoch(images, kBatch);
    return {std::move(digits.train), std::move(few), epochs, updates,
            std::max<std::int64_t>(1, updates / (kCycles * 16))};
}

Walk take(std::size_t row, std::uint64_t seed, const Bench& bench) {
    const Task task = task_of(seed, bench);
    nn::Sequential model = digits_network(seed);
    Walk walk{{weights_of(model)}, {}, {}, {}};
    const std::int64_t half = task.updates / (2 * kCycles);
    train_network(model, task.train,
                  {.lr = row == 0 ? schedule::constant((kBase + kMax) / 2)
                                  : schedule::triangular({.base = kBase, .max = kMax, .step_size = Iterations{half}}),
                   .epochs = task.epochs,
                   .batch_size = kBatch,
                   .seed = seed,
                   .after_update =
                       [&](const train::UpdateRow& at) {
                           const auto made = static_cast<std::int64_t>(at.update) + 1;
                           const bool turn = made % half == 0;
                           if (!turn && made % task.every != 0 && made != task.updates) return train::Control::proceed;
                           if (turn) (made / half % 2 == 0 ? walk.feet : walk.tops).push_back(walk.path.size());
                           walk.path.push_back(weights_of(model));
                           return train::Control::proceed;
                       }},
                  bench);
    for (const Weights& weights : walk.path) {
        set_weights(model, weights);
        walk.loss.push_back(score_of(model, task.measured).loss);
    }
    return walk;
}

// The highest loss on the straight lines between neighbouring feet, over the higher end of its line.
double hill(const Walk& walk, std::uint64_t seed, const Bench& bench) {
    const Task task = task_of(seed, bench);
    nn::Sequential model = digits_network(seed);
    double highest = walk.feet.size() == kCycles ? 1 : kNone;
    for (std::size_t k = 1; k < walk.feet.size(); ++k) {
        const Weights &from = walk.path[walk.feet[k - 1]], &to = walk.path[walk.feet[k]];
        const Weights way = plus(to, -1, from);
        const double end = std::max(walk.loss[walk.feet[k - 1]], walk.loss[walk.feet[k]]);
        for (int i = 1; i + 1 < kLinePoints; ++i) {
            set_weights(model, plus(from, static_cast<double>(i) / (kLinePoints - 1), way));
            highest = std::max(highest, score_of(model, task.measured).loss / end);
        }
    }
    return highest;
}

double mean_loss(const Walk& walk, const std::vector<std::size_t>& places) {
    return geometric_mean(each(places, [&](std::size_t place) { return walk.loss[place]; }));
}

// Through the start and the ends of both walks; the first direction leads to the cycle's end.
struct Plane {
    Weights origin, first, second;

    Plane(const Walk& constant, const Walk& cycle) : origin(cycle.path.front()) {
        const Weights to_cycle = plus(cycle.path.back(), -1, origin), zero(origin.size(), 0.0F);
        first = plus(zero, 1 / norm(to_cycle), to_cycle);
        const Weights to_constant = plus(constant.path.back(), -1, origin);
        const Weights rest = plus(to_constant, -dot(to_constant, first), first);
        second = plus(zero, 1 / norm(rest), rest);
    }
    std::array<double, 2> shadow(const Weights& weights) const {
        const Weights way = plus(weights, -1, origin);
        return {dot(way, first), dot(way, second)};
    }
    /// The fraction of the squared way from the start that lies in the plane.
    double share(const Weights& weights) const {
        const auto [a, b] = shadow(weights);
        const Weights way = plus(weights, -1, origin);
        return (a * a + b * b) / dot(way, way);
    }
};

// Where the weights of a walk, or those of its places `which`, stand in the plane.
PictureMark shadows(const Plane& plane, const Walk& walk, const std::vector<std::size_t>& which) {
    PictureMark mark;
    for (const std::size_t i : which) {
        const auto at = plane.shadow(walk.path[i]);
        mark.x.push_back(at[0]);
        mark.y.push_back(at[1]);
    }
    return mark;
}

// Equally many places over what both walks take up, and a margin.
std::vector<double> axis_over(const std::vector<double>& one, const std::vector<double>& other, int places) {
    double low = 0, high = 0;
    for (const std::vector<double>* values : {&one, &other})
        for (const double value : *values) {
            low = std::min(low, value);
            high = std::max(high, value);
        }
    const double margin = 0.15 * (high - low);
    std::vector<double> axis(static_cast<std::size_t>(places));
    for (std::size_t i = 0; i < axis.size(); ++i)
        axis[i] = low - margin + (high - low + 2 * margin) * static_cast<double>(i) / (places - 1);
    return axis;
}

// The training loss over the plane in contours, which lie closer together near the lowest place.
std::vector<PictureMark> contours(const Plane& plane, const std::vector<double>& x, const std::vector<double>& y,
                                  std::uint64_t seed, const Bench& bench) {
    const Task task = task_of(seed, bench);
    nn::Sequential model = digits_network(seed);
    std::vector<std::vector<double>> losses;
    double lowest = INFINITY, highest = 0;
    for (const double b : y) {
        auto& row = losses.emplace_back();
        for (const double a : x) {
            bench.check_stop();
            set_weights(model, plus(plus(plane.origin, a, plane.first), b, plane.second));
            row.push_back(score_of(model, task.measured).loss);
            if (!std::isfinite(row.back())) continue;
            lowest = std::min(lowest, row.back());
            highest = std::max(highest, row.back());
        }
    }
    std::vector<PictureMark> marks;
    for (int i = 1; i < kLevels; ++i) {
        const double part = static_cast<double>(i) / kLevels;
        const Contour edge = contour(x, y, losses, lowest * std::pow(highest / lowest, part * part));
        if (!edge.x.empty()) marks.push_back({.tone = 0, .thin = true, .x = edge.x, .y = edge.y});
    }
    return marks;
}

// Both walks over the loss in the plane, of the first seed.
void draw(const Walk& constant, const Walk& cycle, const Bench& bench, Finding& finding) {
    const Plane plane(constant, cycle);
    finding.panels = {{.x = {.label = "from the start towards the end of the cycle"},
                       .y = {.label = "across, towards the end of the constant"},
                       .height = 380},
                      {.x = {.label = "fraction of the run"},
                       .y = {.label = "training loss (logarithmic)", .logarithmic = true},
                       .height = 180}};
    std::vector<PictureMark> lines;
    for (std::size_t i = 0; i < 2; ++i) {
        const Walk& walk = i == 0 ? constant : cycle;
        std::vector<std::size_t> all(walk.path.size());
        std::iota(all.begin(), all.end(), std::size_t{0});
        PictureMark& line = lines.emplace_back(shadows(plane, walk, all));
        line.kind = MarkKind::line_with_dots;
        PictureMark loss{.y = walk.loss};
        for (std::size_t k = 0; k < walk.loss.size(); ++k)
            loss.x.push_back(static_cast<double>(k) / static_cast<double>(walk.loss.size() - 1));
        for (PictureMark* mark : {&line, &loss}) {
            mark->name = kRows[i].name;
            mark->hue = kRows[i].hue;
            mark->tone = kRows[i].tone;
        }
        finding.panels[1].marks.push_back(loss);
    }
    const int places = bench.quick() ? 5 : kGrid;
    std::vector<PictureMark>& marks = finding.panels[0].marks;
    marks = contours(plane, axis_over(lines[0].x, lines[1].x, places), axis_over(lines[0].y, lines[1].y, places),
                     finding.seeds.front(), bench);
    marks.insert(marks.end(), lines.begin(), lines.end());
    PictureMark feet = shadows(plane, cycle, cycle.feet);
    feet.kind = MarkKind::dots;
    feet.name = "feet of the cycle";
    feet.hue = Hue::cycle;
    feet.tone = 3;
    marks.push_back(feet);
}

// How much higher the loss is at the tops than at the feet around them; none for a walk that diverged.
double climb(const Walk& walk) {
    if (walk.feet.size() != kCycles) return kNone;
    // Each top from the second cycle on between its feet, which takes the progress of the run out.
    const std::vector<std::size_t> tops(walk.tops.begin() + 1, walk.tops.end());
    const double before = mean_loss(walk, {walk.feet.begin(), walk.feet.end() - 1});
    const double after = mean_loss(walk, {walk.feet.begin() + 1, walk.feet.end()});
    return mean_loss(walk, tops) / std::sqrt(before * after);
}

double length_of(const Walk& walk) {
    double length = 0;
    for (std::size_t k = 1; k < walk.path.size(); ++k) length += norm(plus(walk.path[k], -1, walk.path[k - 1]));
    return length;
}

void run(const ExperimentOptions& options, Finding& finding) {
    const Bench bench(options, finding);
    const auto walks = bench.run(kRows.size(), [&](std::size_t i, std::uint64_t seed) { return take(i, seed, bench); });
    const auto hills = bench.run(
        1, [&](std::size_t, std::uint64_t seed) { return hill(walks[1][seed - finding.seeds.front()], seed, bench); });
    const Task task = task_of(finding.seeds.front(), bench);
    finding.setting = std::to_string(task.train.size()) +
                      " drawn digits, new ones for each seed, a tenth of them with a wrong label; a CNN without "
                      "dropout, batches of 32, " +
                      std::to_string(task.updates) +
                      " updates: a constant of 0.101 and three triangular cycles from 0.002 to 0.2, from one start "
                      "and with the same batches. The plane goes through the start and both ends; the "
                      "loss is that of " +
                      std::to_string(task.measured.size()) + " training images.";
    finding.look =
        "Contours are the training loss in the plane. Dots are equally many updates apart: the orange ones lie close "
        "together near the feet of the cycle (red) and far apart near its tops. What lies off the plane is not seen: "
        "the table says how much.";
    finding.not_shown =
        "The walk itself: it has 18,346 dimensions, and the picture is its shadow on two of them, in which loops may "
        "be hidden (Li et al. 2018, arXiv 1712.09913, on the choice of directions).";
    finding.header = {"rate", "loss at the end", "distance from the start", "length of the walk",
                      "% of the way in the plane"};
    std::vector<double> climbs, in_plane, distances[2];
    for (std::size_t i = 0; i < 2; ++i) {
        std::vector<double> losses, lengths, shares;
        for (std::size_t seed = 0; seed < finding.seeds.size(); ++seed) {
            const Walk& walk = walks[i][seed];
            const Plane plane(walks[0][seed], walks[1][seed]);
            losses.push_back(walk.loss.back());
            distances[i].push_back(norm(plus(walk.path.back(), -1, walk.path.front())));
            lengths.push_back(length_of(walk));
            shares.push_back(100 * plane.share(walk.path[walk.path.size() / 2]));
        }
        finding.rows.push_back(
            {kRows[i].name, {geometric_mean(losses), mean_of(distances[i]), mean_of(lengths), mean_of(shares)}});
    }
    for (const Walk& walk : walks[1]) climbs.push_back(climb(walk));
    finding.quantities = {
        {.name = "training loss at the tops / at the feet around them",
         .values = climbs,
         .ratio = true,
         .at_least = 1.1},
        {.name = "highest loss on the straight lines between feet / the higher end",
         .values = hills[0],
         .ratio = true,
         .at_most = 1.05},
        {.name = "distance from the start, triangular / constant",
         .values = ratios(distances[1], distances[0]),
         .ratio = true},
    };
    draw(walks[0].front(), walks[1].front(), bench, finding);
}

}  // namespace

Experiment walk() {
    return {"Where do the weights walk under a cycle?",
            "With each cycle the weights leave the valley that they are in and come back to it: the training loss at "
            "the tops is at least 1.1 times that at the feet around, and on the straight line from foot to foot there "
            "is no hill of more than 5 %.",
            8, run};
}

}  // namespace cyclone::lab
