#include <cyclone/autograd/backward.h>
#include <cyclone/base/threads.h>
#include <cyclone/optim/optim.h>
#include <cyclone/schedule/cyclic.h>
#include <cyclone/schedule/decay.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "optim/reference.h"
#include "support/catch.h"

using namespace cyclone;
using namespace cyclone::test;
using optim::Adam;
using optim::AdamW;
using optim::Sgd;

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

Tensor one(double value = 1) { return Tensor::scalar(value).set_requires_grad(); }

Tensor with_grad(std::initializer_list<float> values, std::initializer_list<float> gradient) {
    const Shape shape{static_cast<std::int64_t>(values.size())};
    Tensor t = Tensor::from(values, shape).set_requires_grad();
    t.set_grad(Tensor::from(gradient, shape));
    return t;
}

std::string message_of(const std::function<void()>& f) {
    try {
        f();
    } catch (const Error& error) {
        return error.what();
    }
    return "nothing thrown";
}

Schedule two_epochs() { return schedule::triangular({.base = 0.1, .max = 0.5, .step_size = Epochs{2}}); }
Schedule four_updates() { return schedule::triangular({.base = 0.1, .max = 0.5, .step_size = Iterations{4}}); }

/// `count` updates of two parameters with gradients that depend on the update number.
void run(optim::Optimizer& optimizer, std::uint64_t count) {
    for (std::uint64_t i = 0; i < count; ++i) {
        for (Tensor& p : optimizer.parameters()) set_gradient<float>(p, optimizer.updates());
        optimizer.step();
    }
}

}  // namespace

TEST_CASE("a hyper-parameter is a number or a schedule and lr tells of the next update") {
    Tensor w = with_grad({1}, {1});
    Sgd sgd{{w}, {.lr = four_updates()}};
    std::vector<double> used;
    for (std::uint64_t t = 0; t < 9; ++t) {
        CHECK(sgd.updates() == t);
        const double next = sgd.lr();
        CHECK(next == four_updates().value(t));
        const float before = w.values<float>()[0];
        sgd.step();
        CHECK(sgd.last_lr() == next);
        CHECK(w.values<float>()[0] == Approx(before - next).margin(1e-6));
    }
    Sgd whole{{one()}, {.lr = 1, .momentum = 0}};
    CHECK(whole.lr() == 1);
}

TEST_CASE("schedules in epochs wait for the length of an epoch") {
    Tensor w = with_grad({1}, {1});
    Sgd sgd{{w}, {.lr = two_epochs(), .momentum = two_epochs()}};
    CHECK_THAT(message_of([&] { sgd.step(); }), Catch::Contains("set_updates_per_epoch"));
    CHECK(w.values<float>()[0] == 1);
    CHECK(sgd.updates() == 0);
    sgd.set_updates_per_epoch(2);
    Tensor more = with_grad({1}, {1});
    sgd.add_group({more}, {.lr = two_epochs()});
    for (std::uint64_t t = 0; t < 9; ++t) {
        CHECK(sgd.lr(0) == four_updates().value(t));
        CHECK(sgd.lr(1) == four_updates().value(t));
        sgd.step();
    }
    // After 9 updates it is at 4.5 epochs, and an epoch of another length moves nothing.
    sgd.set_updates_per_epoch(4);
    CHECK(sgd.lr() == two_epochs().with_updates_per_epoch(4).value(18));
    CHECK(sgd.last_lr() == four_updates().value(8));
    sgd.step();
    CHECK(sgd.last_lr() == two_epochs().with_updates_per_epoch(4).value(18));
    CHECK(sgd.lr() == two_epochs().with_updates_per_epoch(4).value(19));
    CHECK_THROWS_AS(sgd.set_updates_per_epoch(0), Error);
}

TEST_CASE("groups have hyper-parameters of their own") {
    Tensor a = with_grad({1}, {1}), b = with_grad({1}, {1}), c = with_grad({1}, {1});
    Sgd sgd{{a}, {.lr = 0.5}};
    sgd.add_group({b, c}, {.lr = 0.25, .weight_decay = 1});
    CHECK(sgd.parameters().size() == 3);
    sgd.step();
    CHECK(a.values<float>()[0] == 0.5F);
    CHECK(b.values<float>()[0] == 0.5F);  // 1 - 0.25 * (1 + 1)
    CHECK(c.values<float>()[0] == 0.5F);
    CHECK(sgd.last_lr(1) == 0.25);
    CHECK_THROWS_AS(sgd.lr(2), Error);
    CHECK_THROWS_AS(sgd.last_lr(2), Error);
}

