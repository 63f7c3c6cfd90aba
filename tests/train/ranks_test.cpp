// Ranks: the bits of one process for any number of them, one decision for all, and what goes wrong.

#include <cyclone/ops/ops.h>
#include <cyclone/train/ranks.h>
#include <cyclone/train/slices.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "support/catch.h"
#include "support/shared_files.h"
#include "support/thread_ranks.h"
#include "train/training_by_slices.h"

using namespace cyclone;
using test::ThreadRanks;
using train::Ranks;

namespace {

// What f(ranks) returns on each rank.
template <class F>
auto on_ranks(int count, F f, int threads = 1) {
    std::vector<decltype(f(std::declval<Ranks&>()))> results(static_cast<std::size_t>(count));
    ThreadRanks::run(count, threads, [&](Ranks& ranks) { results[static_cast<std::size_t>(ranks.rank())] = f(ranks); });
    return results;
}

// Parameters, and nothing else.
struct Leaves : nn::Module {
    std::vector<Tensor> w;
    Tensor forward(const Tensor& x) override { return x; }
    void visit(nn::Visitor& v) override {
        for (std::size_t i = 0; i < w.size(); ++i) v.parameter("w" + std::to_string(i), w[i]);
    }
};

struct Outcome {
    std::string bits;
    train::History history;
    std::vector<std::string> told = {};
};

// A training of 6 epochs of 6 updates on a small model with dropout.
Outcome fit(Ranks* ranks, const std::function<void(train::FitOptions&)>& change = {},
            data::Dataset data = test::small_patches().train, double rate = 0.05) {
    const test::Threads setting(num_threads());
    nn::Sequential model = test::small_model(5, num_threads());
    optim::Sgd sgd{model.parameters(), {.lr = rate, .momentum = 0.9}};
    Outcome outcome;
    train::FitOptions options{.epochs = 6, .batch_size = 32, .slice = 8, .seed = 3, .ranks = ranks};
    options.report = [&](const std::string& text) { outcome.told.push_back(text); };
    if (change) change(options);
    outcome.history = train::fit(model, sgd, data, options);
    outcome.bits = test::bits_of(model);
    return outcome;
}

// With one image whose pixels overflow in the network, so that the loss of its slice is not finite.
data::Dataset with_overflow() {
    data::Dataset data = test::small_patches().train;
    const Tensor pixels = data.images.tensor();
    Tensor images = Tensor::empty(pixels.shape());
    float* out = images.mutable_data<float>();
    const auto* in = pixels.data<std::uint16_t>();
    const auto& [mean, scale] = *data.standardization;
    for (std::int64_t i = 0; i < images.numel(); ++i) out[i] = static_cast<float>((in[i] - mean[0]) / scale[0]);
    std::fill_n(out + 64 * 17, 64, 3e38F);
    data.images = images;
    data.standardization.reset();
    return data;
}

}  // namespace

TEST_CASE("a training in 2 and 4 ranks of 1 or 2 threads has the bits of one process") {
    for (const test::Network& network : test::networks()) {
        INFO(network.name);
        const std::string one = test::trained(network, 1);
        for (const auto& [ranks, threads] : std::vector<std::pair<int, int>>{{2, 1}, {2, 2}, {4, 1}}) {
            INFO(ranks << " ranks of " << threads << " threads");
            for (const std::string& bits :
                 on_ranks(ranks, [&, n = threads](Ranks& r) { return test::trained(network, n, &r); }))
                CHECK(bits == one);
        }
    }
}

TEST_CASE("ranks that have no slice idle, and the first one says so once") {
    const Outcome one = fit(nullptr);
    CHECK(one.told.empty());
    const auto ranks = on_ranks(6, [](Ranks& r) { return fit(&r); });
    for (const Outcome& outcome : ranks) CHECK(outcome.bits == one.bits);
    REQUIRE(ranks[0].told.size() == 1);
    CHECK_THAT(ranks[0].told[0], Catch::Contains("2 of the 6 ranks have nothing to do") &&
                                     Catch::Contains("32 images is made of 4 sums") && Catch::Contains("--slice"));
    for (std::size_t r = 1; r < ranks.size(); ++r) CHECK(ranks[r].told.empty());
}

