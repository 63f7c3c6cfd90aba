// GradientSink: where gradients go while it is the thread's, and their sum.

#include <cyclone/autograd/backward.h>
#include <cyclone/autograd/gradient_sink.h>
#include <cyclone/ops/arithmetic.h>
#include <cyclone/ops/reduce.h>

#include <array>
#include <thread>

#include "support/catch.h"
#include "support/threads.h"

using namespace cyclone;

namespace {

Tensor leaf(double value, std::int64_t size = 1) {
    Tensor t = Tensor::full({size}, value);
    t.set_requires_grad();
    return t;
}

}  // namespace

TEST_CASE("a sink takes the gradients of its thread, and no other") {
    Tensor w = leaf(3);
    GradientSink sink;
    {
        const GradientSink::Scope scope(sink);
        backward(sum(w * 2.0));
        backward(sum(w * 5.0));
        CHECK_FALSE(w.grad().defined());
        std::thread([&] { backward(sum(w * 7.0)); }).join();
        CHECK(w.grad().item() == 7);
        GradientSink inner;
        {
            const GradientSink::Scope nested(inner);
            CHECK(GradientSink::mine() == &inner);
        }
        CHECK(GradientSink::mine() == &sink);
    }
    CHECK(GradientSink::mine() == nullptr);
    GradientSink::add_up({&sink, 1});
    CHECK(w.grad().item() == 14);
    GradientSink::add_up({&sink, 1});  // it is empty now
    CHECK(w.grad().item() == 14);
}

TEST_CASE("sinks are added in their order, whichever leaves each has seen") {
    // In float the order shows: (1e8 + 1) - 1e8 is 0, (1e8 - 1e8) + 1 is 1.
    for (const int threads : {1, 3}) {
        const test::Threads setting(threads);
        constexpr std::int64_t kSize = 50'000;
        Tensor everywhere = leaf(1, kSize), first = leaf(1), last = leaf(1), in_none = leaf(1);
        std::array<GradientSink, 3> sinks;
        const std::array<double, 3> factors{1e8, 1, -1e8};
        for (std::size_t i = 0; i < sinks.size(); ++i) {
            const GradientSink::Scope scope(sinks[i]);
            backward(sum(everywhere * factors[i]));
            if (i == 0) backward(sum(first * 2.0));
            if (i > 0) backward(sum(last * static_cast<double>(i)));
        }
        GradientSink::add_up(sinks);
        for (const float g : everywhere.grad().values<float>()) REQUIRE(g == 0);
        CHECK(first.grad().item() == 2);
        CHECK(last.grad().item() == 3);
        CHECK_FALSE(in_none.grad().defined());
    }
}
