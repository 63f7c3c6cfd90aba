// The names of activations.

#include <cyclone/ops/activation.h>
#include <cyclone/ops/arithmetic.h>

#include "support/catch.h"

using namespace cyclone;

namespace {
Tensor swish(const Tensor& x) { return x * sigmoid(x); }
}  // namespace

TEST_CASE("an activation knows its name, and its name leads back to it") {
    CHECK(Activation(relu).name() == "relu");
    CHECK(Activation(sigmoid).name() == "sigmoid");
    CHECK(Activation(static_cast<Activation::Function>(cyclone::tanh)).name() == "tanh");
    CHECK(Activation().name().empty());
    for (const NamedItem& item : activations().names()) CHECK(activations().parse(item.name).name() == item.name);
    CHECK_THROWS_WITH(activations().parse("sigmiod"), Catch::Contains("did you mean 'sigmoid'"));
}

TEST_CASE("an activation of a user's own gets a name by a row") {
    CHECK(Activation(swish).name() == "activation");
    activations().add({"swish", "", "x sigmoid(x)", [](Arguments&) { return Activation(swish); }});
    CHECK(Activation(swish).name() == "swish");
    CHECK(activations().parse("swish") == Activation(swish));
}
