// A training loop of one's own with nothing of Cyclone but clr.hpp: range test, then a cycle between its two rates.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cyclone/clr.hpp>
#include <random>

// Logistic regression in two dimensions; one point per update. Stands for LibTorch, dlib, mlpack or whatever you use.
struct Model {
    double w[2] = {0, 0}, bias = 0;
    std::mt19937 random{1};

    double step(double rate) {
        const double label = random() % 2, mean = label * 2 - 1, scale = 4.0 / std::mt19937::max();
        const double x[2] = {mean + scale * random() - 2, mean + scale * random() - 2};
        const double p = 1 / (1 + std::exp(-(w[0] * x[0] + w[1] * x[1] + bias)));
        for (int i = 0; i < 2; ++i) w[i] -= rate * (p - label) * x[i];
        bias -= rate * (p - label);
        return -std::log(std::max(1e-12, label == 1 ? p : 1 - p));
    }
};

int main() {
    Model swept;
    clr::RangeTest test(1e-4, 100, 600, std::log(2.0));  // below ln 2 lies what class fractions alone cannot reach
    while (!test.done()) test.record(swept.step(test.rate()));
    const clr::Suggestions found = test.suggestions();
    if (!found.pair) return std::printf("no pair of rates: %s\n", found.no_pair.c_str()), 1;
    std::printf("a cycle from %.3g to %.3g: %s\n", found.pair->base, found.pair->max, found.pair->reason.c_str());

    Model model;
    const clr::Triangular rate{found.pair->base, found.pair->max, 500};
    double loss = 0;
    for (std::uint64_t update = 0; update < 6000; ++update) {
        const double now = model.step(rate(update));
        if (update >= 5000) loss += now / 1000;
    }
    std::printf("mean loss of the last cycle %.3f, weights %.2f and %.2f\n", loss, model.w[0], model.w[1]);
}
