#include <cyclone/autograd/backward.h>
#include <cyclone/optim/optim.h>
#include <cyclone/schedule/cyclic.h>
#include <cyclone/schedule/one_cycle.h>

#include <memory>
#include <string>
#include <vector>

#include "support/catch.h"

using namespace cyclone;

namespace {

Tensor weight() {
    Tensor w = Tensor::from({1.0F, 2.0F}, {2}).set_requires_grad();
    w.set_grad(Tensor::from({0.5F, -1.0F}, {2}));
    return w;
}

std::string description(const std::string& text, const optim::Hyper& rate = 0.1) {
    return optim::parse(text, {weight()}, rate)->describe();
}

std::string refusal(const std::string& text, const optim::Hyper& rate = 0.1) {
    try {
        return "made " + description(text, rate);
    } catch (const UsageError& error) {
        return error.what();
    }
}

/// An optimizer of one's own: w -= lr * strength * sign(g).
struct SignOptions {
    optim::Hyper lr = 0.1;
    optim::Hyper strength = 1;
    double clip_norm = 0;
    double clip_value = 0;
};

class Sign final : public optim::Optimizer {
public:
    using Options = SignOptions;
    static const optim::HyperTable<SignOptions>& hypers() {
        static const optim::HyperTable<SignOptions> table{
            {&SignOptions::lr, {"lr", optim::Range::at_least_zero, "learning rate"}},
            {&SignOptions::strength, {"strength", optim::Range::fraction, "fraction of the rate"}}};
        return table;
    }
    Sign(const std::vector<Tensor>& parameters, const SignOptions& o)
        : Optimizer("Sign", optim::specs_of(hypers()), {}, {o.clip_norm, o.clip_value}) {
        add_parameters(parameters, optim::values_of(hypers(), o), {o.clip_norm, o.clip_value});
    }

private:
    void update(Parameter& p, const Tensor& gradient, const optim::GroupValues& values, double) override {
        const auto step = static_cast<float>(values["lr"] * values["strength"]);
        for (std::int64_t i = 0; i < gradient.numel(); ++i)
            p.tensor.mutable_data<float>()[i] -= gradient.data<float>()[i] > 0 ? step : -step;
    }
};

}  // namespace

TEST_CASE("a text makes the optimizer that it describes") {
    const struct {
        const char *text, *description;
    } cases[] = {
        {"sgd", "Sgd(lr=0.1)"},
        {"sgd:0.9", "Sgd(lr=0.1, momentum=0.9)"},
        {"sgd:momentum=0.9,nesterov", "Sgd(lr=0.1, momentum=0.9, nesterov=1)"},
        {"sgd:nesterov:momentum=0.9", "Sgd(lr=0.1, momentum=0.9, nesterov=1)"},
        {"sgd:momentum=0.9,nesterov=no,weight-decay=1e-4", "Sgd(lr=0.1, momentum=0.9, weight_decay=0.0001)"},
        {"sgd:dampening=0.5,momentum=0.5,clip-norm=2", "Sgd(lr=0.1, momentum=0.5, dampening=0.5, clip_norm=2)"},
        {"adam", "Adam(lr=0.1, beta1=0.9, beta2=0.999)"},
        {"adam:epsilon=1e-3,beta1=0.8,clip_value=1",
         "Adam(lr=0.1, beta1=0.8, beta2=0.999, epsilon=0.001, clip_value=1)"},
        {"adamw", "AdamW(lr=0.1, beta1=0.9, beta2=0.999, weight_decay=0.01)"},
        {"adamw:weight-decay=0.05", "AdamW(lr=0.1, beta1=0.9, beta2=0.999, weight_decay=0.05)"},
    };
    for (const auto& c : cases) {
        INFO(c.text);
        CHECK(description(c.text) == c.description);
    }
    for (const NamedItem& known : optim::registry().names()) {
        INFO(known.usage);
        CHECK(description(known.name).find("(lr=0.1") != std::string::npos);
        CHECK(known.usage.find(known.name + "[:") == 0);
        CHECK(known.usage.find("weight-decay=") != std::string::npos);
        CHECK(known.description.find("weight-decay: ") != std::string::npos);
    }
}