TEST_CASE("hooks see every update and may change its values and no other's") {
    Tensor w = with_grad({0}, {1});
    Sgd sgd{{w}, {.lr = 0.5}};
    std::vector<std::uint64_t> before, after;
    std::vector<double> used;
    sgd.before_update([&](optim::Update& update) {
        before.push_back(update.number);
        CHECK(update.groups.size() == 1);
        CHECK(update.groups[0]["lr"] == 0.5);
        if (update.number == 1) update.groups[0]["lr"] = 0.125;
        if (update.number == 2) update.grad_scale = 2;
    });
    sgd.before_update([&](optim::Update& update) {
        if (update.number == 1) CHECK(update.groups[0]["lr"] == 0.125);  // hooks run in order
    });
    sgd.after_update([&](optim::Update& update) {
        after.push_back(update.number);
        used.push_back(update.groups[0]["lr"]);
        CHECK(sgd.updates() == update.number + 1);
    });
    std::vector<float> weights;
    for (int i = 0; i < 4; ++i) {
        sgd.step();
        weights.push_back(w.values<float>()[0]);
    }
    CHECK(before == std::vector<std::uint64_t>{0, 1, 2, 3});
    CHECK(after == before);
    CHECK(used == std::vector<double>{0.5, 0.125, 0.5, 0.5});
    CHECK(weights == std::vector<float>{-0.5F, -0.625F, -1.625F, -2.125F});
    CHECK(sgd.last_lr() == 0.5);
}

TEST_CASE("a hook can give a momentum to an optimizer without one") {
    Tensor w = with_grad({0}, {1});
    Sgd sgd{{w}, {.lr = 1}};
    sgd.step();
    CHECK(sgd.state_dict().size() == 1);  // no buffer
    sgd.before_update([](optim::Update& update) { update.groups[0]["momentum"] = 0.5; });
    sgd.step();
    sgd.step();
    CHECK(sgd.state_dict().size() == 2);
    CHECK(w.values<float>()[0] == -1 - 1 - 1.5F);
}

TEST_CASE("the same momentum schedule drives sgd and beta1 of adam") {
    const Schedule momentum = schedule::triangular({.base = 0.85, .max = 0.95, .step_size = Iterations{3}});
    Tensor a = with_grad({0}, {1}), b = with_grad({0}, {1});
    Sgd sgd{{a}, {.momentum = momentum}};
    Adam adam{{b}, {.beta1 = momentum}};
    for (optim::Optimizer* optimizer : std::vector<optim::Optimizer*>{&sgd, &adam}) {
        std::vector<double> seen;
        const char* name = optimizer == &sgd ? "momentum" : "beta1";
        optimizer->after_update([&, name](optim::Update& update) { seen.push_back(update.groups[0][name]); });
        for (int i = 0; i < 7; ++i) optimizer->step();
        for (std::uint64_t t = 0; t < 7; ++t) CHECK(seen[t] == momentum.value(t));
    }
}

TEST_CASE("a hook that throws or gives nonsense leaves everything as it was") {
    Tensor w = with_grad({1}, {1});
    Sgd sgd{{w}, {.lr = 0.5, .momentum = 0.5}};
    bool bad = true;
    double lr = kNan;
    sgd.before_update([&](optim::Update& update) {
        if (bad) update.groups[0]["lr"] = lr;
    });
    for (const double x : {kNan, kInfinity, -1.0}) {
        lr = x;
        CHECK_THAT(message_of([&] { sgd.step(); }), Catch::Contains("lr of group 0 at update 0"));
    }
    CHECK(w.values<float>()[0] == 1);
    CHECK(sgd.updates() == 0);
    CHECK(sgd.state_dict().size() == 1);
    bad = false;
    sgd.step();
    CHECK(w.values<float>()[0] == 0.5F);
    CHECK_THROWS_AS(sgd.before_update(nullptr), Error);

    Sgd other{{w}, {}};
    other.before_update([&](optim::Update&) { other.step(); });
    CHECK_THAT(message_of([&] { other.step(); }), Catch::Contains("a hook must not call step"));
}

