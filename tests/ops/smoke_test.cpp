#include <cyclone/autograd/backward.h>
#include <cyclone/autograd/gradcheck.h>
#include <cyclone/ops/activation.h>
#include <cyclone/ops/arithmetic.h>
#include <cyclone/ops/dropout.h>
#include <cyclone/ops/loss.h>
#include <cyclone/ops/reduce.h>
#include <cyclone/ops/shape.h>

#include "support/catch.h"

using namespace cyclone;

TEST_CASE("cross entropy of equal logits is the log of the class count") {
    Tensor x = Tensor::zeros({3, 4});
    x.set_requires_grad();
    const Tensor loss = cross_entropy(x, Tensor::from<std::int64_t>({0, 1, 3}, {3}));
    CHECK(loss.item() == Approx(std::log(4.0)));
    backward(loss);
    CHECK(x.grad().data<float>()[0] == Approx(-0.25));
    CHECK(x.grad().data<float>()[2] == Approx(0.25 / 3));
}

TEST_CASE("a small network of ops passes gradcheck") {
    Tensor a = Tensor::from<double>({0.3, -0.7, 1.1, 0.4, 0.9, -0.2}, {2, 3}), b = Tensor::from<double>({0.5, -1, 2}, {3});
    a.set_requires_grad();
    b.set_requires_grad();
    const auto result = gradcheck(
        [](const TensorList& in) {
            Generator g{.seed = 3, .position = 0};
            const Tensor h = dropout(relu(in[0] * in[1] + 0.1), 0.3, g);
            return mean(flatten(concat({h, softmax(in[0], 0)}, 1)), {.axes = {0}}) + sum(in[1]);
        },
        {a, b});
    INFO(result.message);
    CHECK(result.passed);
}
