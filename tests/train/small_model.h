#pragma once
// A small problem that trains in milliseconds.

#include <cyclone/base/random.h>
#include <cyclone/base/threads.h>
#include <cyclone/data/synthetic.h>
#include <cyclone/nn/nn.h>

namespace cyclone::test {

struct Patches {
    data::Dataset train, test;
};

inline Patches small_patches() {
    const auto [train, test] =
        data::synthetic_patches({.positives = 60, .negatives = 150, .seed = 3, .size = 8}).split(0.8);
    return {train, test};
}

/// With dropout, so that the order of random draws counts. 8 x 8 patches -> 2 logits. Also sets the calling thread to
/// `threads` threads: more than one is slow where other programs keep the processors busy.
inline nn::Sequential small_model(std::uint64_t seed, int threads = 1) {
    set_num_threads(threads);
    manual_seed(seed);
    return nn::Sequential{nn::Conv2d{1, 8, {.kernel = 3, .padding = nn::same, .activation = relu}},
                          nn::MaxPool2d{2},
                          nn::Flatten{},
                          nn::Linear{4 * 4 * 8, 16, {.activation = relu}},
                          nn::Dropout{0.3},
                          nn::Linear{16, 2}};
}

/// All parameters one after the other.
inline std::vector<float> weights_of(const nn::Module& model) {
    std::vector<float> all;
    for (const Tensor& p : model.parameters()) {
        const auto values = p.values<float>();
        all.insert(all.end(), values.begin(), values.end());
    }
    return all;
}

}  // namespace cyclone::test
