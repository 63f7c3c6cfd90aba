#include <cyclone/autograd/backward.h>
#include <cyclone/ops/arithmetic.h>
#include <cyclone/ops/reduce.h>
#include <cyclone/ops/shape.h>

#include "support/catch.h"

using namespace cyclone;

TEST_CASE("reshape and flatten share storage and pass gradients in the old shape") {
    Tensor x = Tensor::from<float>({1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}, {2, 3, 2});
    x.set_requires_grad();
    const Tensor y = reshape(x, {4, -1});
    CHECK(y.shape() == Shape{4, 3});
    CHECK(y.shares_storage_with(x));
    backward(y, Tensor::from<float>({1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}, {4, 3}));
    CHECK(x.grad().shape() == x.shape());
    CHECK(x.grad().to_vector<float>() == x.to_vector<float>());

    CHECK(flatten(x).shape() == Shape{2, 6});
    CHECK(flatten(x, 0).shape() == Shape{1, 12});
    CHECK(flatten(x, 3).shape() == Shape{12, 1});
    CHECK(flatten(x, -1).shape() == Shape{6, 2});
    CHECK(reshape(Tensor::scalar(3), {1, 1}).shape() == Shape{1, 1});
    CHECK(reshape(x, {12}).to_vector<float>() == x.to_vector<float>());
}

TEST_CASE("writing through a view is noticed by a backward that needs the old values") {
    Tensor x = Tensor::ones({2, 3});
    x.set_requires_grad();
    Tensor view = reshape(x.detach(), {6});
    const Tensor y = sum(mul(x, x));
    view.fill(2);
    CHECK_THROWS_WITH(backward(y), Catch::Contains("modified in place"));
}

TEST_CASE("concat joins integer tensors and skips gradients that are not wanted") {
    const Tensor i = concat({Tensor::from<std::int64_t>({1, 2}, {2}), Tensor::from<std::int64_t>({3}, {1})}, 0);
    CHECK(i.to_vector<std::int64_t>() == std::vector<std::int64_t>{1, 2, 3});
    Tensor a = Tensor::ones({2, 1});
    a.set_requires_grad();
    const Tensor fixed = Tensor::ones({2, 2});
    backward(concat({fixed, a, Tensor::zeros({2, 0})}, 1), Tensor::from<float>({1, 2, 3, 4, 5, 6}, {2, 3}));
    CHECK(a.grad().to_vector<float>() == std::vector<float>{3, 6});
}
