// The cost of a training step, and that its bits stay the same.

#include <cyclone/autograd/backward.h>
#include <cyclone/base/threads.h>
#include <cyclone/ops/batch_norm.h>
#include <cyclone/ops/conv2d.h>
#include <cyclone/ops/linear.h>
#include <cyclone/ops/pool2d.h>
#include <cyclone/ops/shape.h>
#include <cyclone/tensor/allocator.h>

#include <thread>

#include "ops/exact.h"
#ifdef CYCLONE_WITH_ONEDNN
#include "onednn/stats.h"
#endif

using namespace cyclone;

namespace {

// A small model with plain gradient descent; `channels` makes models of different shapes.
class Net {
public:
    Net(std::int64_t channels, std::uint64_t seed)
        : x_(exact::reals({16, 16, 16, 1}, seed, DType::f32)),
          y_grad_(exact::reals({16, 2}, seed + 1, DType::f32)),
          parameters_{parameter({channels, 3, 3, 1}, seed + 2),
                      parameter({channels}, seed + 3),
                      parameter({channels}, seed + 4),
                      parameter({channels}, seed + 5),
                      parameter({channels, 3, 3, channels}, seed + 6),
                      parameter({2, 8 * 8 * channels}, seed + 7),
                      parameter({2}, seed + 8)},
          mean_(Tensor::zeros({channels})),
          variance_(Tensor::ones({channels})) {}

    void step() {
        const auto& p = parameters_;
        Tensor y = conv2d(x_, p[0], p[1], {.padding = Padding::same()}, relu);
        y = batch_norm(y, p[2], p[3], mean_, variance_, true);
        y = conv2d(max_pool2d(y), p[4], {}, {.padding = Padding::same()}, relu);
        backward(linear(flatten(y), p[5], p[6]), y_grad_);
        for (Tensor& parameter : parameters_) {
            float* values = parameter.mutable_data<float>();
            const Tensor grad = parameter.grad();
            for (std::int64_t i = 0; i < grad.numel(); ++i) values[i] -= 0.01F * grad.data<float>()[i];
            parameter.clear_grad();
        }
    }

    std::vector<float> weights() const {
        std::vector<float> all;
        for (const Tensor& p : parameters_) all.insert(all.end(), p.values<float>().begin(), p.values<float>().end());
        return all;
    }

private:
    static Tensor parameter(const Shape& shape, std::uint64_t seed) {
        return exact::leaf(exact::reals(shape, seed, DType::f32));
    }
    Tensor x_, y_grad_;
    std::vector<Tensor> parameters_;
    Tensor mean_, variance_;
};

std::vector<float> trained(std::int64_t channels, std::uint64_t seed, int threads) {
    set_num_threads(threads);
    Net net(channels, seed);
    for (int i = 0; i < 5; ++i) net.step();
    return net.weights();
}

// In a thread of its own, so that neither thread counts nor caches of the test's thread matter.
std::vector<float> trained_apart(std::int64_t channels, std::uint64_t seed, int threads) {
    std::vector<float> result;
    std::thread([&] { result = trained(channels, seed, threads); }).join();
    return result;
}

}  // namespace

TEST_CASE("a training step repeats bit by bit") {
    for (const int threads : {1, 2, 3}) {
        INFO(threads << " threads");
        CHECK(trained_apart(8, 1, threads) == trained_apart(8, 1, threads));
    }
}

TEST_CASE("two models trained at the same time give the bits of one after the other") {
    for (const int threads : {1, 2}) {
        INFO(threads << " threads each");
        const std::vector<float> first = trained_apart(8, 1, threads), second = trained_apart(11, 2, threads);
        std::vector<float> a, b;
        std::thread one([&] { a = trained(8, 1, threads); });
        std::thread other([&] { b = trained(11, 2, threads); });
        one.join();
        other.join();
        CHECK(a == first);
        CHECK(b == second);
    }
}

TEST_CASE("a steady-state step takes no memory from the system") {
    Net net(8, 1);
    for (int i = 0; i < 3; ++i) net.step();
    const std::uint64_t before = allocator_stats().system_allocations;
    for (int i = 0; i < 10; ++i) net.step();
    CHECK(allocator_stats().system_allocations == before);
}

#ifdef CYCLONE_WITH_ONEDNN
TEST_CASE("a steady-state step creates no primitive and none of its cases is refused") {
    const onednn::Stats start = onednn::stats();
    Net net(13, 1);
    for (int i = 0; i < 2; ++i) net.step();
    const onednn::Stats before = onednn::stats();
    CHECK(before.primitives_created >= start.primitives_created + 10);  // the step does run on oneDNN
    CHECK(before.kernels_refused == start.kernels_refused);
    for (int i = 0; i < 10; ++i) net.step();
    CHECK(onednn::stats().primitives_created == before.primitives_created);
}

TEST_CASE("the primitive cache forgets the oldest shapes and stays right") {
    const int threads_before = num_threads();
    set_num_threads(1);  // 700 tiny products gain nothing from a second
    const Tensor weight = exact::integers({3, 2}, 1);
    const auto row = [&](std::int64_t n) { return linear(exact::integers({n, 2}, 2), weight).to_vector<float>(); };
    const std::vector<float> first = row(1);
    for (std::int64_t n = 2; n < 700; ++n) row(n);
    const std::uint64_t before = onednn::stats().primitives_created;
    CHECK(row(1) == first);
    CHECK(onednn::stats().primitives_created > before);
    const std::uint64_t again = onednn::stats().primitives_created;
    row(699);
    CHECK(onednn::stats().primitives_created == again);
    set_num_threads(threads_before);
}
#endif