TEST_CASE("a hook that asks for what the optimizer does not have is told what it has") {
    Tensor w = with_grad({1}, {1});
    AdamW adam{{w}};
    adam.before_update([](optim::Update& update) {
        CHECK(update.groups[0].has("epsilon"));
        CHECK_FALSE(update.groups[0].has("momentum"));
        update.groups[0]["momentum"] = 0.5;
    });
    CHECK_THAT(message_of([&] { adam.step(); }),
               Catch::Contains("'momentum' (known: lr, beta1, beta2, weight_decay, epsilon)"));
    CHECK(w.values<float>()[0] == 1);
}

TEST_CASE("a momentum schedule that reaches one is refused at the update that would use it") {
    Tensor w = with_grad({1}, {1});
    Sgd sgd{{w}, {.momentum = schedule::triangular({.base = 0.5, .max = 1.5, .step_size = Iterations{2}})}};
    sgd.step();
    CHECK_THAT(message_of([&] { sgd.step(); }), Catch::Contains("momentum of group 0 at update 1"));
}

TEST_CASE("step changes no gradient and zero_grad forgets them") {
    Tensor w = with_grad({1, 2}, {3, -4});
    const Tensor gradient = w.grad();
    Sgd sgd{{w}, {.momentum = 0.9, .nesterov = true, .weight_decay = 0.5, .clip_norm = 1}};
    Adam adam{{w}, {.weight_decay = 0.5, .clip_value = 1}};
    AdamW adamw{{w}, {.clip_norm = 1}};
    const auto version = gradient.version();
    sgd.step();
    adam.step();
    adamw.step();
    CHECK(w.grad().is_same(gradient));
    CHECK(gradient.to_vector<float>() == std::vector<float>{3, -4});
    CHECK(gradient.version() == version);
    sgd.zero_grad();
    CHECK_FALSE(w.grad().defined());
    CHECK(w.is_leaf());
    CHECK(w.requires_grad());
}

TEST_CASE("a parameter without a gradient is left alone and one that comes late starts unbiased") {
    Tensor a = with_grad({1}, {1}), b = one();
    Adam adam{{a, b}, {.lr = 0.125, .weight_decay = 1}};
    for (int i = 0; i < 5; ++i) adam.step();
    CHECK(b.item() == 1);
    CHECK(adam.state_dict().size() == 1 + 3);
    b.set_grad(Tensor::scalar(1));
    adam.step();
    // The first step of Adam is the rate, whatever the gradient and the update number.
    CHECK(b.item() == Approx(1 - 0.125).epsilon(1e-6));
    Sgd sgd{{one(), one()}, {}};
    CHECK_THAT(message_of([&] { sgd.step(); }), Catch::Contains("backward(loss) comes before step()"));
}

TEST_CASE("an update makes a backward through the old values fail") {
    Tensor w = with_grad({1}, {1});
    const auto version = w.version();
    Sgd sgd{{w}, {}};
    sgd.step();
    CHECK(w.version() != version);
}

TEST_CASE("clipping by norm looks at all gradients together") {
    for (const double limit : {100.0, 5.0, 2.5}) {
        Tensor a = with_grad({0}, {3}), b = with_grad({0}, {-4});
        Sgd sgd{{a}, {.lr = 1, .clip_norm = limit}};
        sgd.add_group({b}, {.lr = 1, .clip_norm = limit});
        CHECK(sgd.grad_norm() == 5);
        double scale = 0;
        sgd.after_update([&](optim::Update& update) { scale = update.grad_scale; });
        sgd.step();
        const double factor = std::min(1.0, limit / 5);
        CHECK(scale == factor);
        CHECK(a.item() == Approx(-3 * factor));
        CHECK(b.item() == Approx(4 * factor));
        CHECK(sgd.grad_norm() == 5);
    }
}

