// Losses that see the whole batch: an autoencoder, a network with two heads, weights of samples.

#include <cyclone/autograd/backward.h>
#include <cyclone/train/evaluate.h>

#include <string>
#include <utility>

#include "support/catch.h"
#include "train/answers.h"

using namespace cyclone;
using test::Job;
using test::run;

namespace {

double images_of(const data::Batch& batch) { return static_cast<double>(batch.x.size(0)); }

/// Images through 12 numbers and back.
Job autoencoder(const data::Dataset* validation) {
    auto net =
        std::make_unique<nn::Sequential>(nn::Conv2d{1, 8, {.stride = 2, .padding = nn::same, .activation = relu}},
                                         nn::Flatten{}, nn::Linear{128, 12}, nn::Linear{12, 128, {.activation = relu}},
                                         nn::Lambda{[](const Tensor& x) {
                                                        return x.reshape({-1, 4, 4, 8});
                                                    },
                                                    "images"},
                                         nn::ConvTranspose2d{8, 1, {.kernel = 4, .stride = 2, .padding = 1}});
    Job job{};
    job.options.epochs = 3;
    job.options.batch_size = 10;
    job.options.validation = validation;
    job.options.loss_name = "reconstruction";
    job.options.batch_loss = [&model = *net](const data::Batch& b) { return mse_loss(model(b.x), b.x); };
    job.model = std::move(net);
    return job;
}

/// Tells the class and, beside it, the side and brightness of the square.
class TwoHeads : public nn::Module {
public:
    nn::Sequential body{nn::Conv2d{1, 6, {.padding = nn::same, .activation = relu}}, nn::MaxPool2d{2}, nn::Flatten{}};
    nn::Linear kind{96, 2}, size{96, 2};

    std::pair<Tensor, Tensor> heads(const Tensor& x) {
        const Tensor features = body(x);
        return {kind(features), size(features)};
    }
    Tensor forward(const Tensor& x) override { return kind(body(x)); }  // what evaluate() measures
    void visit(nn::Visitor& v) override {
        v.module("body", body);
        v.module("kind", kind);
        v.module("size", size);
    }
    bool separates_rows() const override { return true; }
};

Job two_heads(const data::Dataset* validation) {
    auto net = std::make_unique<TwoHeads>();
    Job job{};
    job.options.epochs = 4;
    job.options.batch_size = 12;
    job.options.slice = 4;
    job.options.validation = validation;
    job.options.batch_loss = [&model = *net](const data::Batch& b) {
        const auto [kind, size] = model.heads(b.x);
        return cross_entropy(kind, b.y) + 0.3 * mse_loss(size, b.targets);
    };
    job.options.batch_weight = images_of;
    job.model = std::move(net);
    return job;
}

}  // namespace

TEST_CASE("an autoencoder trains through fit, stopped and resumed to the same bits") {
    const data::Dataset train = data::unlabelled(test::squares(50, 1).images);
    const data::Dataset validation = data::unlabelled(test::squares(20, 2).images);
    const auto make = [&] { return autoencoder(&validation); };
    const test::Outcome whole = run(make, train);
    const auto& epochs = whole.history.epochs();
    REQUIRE(epochs.size() == 3);
    CHECK(epochs.back().validation->loss < 0.7 * epochs.front().validation->loss);
    const Tensor shown = validation.images.tensor();
    const auto answer = [&] {
        const NoGrad guard;
        return (*whole.model)(shown);
    };
    CHECK(epochs.back().validation->loss == Approx(mse_loss(answer(), shown).item()).epsilon(1e-5));
    CHECK((test::run_with_stops(make, train, 4).bits == whole.bits));
}

TEST_CASE("two heads train through fit with the same bits on any number of threads, stopped and resumed") {
    const data::Dataset train = test::squares(60, 1), validation = test::squares(30, 2);
    const auto make = [&] { return two_heads(&validation); };
    const test::Outcome whole = run(make, train);
    for (const int threads : {2, 3}) CHECK((run(make, train, threads).bits == whole.bits));
    CHECK((test::run_with_stops(make, train, 7).bits == whole.bits));
    const train::Evaluation& last = *whole.history.epochs().back().validation;
    CHECK(last.classes() == 2);
    CHECK(last.accuracy > 0.7);
    auto& net = dynamic_cast<TwoHeads&>(*whole.model);
    const NoGrad guard;
    const auto [kind, size] = net.heads(validation.images.tensor());
    const double expected =
        cross_entropy(kind, validation.labels).item() + 0.3 * mse_loss(size, validation.targets).item();
    CHECK(last.loss == Approx(expected).epsilon(1e-5));
    CHECK(last.accuracy == Approx(train::evaluate(net, validation).accuracy));
}

