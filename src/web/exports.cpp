// What the page's worker calls. A function that fails answers less than 0 (or NaN), and live_error() says why. What
// is marked as used emscripten exports.

#include <cstdint>
#include <exception>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "web/live.h"

namespace {

using cyclone::web::Live;

std::unique_ptr<Live> live;
std::string error;
std::vector<double> latest;  // probabilities

// f(), or `otherwise` with the reason kept.
template <class T, class F>
T guarded(T otherwise, F&& f) {
    try {
        if (live) return f(*live);
        error = "live_start() comes first";
    } catch (const std::exception& e) {
        error = e.what();
    }
    return otherwise;
}

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

}  // namespace

extern "C" {

[[gnu::used]] const char* live_error() { return error.c_str(); }

[[gnu::used]] int live_start(double seed) {
    try {
        live.reset();
        live = std::make_unique<Live>(cyclone::web::LiveOptions{.seed = static_cast<std::uint64_t>(seed)});
        latest = live->probabilities();
        return 0;
    } catch (const std::exception& e) {
        error = e.what();
        return -1;
    }
}

[[gnu::used]] int live_rate(const char* schedule, double base, double max, double step_size, double total) {
    return guarded(-1, [&](Live& l) {
        l.set_rate({schedule, base, max, static_cast<std::uint64_t>(step_size), static_cast<std::uint64_t>(total)});
        return 0;
    });
}

[[gnu::used]] double live_rate_at(double update) {
    return guarded(kNaN, [&](Live& l) { return l.rate_at(static_cast<std::uint64_t>(update)); });
}

/// Makes `count` updates; out[2 i] becomes the rate and out[2 i + 1] the loss of each.
[[gnu::used]] int live_run(int count, double* out) {
    return guarded(-1, [&](Live& l) {
        for (int i = 0; i < count; ++i) {
            const cyclone::web::LiveUpdate update = l.update();
            *out++ = update.rate;
            *out++ = update.loss;
        }
        return count;
    });
}

/// The AUC now; its probabilities are those of live_probability().
[[gnu::used]] double live_auc() {
    return guarded(kNaN, [&](Live& l) {
        latest = l.probabilities();
        return l.auc(latest);
    });
}

[[gnu::used]] int live_test_patches() {
    return guarded(-1, [](Live& l) { return static_cast<int>(l.data().test.size()); });
}

/// Of the positive class, for held-out patch i at the last live_auc() or live_start().
[[gnu::used]] double live_probability(int i) {
    return guarded(kNaN, [&](Live&) { return latest.at(static_cast<std::size_t>(i)); });
}

[[gnu::used]] int live_label(int i) {
    return guarded(-1, [&](Live& l) { return static_cast<int>(l.data().test.labels.rows(i, 1).item()); });
}

/// The 16 x 16 pixels of held-out patch i, 16 bits each.
[[gnu::used]] int live_pixels(int i, std::uint16_t* out) {
    return guarded(-1, [&](Live& l) {
        const cyclone::Tensor image = l.data().test.image(i);
        for (const std::uint16_t pixel : image.values<std::uint16_t>()) *out++ = pixel;
        return 0;
    });
}

}  // extern "C"
