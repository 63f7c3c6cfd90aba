// Runs of 120 updates of every combination of options against the f64 recomputation of reference.h.

#include <cyclone/optim/optim.h>
#include <cyclone/schedule/cyclic.h>
#include <cyclone/schedule/decay.h>

#include <string>

#include "optim/reference.h"
#include "support/catch.h"

using namespace cyclone;
using namespace cyclone::test;

namespace {

constexpr std::uint64_t kUpdates = 120;
constexpr std::size_t kElements = 67;  // not a multiple of any vector width
constexpr double kTolerance32 = 3e-5, kTolerance64 = 1e-11;

/// Each hyper-parameter as a number and as a schedule with its value at t.
double cycle(double low, double high, std::uint64_t t) {
    const auto x = static_cast<double>(t % 20);
    return low + (high - low) * (x <= 10 ? x / 10 : 2 - x / 10);
}
Schedule cycle(double low, double high) {
    return schedule::triangular({.base = low, .max = high, .step_size = Iterations{10}});
}

template <class T, class Optimizer, class Reference, class At>
void compare(Optimizer& optimizer, Tensor parameter, Reference reference, const At& settings_at, double tolerance) {
    for (std::uint64_t t = 0; t < kUpdates; ++t) {
        set_gradient<T>(parameter, t);
        optimizer.step();
        reference.update(gradients_at(t, reference.w), settings_at(t));
        INFO("update " << t);
        REQUIRE(largest_difference<T>(parameter, reference.w) <= tolerance);
    }
    CHECK(optimizer.updates() == kUpdates);
}

template <class T>
void sgd_runs(double tolerance) {
    for (const int scheduled : {0, 1})
        for (const double momentum : {0.0, 0.9})
            for (const bool nesterov : {false, true})
                for (const double decay : {0.0, 0.02})
                    for (const double dampening : {0.0, 0.25})
                        for (const double clip : {0.0, 0.5}) {
                            if (nesterov && (momentum == 0 || dampening != 0)) continue;
                            optim::SgdOptions o{.lr = 0.02,
                                                .momentum = momentum,
                                                .nesterov = nesterov,
                                                .weight_decay = decay,
                                                .dampening = dampening,
                                                .clip_value = clip};
                            if (scheduled == 1) {
                                o.lr = cycle(0.001, 0.05);
                                if (momentum != 0) o.momentum = cycle(0.8, 0.95);
                                o.weight_decay = cycle(0, decay);
                            }
                            INFO("scheduled " << scheduled << " momentum " << momentum << " nesterov " << nesterov
                                              << " decay " << decay << " dampening " << dampening << " clip " << clip);
                            Tensor p = make_parameter<T>(kElements);
                            optim::Sgd sgd({p}, o);
                            compare<T>(
                                sgd, p, SgdReference{first_weights(kElements), {}},
                                [&](std::uint64_t t) {
                                    Settings s{.lr = 0.02,
                                               .momentum = momentum,
                                               .weight_decay = decay,
                                               .dampening = dampening,
                                               .nesterov = nesterov};
                                    if (clip != 0) s.bound = clip;
                                    if (scheduled == 1) {
                                        s.lr = cycle(0.001, 0.05, t);
                                        if (momentum != 0) s.momentum = cycle(0.8, 0.95, t);
                                        s.weight_decay = cycle(0, decay, t);
                                    }
                                    return s;
                                },
                                tolerance);
                        }
}

template <class T>
void adam_runs(double tolerance) {
    for (const bool decoupled : {false, true})
        for (const int scheduled : {0, 1})
            for (const double decay : {0.0, 0.03})
                for (const double clip : {0.0, 0.5}) {
                    optim::AdamOptions o{.lr = 0.004, .weight_decay = decay, .clip_value = clip};
                    if (scheduled == 1) {
                        o.lr = cycle(0.001, 0.01);
                        o.beta1 = cycle(0.8, 0.95);
                        o.beta2 = cycle(0.97, 0.999);
                        o.weight_decay = cycle(0, decay);
                    }
                    const auto settings = [&](std::uint64_t t) {
                        Settings s{.lr = 0.004, .momentum = 0.9, .beta2 = 0.999, .weight_decay = decay};
                        s.decoupled = decoupled;
                        if (clip != 0) s.bound = clip;
                        if (scheduled == 1) {
                            s.lr = cycle(0.001, 0.01, t);
                            s.momentum = cycle(0.8, 0.95, t);
                            s.beta2 = cycle(0.97, 0.999, t);
                            s.weight_decay = cycle(0, decay, t);
                        }
                        return s;
                    };
                    INFO("decoupled " << decoupled << " scheduled " << scheduled << " decay " << decay << " clip "
                                      << clip);
                    Tensor p = make_parameter<T>(kElements);
                    const AdamReference reference{first_weights(kElements), {}, {}};
                    if (decoupled) {
                        optim::AdamW adam({p}, {.lr = o.lr,
                                                .beta1 = o.beta1,
                                                .beta2 = o.beta2,
                                                .weight_decay = o.weight_decay,
                                                .clip_value = clip});
                        compare<T>(adam, p, reference, settings, tolerance);
                    } else {
                        optim::Adam adam({p}, o);
                        compare<T>(adam, p, reference, settings, tolerance);
                    }
                }
}

}  // namespace

TEST_CASE("sgd in f32 follows the f64 recomputation with every combination of options") {
    sgd_runs<float>(kTolerance32);
}
TEST_CASE("sgd in f64 follows the recomputation to rounding") { sgd_runs<double>(kTolerance64); }
TEST_CASE("adam and adamw in f32 follow the f64 recomputation with every combination of options") {
    adam_runs<float>(2e-4);
}
TEST_CASE("adam and adamw in f64 follow the recomputation to rounding") { adam_runs<double>(kTolerance64); }