TEST_CASE("weights of samples make the loss a mean over their sum, by slices as by whole batches") {
    data::Dataset train = test::squares(22, 1);
    Tensor weights = Tensor::empty({22});
    for (std::int64_t i = 0; i < 22; ++i) weights.mutable_data<float>()[i] = static_cast<float>(i % 4);
    train.weights = weights;
    const auto make = [](bool by_slices) {
        return [by_slices] {
            auto net = std::make_unique<nn::Sequential>(nn::Flatten{}, nn::Linear{64, 2});
            Job job{};
            job.options.epochs = 2;
            job.options.batch_size = 11;
            job.options.batch_loss = [&model = *net](const data::Batch& b) {
                const Tensor each = cross_entropy(model(b.x), b.y, {.reduction = Reduction::none});
                return (each * b.weights).sum() / b.weights.sum();
            };
            if (by_slices) {
                job.options.batch_weight = [](const data::Batch& b) { return b.weights.sum().item(); };
                job.options.slice = 4;
            }
            job.model = std::move(net);
            return job;
        };
    };
    const auto sliced = run(make(true), train), whole = run(make(false), train);
    for (std::size_t i = 0; i < 4; ++i)
        CHECK(sliced.history.updates()[i].loss == Approx(whole.history.updates()[i].loss).epsilon(1e-5));
    // An image counts as often as its weight says.
    std::vector<std::int64_t> copies;
    for (std::int64_t i = 0; i < 22; ++i)
        for (std::int64_t k = 0; k < i % 4; ++k) copies.push_back(i);
    const data::Dataset repeated = [&] {
        data::Dataset out = train.subset(copies);
        out.weights = {};
        return out;
    }();
    const auto loss = [&model = *whole.model](const data::Batch& b) {
        const Tensor each = cross_entropy(model(b.x), b.y, {.reduction = Reduction::none});
        return (each * b.weights).sum() / b.weights.sum();
    };
    const auto weight = [](const data::Batch& b) { return b.weights.sum().item(); };
    const double weighted =
        train::evaluate(*whole.model, train, {.batch_size = 5, .batch_loss = loss, .batch_weight = weight}).loss;
    CHECK(weighted == Approx(train::evaluate(*whole.model, repeated).loss).epsilon(1e-5));
}

TEST_CASE("weights of classes under mixup add up over the slices of a batch") {
    const data::Dataset train = [] {
        data::Dataset classes = test::squares(24, 1);
        classes.targets = {};
        return classes;
    }();
    const Tensor weights = Tensor::from<float>({0.5F, 8}, {2});
    const auto losses = [&](std::int64_t slice) {
        const auto result = run(
            [&] {
                Job job{};
                job.model = std::make_unique<nn::Sequential>(nn::Flatten{}, nn::Linear{64, 2});
                job.options.epochs = 2;
                job.options.batch_size = 12;
                job.options.slice = slice;
                job.options.augmentation.mixup = 0.4;
                job.options.loss = [&](const Tensor& output, const Tensor& y) {
                    return cross_entropy(output, y, {.class_weights = weights});
                };
                job.options.loss_weight = [&](const Tensor& y) {
                    double sum = 0;
                    for (const std::int64_t c : y.values<std::int64_t>()) sum += c == 1 ? 8 : 0.5;
                    return sum;
                };
                return job;
            },
            train);
        std::vector<double> all;
        for (const auto& row : result.history.updates()) all.push_back(row.loss);
        return all;
    };
    const auto whole = losses(0), sliced = losses(4);
    REQUIRE(whole.size() == 4);
    for (std::size_t i = 0; i < whole.size(); ++i) CHECK(sliced[i] == Approx(whole[i]).epsilon(1e-5));
}

TEST_CASE("a loss of the batch under accumulate, mixup, and beside other losses") {
    const data::Dataset train = test::squares(24, 1);
    const auto plain = [&] { return two_heads(nullptr); };
    const auto accumulated = run(plain, train, 1, [](train::FitOptions& o) {
        o.batch_size = 6;
        o.accumulate = 2;
        o.slice = 0;
    });
    CHECK(accumulated.history.updates().size() == run(plain, train).history.updates().size());
    CHECK(accumulated.history.updates()[0].loss == Approx(run(plain, train).history.updates()[0].loss).epsilon(1e-5));

    data::Dataset classes = train;
    classes.targets = {};
    bool mixed = false;
    run(
        [&] {
            Job job = two_heads(nullptr);
            auto& net = dynamic_cast<TwoHeads&>(*job.model);
            job.options.augmentation.mixup = 0.4;
            job.options.batch_weight = {};
            job.options.slice.reset();
            job.options.batch_loss = [&](const data::Batch& b) {
                mixed = mixed || (b.mixed_y.defined() && b.lambda < 1);
                return b.lambda * cross_entropy(net(b.x), b.y) + (1 - b.lambda) * cross_entropy(net(b.x), b.mixed_y);
            };
            return job;
        },
        classes);
    CHECK(mixed);

    const auto with = [&](const std::function<void(train::FitOptions&)>& change) {
        return run(plain, train, 1, change);
    };
    CHECK_THROWS_WITH(with([](train::FitOptions& o) {
                          o.loss = [](const Tensor& out, const Tensor& y) { return cross_entropy(out, y); };
                      }),
                      Catch::Contains("expected a loss or a batch_loss, got both"));
    CHECK_THROWS_WITH(with([](train::FitOptions& o) { o.batch_loss = {}; }),
                      Catch::Contains("batch_weight needs a batch_loss"));
    CHECK_THROWS_WITH(with([](train::FitOptions& o) { o.batch_weight = {}; }), Catch::Contains("batch_weight"));
    CHECK_THROWS_WITH(
        with([](train::FitOptions& o) { o.batch_loss = [](const data::Batch& b) { return b.targets.sum(1); }; }),
        Catch::Contains("a loss of one number, got shape (4)"));
}