TEST_CASE("gradients that only some slices have, and those that were there, are added as in one process") {
    const auto gradients = [](Ranks* ranks) {
        Leaves model;
        std::vector<Tensor>& w = model.w;
        for (int i = 0; i < 4; ++i) {
            w.push_back(Tensor::full({1 + 40 * i}, 0.1 * (i + 1)));
            w.back().set_requires_grad();
        }
        w[1].set_grad(Tensor::full({41}, 0.7));
        train::Slices slices =
            ranks ? train::Slices({.images = 4, .sums = 5}, *ranks, model) : train::Slices({.images = 4, .sums = 5});
        const double loss = slices.backward(30, [&](std::int64_t first, std::int64_t count) {
            Tensor part = sum(w[0]) * (1.0 / static_cast<double>(first + count));
            if (first % 8 == 0) part = part + sum(w[1]) * 0.3;
            if (first == 28) part = part + sum(w[2] * w[2]);
            return part;
        });
        std::string bits = std::to_string(loss);
        for (const Tensor& t : w) {
            bits += t.grad().defined() ? " has" : " none";
            if (t.grad().defined())
                bits.append(static_cast<const char*>(t.grad().bytes()), static_cast<std::size_t>(t.numel()) * 4);
        }
        return bits;
    };
    const std::string one = gradients(nullptr);
    CHECK_THAT(one, Catch::EndsWith(" none"));
    for (const int count : {1, 2, 4, 7})
        for (const std::string& bits : on_ranks(count, [&](Ranks& r) { return gradients(&r); })) CHECK(bits == one);
}

TEST_CASE("the stop of one rank ends all of them after the same update") {
    std::atomic<bool> flag{false};
    const auto stopped = on_ranks(3, [&](Ranks& ranks) {
        return fit(&ranks, [&](train::FitOptions& o) {
            if (ranks.rank() == 1) o.stop = &flag;
            o.after_update = [&](const train::UpdateRow& row) {
                if (ranks.rank() == 1 && row.update == 9) flag = true;
                return train::Control::proceed;
            };
        });
    });
    for (const Outcome& outcome : stopped) {
        CHECK(outcome.history.updates().size() == 10);
        CHECK(outcome.history.stopped());
        CHECK(outcome.bits == stopped[0].bits);
    }
    // A hook after an epoch, of the last rank.
    const auto ended = on_ranks(2, [&](Ranks& ranks) {
        return fit(&ranks, [&](train::FitOptions& o) {
            o.after_epoch = [&](const train::EpochRow& row) {
                return ranks.rank() == 1 && row.epoch == 2 ? train::Control::stop : train::Control::proceed;
            };
        });
    });
    for (const Outcome& outcome : ended) CHECK(outcome.history.epochs().size() == 2);
}

TEST_CASE("a loss that is not finite in one rank's part is skipped by all") {
    const auto skip = [](train::FitOptions& o) { o.divergence.action = train::OnDivergence::skip; };
    const Outcome one = fit(nullptr, skip, with_overflow());
    CHECK(one.history.skipped() >= 3);  // the dropout decides as well
    for (const Outcome& outcome : on_ranks(3, [&](Ranks& r) { return fit(&r, skip, with_overflow()); })) {
        CHECK(outcome.bits == one.bits);
        CHECK(outcome.history.skipped() == one.history.skipped());
    }
}