TEST_CASE("clipping by value holds every element and keeps nan") {
    Tensor w = with_grad({0, 0, 0, 0}, {3, -4, 0.25F, std::numeric_limits<float>::quiet_NaN()});
    Sgd sgd{{w}, {.lr = 1, .clip_value = 0.5}};
    sgd.step();
    CHECK(w.values<float>()[0] == -0.5F);
    CHECK(w.values<float>()[1] == 0.5F);
    CHECK(w.values<float>()[2] == -0.25F);
    CHECK(std::isnan(w.values<float>()[3]));
}

TEST_CASE("the norm is summed in f64 and does not depend on the thread count") {
    constexpr std::int64_t n = 200'003;
    Tensor w = Tensor::zeros({n}).set_requires_grad();
    std::vector<float> g(n);
    long double expected = 0;
    for (std::size_t i = 0; i < g.size(); ++i) {
        g[i] = static_cast<float>(std::sin(static_cast<double>(i)));
        expected += static_cast<long double>(g[i]) * static_cast<long double>(g[i]);
    }
    w.set_grad(Tensor::from(g, {n}));
    Sgd sgd{{w}, {}};
    const int threads = num_threads();
    set_num_threads(1);
    const double serial = sgd.grad_norm();
    set_num_threads(2);
    const double parallel = sgd.grad_norm();
    set_num_threads(threads);
    CHECK(serial == parallel);
    CHECK(std::abs(serial - static_cast<double>(std::sqrt(expected))) < 1e-11);
}

TEST_CASE("one element that is not finite is found wherever it stands") {
    for (const DType dtype : {DType::f32, DType::f64}) {
        Tensor first = Tensor::zeros({3}, dtype).set_requires_grad();
        Tensor second = Tensor::zeros({37}, dtype).set_requires_grad();
        const Sgd sgd{{first, second}, {}};
        CHECK(sgd.gradients_are_finite());  // none yet
        first.set_grad(Tensor::full({3}, dtype == DType::f32 ? -3.4e38 : -1.7e308, dtype));
        for (std::int64_t at = 0; at < 37; ++at)
            for (const double bad : {kNan, -kNan, kInfinity, -kInfinity}) {
                Tensor gradient = Tensor::full({37}, 1e-40, dtype);
                second.set_grad(gradient);
                CHECK(sgd.gradients_are_finite());
                visit_floating(dtype, "test", [&](auto zero) {
                    using T = decltype(zero);
                    gradient.mutable_data<T>()[at] = static_cast<T>(bad);
                });
                CHECK_FALSE(sgd.gradients_are_finite());
            }
    }
}

TEST_CASE("updates are the same bits with one thread and with two") {
    const int threads = num_threads();
    std::vector<std::vector<float>> results;
    for (const int n : {1, 2}) {
        set_num_threads(n);
        Tensor a = make_parameter<float>(70'001), b = make_parameter<float>(70'001);
        Sgd sgd{{a}, {.momentum = 0.9, .nesterov = true, .weight_decay = 0.01, .clip_norm = 1}};
        Adam adam{{b}, {.weight_decay = 0.01}};
        run(sgd, 3);
        run(adam, 3);
        results.push_back(a.to_vector<float>());
        results.push_back(b.to_vector<float>());
    }
    set_num_threads(threads);
    CHECK(results[0] == results[2]);
    CHECK(results[1] == results[3]);
}

