#include <cyclone/autograd/backward.h>
#include <cyclone/autograd/gradcheck.h>

#include <thread>

#include "support/catch.h"

using namespace cyclone;

namespace {

// Two ops of the test's own, so that the engine is tested without the library's.
Tensor times(const Tensor& a, const Tensor& b) {
    Tensor y = Tensor::empty(a.shape(), a.dtype());
    for (std::int64_t i = 0; i < a.numel(); ++i)
        y.mutable_data<double>()[i] = a.data<double>()[i] * b.data<double>()[i];
    return autograd::record("times", y, {a, b}, [a = Saved(a), b = Saved(b)](const Tensor& grad) {
        return Gradients{times(grad, b.get()), times(grad, a.get())};
    });
}

Tensor plus(const Tensor& a, const Tensor& b) {
    Tensor y = Tensor::empty(a.shape(), a.dtype());
    for (std::int64_t i = 0; i < a.numel(); ++i)
        y.mutable_data<double>()[i] = a.data<double>()[i] + b.data<double>()[i];
    return autograd::record("plus", y, {a, b}, [](const Tensor& grad) { return Gradients{grad, grad}; });
}

Tensor leaf(double value) {
    Tensor t = Tensor::scalar(value, DType::f64);
    t.set_requires_grad();
    return t;
}

}  // namespace

TEST_CASE("gradients of a shared subexpression add up") {
    const Tensor x = leaf(3);
    const Tensor square = times(x, x);
    backward(plus(times(square, x), square));  // x^3 + x^2
    CHECK(x.grad().item() == 3 * 9 + 2 * 3);
}

TEST_CASE("leaf gradients accumulate over several backward passes") {
    const Tensor x = leaf(2);
    backward(times(x, x));
    backward(plus(x, x));
    CHECK(x.grad().item() == 4 + 2);
}

TEST_CASE("plus of one tensor with itself does not alias its gradients") {
    const Tensor x = leaf(5), y = leaf(7);
    const Tensor s = plus(x, y);
    backward(plus(plus(s, s), s));
    CHECK(x.grad().item() == 3);
    CHECK(y.grad().item() == 3);
    CHECK_FALSE(x.grad().shares_storage_with(y.grad()));
}

TEST_CASE("a chain of a million operations runs and is destroyed without recursion") {
    Tensor x = leaf(1), one = Tensor::scalar(1, DType::f64);
    SECTION("backward") {
        Tensor y = x;
        for (int i = 0; i < 1'000'000; ++i) y = plus(y, one);
        backward(y);
        CHECK(x.grad().item() == 1);
    }
    SECTION("thrown away unused") {
        Tensor y = x;
        for (int i = 0; i < 1'000'000; ++i) y = plus(y, one);
        CHECK(y.item() == 1'000'001);
    }
}

TEST_CASE("a second backward through one record is an error that says so") {
    const Tensor x = leaf(2);
    const Tensor y = times(x, x);
    const Tensor z = times(y, y);
    backward(z);
    CHECK_THROWS_WITH(backward(z), Catch::Contains("already used"));
    CHECK_THROWS_WITH(backward(times(y, x)), Catch::Contains("already used"));
}

TEST_CASE("changing a saved tensor in place is an error") {
    Tensor x = leaf(2);
    const Tensor y = times(x, x);
    x.fill(3);
    CHECK_THROWS_WITH(backward(y), Catch::Contains("modified in place"));
    SECTION("also through a view") {
        Tensor base = Tensor::full({4}, 2, DType::f64);
        Tensor part = base.rows(1, 1).viewed({});
        part.set_requires_grad();
        const Tensor product = times(part, part);
        base.fill(1);
        CHECK_THROWS_WITH(backward(product), Catch::Contains("modified in place"));
    }
}

TEST_CASE("a failed backward leaves nothing behind that disturbs the next") {
    Tensor x = leaf(2), w = leaf(4);
    const Tensor shared = times(w, w);
    Tensor hurt = plus(x, x);
    const Tensor product = times(hurt, hurt);
    hurt.fill(1);
    CHECK_THROWS(backward(plus(times(shared, shared), product)));
    x.clear_grad();
    w.clear_grad();
    backward(times(w, w));
    CHECK(w.grad().item() == 8);
    CHECK_THROWS_WITH(backward(times(shared, w)), Catch::Contains("already"));  // not a gradient that lacks a part
}

TEST_CASE("nothing is recorded under NoGrad and in no other thread because of it") {
    const Tensor x = leaf(2);
    {
        const NoGrad guard;
        CHECK_FALSE(times(x, x).requires_grad());
        bool elsewhere = false;
        std::thread([&] { elsewhere = times(x, x).requires_grad(); }).join();
        CHECK(elsewhere);
    }
    CHECK(times(x, x).requires_grad());
}

TEST_CASE("backward refuses what has no gradient") {
    CHECK_THROWS_WITH(backward(Tensor::scalar(1)), Catch::Contains("nothing to differentiate"));
    const Tensor x = Tensor::ones({3}, DType::f64).set_requires_grad();
    CHECK_THROWS_WITH(backward(times(x, x)), Catch::Contains("one element"));
}

TEST_CASE("records are released while walking and no tensor leaks") {
    const Tensor x = leaf(2);
    std::weak_ptr<const void> inner;
    Tensor z;
    {
        const Tensor y = times(x, x);
        inner = y.lifetime();
        z = times(y, y);
    }
    CHECK_FALSE(inner.expired());
    backward(z);
    CHECK(inner.expired());
}

TEST_CASE("gradcheck passes a right backward and catches wrong ones") {
    const auto inputs = [] {
        return TensorList{Tensor::from<double>({1, -2, 3}, {3}).set_requires_grad(),
                          Tensor::from<double>({0.5, 4, -1}, {3}).set_requires_grad()};
    };
    CHECK(gradcheck([](const TensorList& in) { return times(plus(in[0], in[1]), in[1]); }, inputs()));
    const auto wrong = [](const TensorList& in) {
        return autograd::record("wrong", in[0].clone(), {in[0], in[1]}, [](const Tensor& grad) {
            return Gradients{grad, grad};
        });
    };
    const GradcheckResult result = gradcheck(wrong, inputs());
    CHECK_FALSE(result);
    CHECK(result.largest_error > 0.4);
    const auto not_a_number = [](const TensorList& in) {
        return autograd::record("nan", in[0].clone(), {in[0]}, [](const Tensor& grad) {
            return Gradients{Tensor::full(grad.shape(), NAN, DType::f64)};
        });
    };
    CHECK_FALSE(gradcheck(not_a_number, inputs()));
}