TEST_CASE("a momentum between two numbers moves against the rate") {
    const auto rate = schedule::one_cycle({.max = 0.1, .length = Epochs{2}});
    const auto sgd = optim::parse("sgd:momentum=0.85..0.95", {weight()}, rate);
    sgd->set_updates_per_epoch(50);
    std::vector<double> seen;
    sgd->before_update([&](optim::Update& update) { seen.push_back(update.groups[0]["momentum"]); });
    for (int i = 0; i < 100; ++i) sgd->step();
    CHECK(seen[0] == 0.95);
    CHECK(seen[29] == 0.85);
    CHECK(seen[99] == Approx(0.95));
    CHECK(description("sgd:momentum=0.85..0.95") == "Sgd(lr=0.1, momentum=0.95)");
    CHECK_THAT(refusal("sgd:momentum=0.85..0.95", Schedule(0.1)), Catch::Contains("rises and falls"));
    CHECK_THAT(refusal("sgd:momentum=0.95..0.85", rate), Catch::Contains("expected low <= high"));
    CHECK_THAT(refusal("adam:beta1=0.85..1", schedule::triangular({.base = 0, .max = 1, .step_size = Iterations{5}})),
               Catch::Contains("beta1 of group 0 at update 0: expected a number in [0, 1), got 1"));
}

TEST_CASE("a text that is no optimizer is answered with what was expected") {
    const struct {
        const char *text, *message;
    } cases[] = {
        {"adamm", "did you mean 'adam'?"},
        {"", "unknown name '' (known: sgd, adam, adamw)"},
        {"adam:momentum=0.9", "unknown name 'momentum'"},
        {"adam:beta=0.9", "did you mean 'beta1'?"},
        {"sgd:momentum=often", "momentum: expected a number, got 'often'"},
        {"sgd:momentum=1", "momentum of group 0 at update 0: expected a number in [0, 1), got 1"},
        {"sgd:nesterov", "nesterov needs a momentum"},
        {"sgd:momentum=0.9,nesterov=maybe", "expected yes or no, got 'maybe'"},
        {"sgd:lr=0.1", "unknown name 'lr'"},
        {"sgd:momentum=0.9,momentum=0.8", "is given twice"},
        {"sgd:momentum=1..", "expected a number, got ''"},
        {"adamw:weight-decay=-1", "weight_decay of group 0 at update 0: expected a finite number >= 0, got -1"},
        {"adamw:clip-norm=1,clip-value=1", "got both"},
    };
    for (const auto& c : cases) {
        INFO(c.text);
        CHECK_THAT(refusal(c.text), Catch::Contains(c.message));
    }
}

TEST_CASE("options of their own become arguments of an optimizer's text") {
    CHECK(optim::with_options("sgd", 0, 0) == "sgd:weight-decay=0");
    CHECK(optim::with_options("sgd", 0.9, 0) == "sgd:momentum=0.9,weight-decay=0");
    CHECK(optim::with_options("sgd:momentum=0.5", 0, 1e-4) == "sgd:momentum=0.5,weight-decay=0.0001");
    CHECK(optim::with_options("adamw", 0, 0) == "adamw:weight-decay=0");  // a name alone means none
    CHECK(optim::with_options("adamw:beta1=0.8", 0, 0) == "adamw:beta1=0.8");
    CHECK_THROWS_AS(optim::with_options("sdg", 0, 0), UsageError);
}

TEST_CASE("an optimizer of one's own is known by its row") {
    if (!optim::registry().knows("sign")) optim::registry().add(optim::row<Sign>("sign", "the sign of the gradient"));
    Tensor w = weight();
    const auto sign = optim::parse("sign:strength=0.5", {w}, 0.5);
    sign->step();
    CHECK(w.to_vector<float>() == std::vector<float>{0.75F, 2.25F});
    CHECK_THAT(refusal("sign:strength=2"),
               Catch::Contains("strength of group 0 at update 0: expected a number in [0, 1]"));
}