TEST_CASE("a run that is stored and resumed gives the same bits as one that is not") {
    using Make = std::function<std::unique_ptr<optim::Optimizer>(std::vector<Tensor>)>;
    const Schedule lr = schedule::triangular({.base = 0.001, .max = 0.05, .step_size = Iterations{7}});
    const std::vector<std::pair<std::string, Make>> cases = {
        {"sgd", [&](auto p) { return std::make_unique<Sgd>(p, optim::SgdOptions{.lr = lr}); }},
        {"momentum", [&](auto p) { return std::make_unique<Sgd>(p, optim::SgdOptions{.lr = lr, .momentum = 0.9}); }},
        {"adam", [&](auto p) { return std::make_unique<Adam>(p, optim::AdamOptions{.lr = lr, .beta1 = lr}); }},
        {"adamw", [&](auto p) { return std::make_unique<AdamW>(p, optim::AdamWOptions{.lr = lr}); }},
    };
    for (const auto& [name, make] : cases) {
        INFO(name);
        Tensor a = make_parameter<float>(33), b = make_parameter<float>(5);
        const auto whole = make({a, b});
        run(*whole, 20);
        Tensor a2 = make_parameter<float>(33), b2 = make_parameter<float>(5);
        StateDict stored;
        {
            const auto first = make({a2, b2});
            run(*first, 9);
            stored = first->state_dict().clone();
            run(*first, 1);  // what comes after the snapshot is lost
        }
        Tensor a3 = make_parameter<float>(33), b3 = make_parameter<float>(5);
        const auto again = make({a3, b3});
        run(*again, 9);
        const auto resumed = make({a3, b3});
        resumed->load_state_dict(stored);
        resumed->load_state_dict(resumed->state_dict().clone());  // a second load is fine
        CHECK(resumed->updates() == 9);
        CHECK(resumed->last_lr() == lr.value(8));
        CHECK(resumed->lr() == lr.value(9));
        run(*resumed, 11);
        CHECK(a3.to_vector<float>() == a.to_vector<float>());
        CHECK(b3.to_vector<float>() == b.to_vector<float>());
        const StateDict end = whole->state_dict(), other = resumed->state_dict();
        REQUIRE(end.size() == other.size());
        for (std::size_t i = 0; i < end.size(); ++i) CHECK(end[i].name == other[i].name);
    }
}

TEST_CASE("a state that does not fit is refused with every reason and changes nothing") {
    Tensor a = make_parameter<float>(3), b = make_parameter<float>(2);
    Sgd sgd{{a, b}, {.momentum = 0.9}};
    run(sgd, 2);
    const StateDict good = sgd.state_dict().clone();
    REQUIRE(good.size() == 3);
    CHECK(good[0].tensor.to_vector<std::int64_t>() == std::vector<std::int64_t>{2, 2, 2});
    CHECK(good[1].name == "0.momentum");
    const auto refused = [&](const StateDict& state, const std::string& reason) {
        CHECK_THAT(message_of([&] { sgd.load_state_dict(state); }), Catch::Contains(reason));
        CHECK(sgd.updates() == 2);
        CHECK(sgd.state_dict()[1].tensor.to_vector<float>() == good[1].tensor.to_vector<float>());
    };
    refused({}, "expected a tensor 'counts'");
    refused({{"counts", Tensor::zeros({3})}}, "got f32 (3)");
    refused({{"counts", Tensor::from<std::int64_t>({2, 1, 0}, {3})}}, "expected the state of 2 parameters, got 1");
    refused({{"counts", Tensor::from<std::int64_t>({-1, 2, 0}, {3})}}, "after -1 updates");
    refused({good[0], good[1]}, "expected 2 state tensors, got 1");
    StateDict wrong = good.clone();
    wrong.set("0.momentum", Tensor::zeros({4}));
    wrong.set("1.momentum", Tensor());
    refused(wrong,
            "0.momentum (expected f32 (3), got f32 (4)), 1.momentum (expected f32 (2), got an undefined tensor)");
    Adam adam{{a, b}, {}};
    run(adam, 1);
    refused(adam.state_dict(), "unexpected: 0.m, 0.v");
    StateDict partial = adam.state_dict().clone();
    partial.erase(partial[2].name);
    CHECK_THAT(message_of([&] { adam.load_state_dict(partial); }), Catch::Contains("missing: 0.v"));
}

