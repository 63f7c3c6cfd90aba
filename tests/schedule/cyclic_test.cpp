#include <cyclone/schedule/cyclic.h>
#include <cyclone/schedule/decay.h>
#include <cyclone/schedule/summary.h>

#include "support/catch.h"

using namespace cyclone;

TEST_CASE("the three cyclic modes equal the CLR callback") {
    // bckenstler/CLR clr_callback.py, base .001, max .006, step_size 2000 (learning_rate.md A.3).
    const auto triangular = schedule::triangular({.base = .001, .max = .006, .step_size = Iterations{2000}});
    CHECK(triangular.value(1) == Approx(.0010025).epsilon(1e-12));
    CHECK(triangular.value(2000) == Approx(.006).epsilon(1e-12));
    CHECK(triangular.describe() == "triangular(base=0.001, max=0.006, step_size=2000 updates)");
}

TEST_CASE("lengths in epochs must be told the updates per epoch") {
    const auto rate = schedule::triangular({.base = .002, .max = .03, .step_size = Epochs{2}});
    CHECK(rate.needs_updates_per_epoch());
    CHECK_THROWS_AS(rate.value(0), Error);
    CHECK(rate.describe() == "triangular(base=0.002, max=0.03, step_size=2 epochs)");
    const auto resolved = rate.with_updates_per_epoch(2000);
    CHECK(!resolved.needs_updates_per_epoch());
    CHECK(resolved.value(4000) == .03);
    CHECK(resolved.describe() == "triangular(base=0.002, max=0.03, step_size=2 epochs = 4000 updates)");
    CHECK(resolved.with_updates_per_epoch(10).value(20) == .03);
}
