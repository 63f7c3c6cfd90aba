#include <cyclone/base/random.h>
#include <cyclone/ops/ops.h>
#include <cyclone/train/evaluate.h>
#include <cyclone/train/renew_batch_statistics.h>

#include <cmath>

#include "support/catch.h"
#include "train/small_model.h"
#include "train/tiny_training.h"

using namespace cyclone;
using test::tiny_data;

namespace {

struct Moments {
    std::vector<double> mean, variance;
};

/// Of each column, in f64; the variance is unbiased.
Moments moments_of(const std::vector<std::vector<double>>& rows) {
    const std::size_t n = rows.size(), channels = rows.at(0).size();
    Moments m{std::vector<double>(channels, 0), std::vector<double>(channels, 0)};
    for (const auto& row : rows)
        for (std::size_t c = 0; c < channels; ++c) m.mean[c] += row[c] / static_cast<double>(n);
    for (const auto& row : rows)
        for (std::size_t c = 0; c < channels; ++c)
            m.variance[c] += (row[c] - m.mean[c]) * (row[c] - m.mean[c]) / static_cast<double>(n - 1);
    return m;
}

/// The standardised pixels of the whole set, one row per image, in f64.
std::vector<std::vector<double>> pixels_of(const data::Dataset& data) {
    std::vector<std::vector<double>> rows;
    const auto pixels = data.images.tensor().values<std::uint8_t>();
    const double mean = data.standardization->mean[0], scale = data.standardization->scale[0];
    for (std::int64_t i = 0; i < data.size(); ++i) {
        rows.emplace_back();
        for (std::size_t p = 0; p < 4; ++p)
            rows.back().push_back((pixels[static_cast<std::size_t>(4 * i) + p] - mean) / scale);
    }
    return rows;
}

/// x W^T + b of each row, in f64, with relu where asked for.
std::vector<std::vector<double>> linear(const std::vector<std::vector<double>>& rows, const nn::Linear& layer) {
    std::vector<std::vector<double>> out;
    const auto weight = layer.weight.values<float>(), bias = layer.bias.values<float>();
    for (const auto& row : rows) {
        out.emplace_back();
        for (std::size_t k = 0; k < bias.size(); ++k) {
            double sum = bias[k];
            for (std::size_t i = 0; i < row.size(); ++i) sum += row[i] * weight[k * row.size() + i];
            out.back().push_back(sum);
        }
    }
    return out;
}

void check_near(const Tensor& tensor, const std::vector<double>& expected) {
    const auto values = tensor.values<float>();
    REQUIRE(values.size() == expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i)
        CHECK(values[i] == Approx(expected[i]).epsilon(2e-6).margin(2e-6));
}

}  // namespace

TEST_CASE("renewed batch statistics are those of the whole set computed in f64") {
    set_num_threads(1);
    manual_seed(5);
    nn::Linear first{4, 6}, second{6, 3};
    nn::BatchNorm norm{6, {.ghost = GENERATE(0, 4)}}, deeper{3};  // ghost batches are for the training alone
    norm.running_mean.fill(7);
    nn::Sequential model{nn::Flatten{}, first, norm, nn::Dropout{0.5}, second, deeper, nn::Linear{3, 2}};
    const data::Dataset data = tiny_data(4, 37);
    const auto x = linear(pixels_of(data), first);
    const Moments here = moments_of(x);
    // 9 leaves a last batch of one image, which has no variance.
    const std::int64_t batch = GENERATE(512, 37, 36, 9, 5, 2);
    CHECK(train::renew_batch_statistics(model, data, {.batch_size = batch}) == 2);
    check_near(norm.running_mean, here.mean);
    check_near(norm.running_variance, here.variance);
    if (batch < 36) return;
    // The second norm sees what the first one makes of a batch, here of the whole set; without dropout.
    auto normalised = x;
    const double n = 37;
    for (auto& row : normalised)
        for (std::size_t c = 0; c < 6; ++c)
            row[c] = (row[c] - here.mean[c]) / std::sqrt(here.variance[c] * (n - 1) / n + 1e-5);
    const Moments there = moments_of(linear(normalised, second));
    check_near(deeper.running_mean, there.mean);
    check_near(deeper.running_variance, there.variance);
}