TEST_CASE("a divergence stops all ranks with one message, or returns all to the first rank's checkpoint") {
    std::mutex mutex;
    std::vector<std::string> messages;
    ThreadRanks::run(2, 1, [&](Ranks& ranks) {
        try {
            fit(&ranks, {}, with_overflow());
        } catch (const train::Diverged& diverged) {
            const std::lock_guard lock(mutex);
            messages.push_back(diverged.what());
        }
    });
    REQUIRE(messages.size() == 2);
    CHECK(messages[0] == messages[1]);
    CHECK_THAT(messages[0], Catch::Contains("the loss is"));

    const test::TemporaryFolder temporary;
    const auto roll_back = [&](const std::filesystem::path& folder) {
        return [folder](train::FitOptions& o) {
            o.divergence.action = train::OnDivergence::roll_back;
            o.checkpoint.folder = folder;
            o.checkpoint.every_updates = 4;
        };
    };
    const double rate = 40;
    const data::Dataset data = test::small_patches().train;
    const Outcome one = fit(nullptr, roll_back(temporary / "one"), data, rate);
    CHECK(one.history.roll_backs() > 0);
    for (const Outcome& outcome : on_ranks(2, [&](Ranks& r) {
             // The others have no folder.
             return fit(&r, roll_back(r.is_first() ? temporary / "two" : "/dev/null/none"), data, rate);
         })) {
        CHECK(outcome.bits == one.bits);
        CHECK(outcome.history.roll_backs() == one.history.roll_backs());
        CHECK(outcome.history.best()->epoch == one.history.best()->epoch);
    }
}

TEST_CASE("a training goes on with another number of ranks, and only the first one writes") {
    const test::TemporaryFolder temporary;
    const data::Dataset validation = test::small_patches().test;
    const Outcome whole = fit(nullptr, [&](train::FitOptions& o) { o.validation = &validation; });
    std::atomic<int> written_by_others{0}, restored{0};  // Catch's assertions are for one thread
    const auto part = [&](Ranks* ranks, std::uint64_t last) {
        return fit(ranks, [&, last](train::FitOptions& o) {
            const bool writes = !ranks || ranks->is_first();
            o.validation = &validation;
            o.checkpoint.folder = writes ? temporary / "run" : "/dev/null/none";
            o.checkpoint.resume = true;
            o.checkpoint.save_extra = [&, writes] {
                if (!writes) ++written_by_others;
                return train::CheckpointExtra{{"own", {7}}};
            };
            o.checkpoint.load_extra = [&](const train::CheckpointExtra& extra) {
                if (extra.at("own").at(0) == 7) ++restored;
            };
            o.history = writes ? temporary / "history.csv" : "/dev/null/none.csv";
            o.after_update = [last](const train::UpdateRow& row) {
                return row.update == last ? train::Control::stop : train::Control::proceed;
            };
        });
    };
    for (const Outcome& two : on_ranks(2, [&](Ranks& r) { return part(&r, 9); }))
        CHECK(two.history.updates().size() == 10);
    CHECK(part(nullptr, 20).history.updates().size() == 21);
    for (const Outcome& four : on_ranks(4, [&](Ranks& r) { return part(&r, 99); })) {
        CHECK(four.bits == whole.bits);
        CHECK(four.history.updates().size() == whole.history.updates().size());
        CHECK(four.history.best()->epoch == 6);
        CHECK(four.history.epochs().back().validation->auc == whole.history.epochs().back().validation->auc);
    }
    CHECK(written_by_others == 0);
    CHECK(restored == 1 + 4);
    const std::string history = test::whole_file(temporary / "history.csv");
    CHECK(std::count(history.begin(), history.end(), '\n') == 37);
}

TEST_CASE("an evaluation in ranks has the bits of one, whatever the number of batches") {
    const data::Dataset data = test::small_patches().train;
    data::Loader loader(data, {.batch_size = data.size(), .shuffle = false});
    const data::Batch whole = *loader.begin();
    const data::BatchSource source{.make = [&](const data::BatchRequest& r) { return whole.rows(r.first, r.count); },
                                   .images = data.size(),
                                   .image_shape = data.image_shape(),
                                   .class_names = data.class_names};
    const auto bits = [&](Ranks* ranks, std::int64_t batch) {
        nn::Sequential model = test::small_model(3);
        const train::EvaluateOptions options{.batch_size = batch, .ranks = ranks};
        const metrics::Predictions p = train::predictions(model, data, options);
        const train::Evaluation by_dataset = train::evaluate(model, data, options),
                                by_source = train::evaluate(model, source, options);
        std::string all = std::to_string(by_dataset.loss);
        if (p.labels != data.labels.to_vector<std::int64_t>()) all += "other labels";
        if (by_dataset.loss != by_source.loss || by_dataset.auc != by_source.auc) all += "another answer of a source";
        return all.append(reinterpret_cast<const char*>(p.probabilities.data()), p.probabilities.size() * 8);
    };
    for (const std::int64_t batch : {50, 512}) {
        const std::string one = bits(nullptr, batch);
        CHECK_THAT(one, !Catch::Contains("other"));
        for (const int count : {1, 2, 3, 8})
            for (const std::string& here : on_ranks(count, [&, b = batch](Ranks& r) { return bits(&r, b); }))
                CHECK(here == one);
    }
    const auto diverged = on_ranks(3, [&](Ranks& ranks) {
        nn::Sequential model = test::small_model(3);
        for (Tensor& p : model.parameters())
            for (std::int64_t i = 0; i < p.numel() && p.rank() == 2; ++i) p.mutable_data<float>()[i] *= 1000;
        try {
            train::evaluate(model, with_overflow(), {.batch_size = 20, .ranks = &ranks});
        } catch (const train::Diverged&) {
            return 1;
        }
        return 0;
    });
    CHECK(diverged == std::vector<int>{1, 1, 1});
}

