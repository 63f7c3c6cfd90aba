// The chapters of the tour that no other program can show: what a rate does to a loss, a triangular cycle by hand, and
// batches without positives. Small numbers on purpose; the other chapters are commands of the program cyclone.

#include <cyclone/cyclone.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

using namespace cyclone;

namespace {

std::string number(double value) {
    char text[32];
    std::snprintf(text, sizeof text, "%g", value);
    return text;
}

void draw(const std::string& svg, const std::string& title, const std::vector<report::PlotSeries>& series,
          const report::Axis& x, const report::Axis& y) {
    if (svg.empty()) return;
    const auto folder = std::filesystem::path(svg).parent_path();
    std::error_code ignored;  // if the folder cannot be made, the picture cannot be written, which is said
    if (!folder.empty()) std::filesystem::create_directories(folder, ignored);
    report::plot_lines(svg, title, series, x, y);
    std::printf("\npicture: %s\n", svg.c_str());
}

// Chapter 1. A valley 20 times as steep across as along: loss = (a^2 + 20 b^2) / 2. Descent with a fixed rate
// multiplies a by 1 - rate and b by 1 - 20 rate, so it is stable below 2 / 20.
int show_rates(const std::string& svg) {
    constexpr int kUpdates = 60;
    const Tensor steepness = Tensor::from<float>({1, 20}, {2});
    std::vector<report::PlotSeries> lines;
    std::printf("%-8s %12s %12s %12s\n", "rate", "after 5", "after 20", "after 60");
    for (const double rate : {0.002, 0.02, 0.09, 0.102}) {
        Tensor position = Tensor::from<float>({3, 1}, {2}).set_requires_grad();
        optim::Sgd sgd{std::vector{position}, {.lr = rate}};
        report::PlotSeries& line = lines.emplace_back();
        line.name = "rate " + number(rate);
        for (int update = 0; update <= kUpdates; ++update) {
            const Tensor loss = 0.5 * sum(steepness * position * position);
            line.x.push_back(update);
            line.y.push_back(loss.item());
            sgd.zero_grad();
            backward(loss);
            sgd.step();
        }
        std::printf("%-8g %12.3g %12.3g %12.3g\n", rate, line.y[5], line.y[20], line.y[60]);
    }
    draw(svg, "What a learning rate does to a loss", lines, {.label = "update"},
         {.label = "loss (logarithmic)", .scale = report::Scale::logarithmic});
    return 0;
}

// Chapter 3. Smith's formula, with whole numbers until the last step.
double triangular_by_hand(std::uint64_t update, std::uint64_t step_size, double base, double max) {
    const std::uint64_t position = update % (2 * step_size);  // within the cycle
    const std::uint64_t height = position <= step_size ? position : 2 * step_size - position;
    return base + (max - base) * static_cast<double>(height) / static_cast<double>(step_size);
}

int show_triangular(const std::string& svg) {
    constexpr double kBase = 0.002, kMax = 0.03;
    constexpr std::uint64_t kStep = 8, kUpdates = 6 * kStep;
    const Schedule library = schedule::triangular({.base = kBase, .max = kMax, .step_size = Iterations{kStep}});
    const Schedule halving = schedule::triangular2({.base = kBase, .max = kMax, .step_size = Iterations{kStep}});
    report::PlotSeries by_hand{"triangular", {}, {}}, half{"triangular2", {}, {}}, mean{"mean of triangular", {}, {}};
    double sum = 0, largest_gap = 0;
    std::printf("%-8s %10s %10s\n", "update", "by hand", "library");
    for (std::uint64_t t = 0; t <= kUpdates; ++t) {
        const double rate = triangular_by_hand(t, kStep, kBase, kMax);
        if (t < kUpdates) sum += rate;
        largest_gap = std::max(largest_gap, std::abs(rate - library.value(t)));
        if (t <= 2 * kStep)
            std::printf("%-8llu %10.5f %10.5f\n", static_cast<unsigned long long>(t), rate, library.value(t));
        by_hand.x.push_back(static_cast<double>(t));
        by_hand.y.push_back(rate);
        half.x.push_back(static_cast<double>(t));
        half.y.push_back(halving.value(t));
        mean.x.push_back(static_cast<double>(t));
        mean.y.push_back((kBase + kMax) / 2);
    }
    std::printf("\nmean over whole cycles %.5f = (base + max) / 2 = %.5f; largest gap to the library %.1g\n",
                sum / static_cast<double>(kUpdates), (kBase + kMax) / 2, largest_gap);
    draw(svg, "Triangular cycles", {by_hand, half, mean}, {.label = "update"}, {.label = "learning rate", .low = 0});
    return largest_gap < 1e-15 ? 0 : 1;
}

// The fraction of an epoch's batches without a positive, counted in the order the loader would use.
double counted_fraction(std::int64_t positives, std::int64_t total, std::int64_t batch) {
    std::int64_t without = 0, batches = 0;
    for (std::int64_t epoch = 0; epoch < 20; ++epoch) {
        const auto order = data::epoch_order(total, 1, epoch);
        for (auto at = order.begin(); order.end() - at >= batch; at += batch, ++batches)
            without += std::none_of(at, at + batch, [&](std::int64_t image) { return image < positives; });
    }
    return static_cast<double>(without) / static_cast<double>(batches);
}

// Chapter 5. With a fraction p of positives, a batch of b images has none with probability (1 - p)^b.
int show_batches(const std::string& svg) {
    std::vector<report::PlotSeries> lines;
    std::printf("%-10s %8s %12s %12s\n", "imbalance", "batch", "formula", "counted");
    for (const double ratio : {17.5, 36.0}) {
        constexpr std::int64_t kPositives = 400;
        const auto total = static_cast<std::int64_t>(std::lround(static_cast<double>(kPositives) * (1 + ratio)));
        const double fraction = static_cast<double>(kPositives) / static_cast<double>(total);
        report::PlotSeries& line = lines.emplace_back();
        line.name = "1 : " + number(ratio);
        for (std::int64_t batch = 1; batch <= 128; ++batch) {
            line.x.push_back(static_cast<double>(batch));
            line.y.push_back(100 * std::pow(1 - fraction, static_cast<double>(batch)));
        }
        for (const std::int64_t batch : {8, 32, 64, 128})
            std::printf("1 : %-6g %8lld %10.2f %% %10.2f %%\n", ratio, static_cast<long long>(batch),
                        line.y[static_cast<std::size_t>(batch - 1)], 100 * counted_fraction(kPositives, total, batch));
    }
    draw(svg, "Batches without a positive", lines, {.label = "images in a batch"},
         {.label = "% of the batches", .low = 0, .high = 100});
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        const std::string chapter = argc > 1 ? argv[1] : "", svg = argc > 2 ? argv[2] : "";
        if (chapter == "rates") return show_rates(svg);
        if (chapter == "triangular") return show_triangular(svg);
        if (chapter == "batches") return show_batches(svg);
        fail<UsageError>("usage", "tour rates|triangular|batches [PICTURE.svg]");
    } catch (const Error& error) {
        std::fprintf(stderr, "tour: %s\n", error.what());
        return 1;
    }
}