TEST_CASE("images count as the sampler of the training has them") {
    set_num_threads(1);
    nn::BatchNorm norm{4};
    nn::Sequential model{nn::Flatten{}, norm, nn::Linear{4, 2}};
    data::Dataset data = tiny_data(4, 40);
    // Every tenth image is of class 1, and bright; in balanced batches it is every second one.
    for (std::int64_t i = 0; i < 40; ++i) {
        data.labels.mutable_data<std::int64_t>()[i] = i % 10 == 1 ? 1 : 0;
        for (std::int64_t p = 0; p < 4; ++p)
            data.images.tensor().mutable_data<std::uint8_t>()[4 * i + p] = i % 10 == 1 ? 250 : 10;
    }
    const auto standardised = [&](double pixel) {
        return std::vector<double>(4, (pixel - data.standardization->mean[0]) / data.standardization->scale[0]);
    };
    train::renew_batch_statistics(model, data, {.batch_size = 10, .sampler = data::sampler::balanced_batch()});
    check_near(norm.running_mean, standardised(130));
    train::renew_batch_statistics(model, data, {.batch_size = 10});
    check_near(norm.running_mean, standardised(34));
    // 512 images at a time, five of ten as in the updates of the training.
    train::renew_batch_statistics(model, data,
                                  {.sampler = data::sampler::balanced_batch({.positives = 5}), .sampler_batch = 10});
    check_near(norm.running_mean, standardised(130));
}

TEST_CASE("what is not trained keeps its statistics and the modes and the generator stay") {
    set_num_threads(1);
    manual_seed(5);
    nn::Sequential model{nn::Flatten{},    nn::BatchNorm{4}, nn::Sequential{nn::Linear{4, 4}, nn::BatchNorm{4}},
                         nn::Dropout{0.5}, nn::BatchNorm{4}, nn::Linear{4, 2}};
    const data::Dataset data = tiny_data(4, 37);
    const auto means = [&] {
        std::vector<float> all;
        for (const NamedTensor& t : model.named_buffers())
            if (t.name.ends_with("running_mean")) all.push_back(t.tensor.values<float>()[0]);
        return all;
    };
    const auto modes = [&] {
        std::vector<bool> all;
        for (const auto& [name, module] : model.named_modules()) all.push_back(module->is_training());
        return all;
    };
    const auto find = [&](const std::string& wanted) {
        for (const auto& [name, module] : model.named_modules())
            if (name == wanted) return module;
        FAIL("no module " << wanted);
        return static_cast<nn::Module*>(nullptr);
    };
    find("2")->freeze();
    find("4")->eval();
    const auto before = modes();
    const Generator generator = default_generator();
    CHECK(train::renew_batch_statistics(model, data) == 1);
    CHECK(modes() == before);
    CHECK(default_generator().position == generator.position);
    CHECK(means()[0] != 0);
    CHECK((means()[1] == 0 && means()[2] == 0));
    // A model in evaluation mode as a whole is renewed but for what is frozen, and stays in it.
    model.eval();
    CHECK(train::renew_batch_statistics(model, data) == 2);
    CHECK((means()[1] == 0 && means()[2] != 0));
    CHECK_FALSE(model.is_training());
}

TEST_CASE("nothing changes where there is no batch norm") {
    nn::Sequential model = test::small_model(3);
    const auto [train, test] = test::small_patches();
    const auto before = test::weights_of(model);
    CHECK(train::renew_batch_statistics(model, train) == 0);
    CHECK(test::weights_of(model) == before);
    CHECK_THROWS_WITH(train::renew_batch_statistics(model, train, {.batch_size = 0}),
                      Catch::Contains("expected a batch size of at least 1, got 0"));
}