TEST_CASE("ranks that would train different things are refused on all, before anything is written") {
    const test::TemporaryFolder temporary;
    const auto error_of = [&](
                              const std::function<void(train::FitOptions&, Ranks&)>& change, std::uint64_t seed = 0,
                              nn::Sequential(*make)() = [] { return test::small_model(1); }) {
        std::string text;
        ThreadRanks::run(2, 1, [&](Ranks& ranks) {
            nn::Sequential model = make();
            if (ranks.rank() == 1) manual_seed(seed);
            optim::Sgd sgd{model.parameters(), {.lr = 0.01}};
            train::FitOptions options{.epochs = 1, .checkpoint = {.folder = temporary / "run"}, .ranks = &ranks};
            if (change) change(options, ranks);
            try {
                train::fit(model, sgd, test::small_patches().train, options);
            } catch (const Error& error) {
                if (ranks.is_first()) text = error.what();
            }
        });
        CHECK_FALSE(std::filesystem::exists(temporary / "run" / "checkpoint-000000000000.ckpt"));
        return text;
    };
    using Options = train::FitOptions;
    CHECK_THAT(error_of([](Options& o, Ranks& r) { o.batch_size = 32 - r.rank(); }),
               Catch::Contains("batch size differs"));
    CHECK_THAT(error_of([](Options& o, Ranks& r) { o.seed = static_cast<std::uint64_t>(r.rank()); }),
               Catch::Contains("seed differs, here it is 0"));
    CHECK_THAT(error_of({}, 9), Catch::Contains("random numbers differs") && Catch::Contains("manual_seed()"));
    static std::atomic<int> calls{0};
    CHECK_THAT(error_of({}, 0,
                        [] {
                            nn::Sequential model = test::small_model(static_cast<std::uint64_t>(++calls));
                            manual_seed(0);
                            return model;
                        }),
               Catch::Contains("the weights are not the same on all ranks"));
    CHECK_THAT(error_of([](Options& o, Ranks&) { o.slice = 0; }), Catch::Contains("several ranks share the slices"));
    CHECK_THAT(error_of([](Options& o, Ranks&) {
                   o.loss = [](const Tensor& x, const Tensor& y) { return cross_entropy(x, y); };
               }),
               Catch::Contains("loss_weight"));
    CHECK_THAT(error_of({}, 0,
                        [] {
                            return nn::Sequential{nn::Flatten{}, nn::BatchNorm{64}, nn::Linear{64, 2}};
                        }),
               Catch::Contains("for a batch norm that trains ghost batches or freeze()"));
}

TEST_CASE("a rank that fails ends the others, and its error is told") {
    CHECK_THROWS_WITH(ThreadRanks::run(3, 1,
                                       [](Ranks& ranks) {
                                           fit(&ranks, [&](train::FitOptions& o) {
                                               o.after_update = [&](const train::UpdateRow& row) {
                                                   check(ranks.rank() != 2 || row.update != 5, "hook", "no luck");
                                                   return train::Control::proceed;
                                               };
                                           });
                                       }),
                      "hook: no luck");
}