TEST_CASE("nonsense is refused at construction with its name") {
    struct Row {
        std::function<void()> make;
        std::string reason;
    };
    const Tensor w = one();
    const std::vector<Row> rows = {
        {[&] { Sgd({w}, {.lr = -0.1}); }, "lr of group 0 at update 0: expected a finite number >= 0, got -0.1"},
        {[&] { Sgd({w}, {.lr = kNan}); }, "lr of group 0"},
        {[&] { Sgd({w}, {.lr = kInfinity}); }, "lr of group 0"},
        {[&] { Sgd({w}, {.momentum = 1}); }, "momentum of group 0 at update 0: expected a number in [0, 1), got 1"},
        {[&] { Sgd({w}, {.momentum = -0.1}); }, "momentum of group 0"},
        {[&] { Sgd({w}, {.momentum = kNan}); }, "momentum of group 0"},
        {[&] { Sgd({w}, {.momentum = Schedule(2)}); }, "momentum of group 0"},
        {[&] { Sgd({w}, {.nesterov = true}); }, "nesterov needs a momentum"},
        {[&] { Sgd({w}, {.momentum = 0.9, .nesterov = true, .dampening = 0.5}); }, "expected dampening 0"},
        {[&] { Sgd({w}, {.weight_decay = -1}); }, "weight_decay of group 0"},
        {[&] { Sgd({w}, {.dampening = 2}); },
         "Sgd: dampening of group 0 at update 0: expected a number in [0, 1], got 2"},
        {[&] { Sgd({w}, {.clip_norm = -1}); }, "clip_norm: expected a finite number"},
        {[&] { Sgd({w}, {.clip_value = kNan}); }, "clip_value: expected a finite number"},
        {[&] { Sgd({w}, {.clip_norm = 1, .clip_value = 1}); }, "got both"},
        {[&] { Sgd(std::vector<Tensor>{}); }, "at least one parameter"},
        {[&] { Sgd({Tensor()}); }, "parameter 0 is an undefined tensor"},
        {[&] {
             Sgd({w, Tensor::zeros({2})});
         },
         "parameter 1 of shape (2) gets no gradient"},
        {[&] {
             Sgd({w, one(), w});
         },
         "parameter 2 of shape () is given twice"},
        {[&] { Sgd({w}).add_group({w}, {}); }, "is given twice"},
        {[&] { Sgd({w}).add_group({one()}, {.clip_norm = 1}); }, "the same clip_norm"},
        {[&] { Adam({w}, {.beta1 = 1}); }, "beta1 of group 0"},
        {[&] { Adam({w}, {.beta2 = -1}); }, "beta2 of group 0"},
        {[&] { Sgd({w}, {.momentum = 0.9, .nesterov = 0.5}); }, "nesterov of group 0 at update 0: expected 0 or 1"},
        {[&] { Adam({w}, {.epsilon = 0}); },
         "Adam: epsilon of group 0 at update 0: expected a finite number > 0, got 0"},
        {[&] { Adam({w}, {.epsilon = kNan}); }, "Adam: epsilon of group 0"},
        {[&] { AdamW({w}, {.epsilon = 0}); }, "AdamW: epsilon of group 0 at update 0: expected a finite number > 0"},
        {[&] { AdamW({w}, {.epsilon = kNan}); }, "AdamW: epsilon"},
        {[&] { AdamW({w}).add_group({w}, {}); }, "AdamW: parameter 0"},
        {[&] { AdamW({w}, {.weight_decay = kInfinity}); }, "AdamW: weight_decay of group 0"},
    };
    for (const Row& row : rows) CHECK_THAT(message_of(row.make), Catch::Contains(row.reason));
}

TEST_CASE("an optimizer describes itself") {
    CHECK(Sgd({one()}, {.lr = 0.5, .momentum = 0.9, .clip_norm = 1}).describe() ==
          "Sgd(lr=0.5, momentum=0.9, clip_norm=1)");
    CHECK(Adam({one()}).describe() == "Adam(lr=0.001, beta1=0.9, beta2=0.999)");
    CHECK(AdamW({one()}).describe() == "AdamW(lr=0.001, beta1=0.9, beta2=0.999, weight_decay=0.01)");
    CHECK(AdamW({one()}, {.epsilon = 0.5, .weight_decay = 0}).describe() ==
          "AdamW(lr=0.001, beta1=0.9, beta2=0.999, epsilon=0.5)");
    CHECK(Sgd({one()}, {.momentum = 0.5, .nesterov = true}).describe() == "Sgd(lr=0.01, momentum=0.5, nesterov=1)");
    CHECK_THAT(Sgd({one()}, {.lr = two_epochs()}).describe(), Catch::Contains("Sgd(lr=triangular("));
}

TEST_CASE("a moved optimizer continues where it was") {
    Tensor w = with_grad({0}, {1});
    Sgd first{{w}, {.lr = 1, .momentum = 0.5}};
    first.step();
    Sgd second = std::move(first);
    second.step();
    CHECK(w.values<float>()[0] == -2.5F);
    CHECK(second.updates() == 2);
}
