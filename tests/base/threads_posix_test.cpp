// How many threads there are: with OpenMP's settings, inside the program's own parallel regions, where the system
// starts no more, and in the child of fork(). Before, a training hung in each of these.

#include <cyclone/autograd/backward.h>
#include <cyclone/base/team.h>
#include <cyclone/base/threads.h>
#include <cyclone/nn/nn.h>
#include <cyclone/ops/ops.h>
#include <cyclone/optim/sgd.h>

#include <atomic>
#include <cmath>
#include <thread>

#include "support/catch.h"
#include "support/child.h"
#include "support/refused_threads.h"

#ifdef _OPENMP
#include <omp.h>
#endif

namespace {

using namespace cyclone;
using test::in_child;

// oneDNN uses all threads from this number of images on. The reference kernels are slow, in an emulator most of all.
#ifdef CYCLONE_WITH_ONEDNN
constexpr std::int64_t kImages = 16;
#else
constexpr std::int64_t kImages = 2;
#endif

// The loss after some updates of a network whose weight gradients oneDNN computes with all threads.
double trained() {
    manual_seed(1);
    nn::Sequential model{nn::Conv2d{1, 32, {.padding = nn::same, .activation = relu}},
                         nn::Conv2d{32, 32, {.padding = nn::same, .activation = relu}}, nn::Flatten{},
                         nn::Linear{16 * 16 * 32, 2}};
    optim::Sgd sgd(model.parameters(), {.lr = 0.01});
    const Tensor x = Tensor::ones({kImages, 16, 16, 1}), y = Tensor::zeros({kImages}, DType::i64);
    double loss_value = 0;
    for (int i = 0; i < 3; ++i) {
        const Tensor loss = cross_entropy(model(x), y);
        sgd.zero_grad();
        backward(loss);
        sgd.step();
        loss_value = loss.item();
    }
    return loss_value;
}

double trained_on_one_thread() {
    static const double loss = [] {
        const int before = num_threads();
        set_num_threads(1);
        const double value = trained();
        set_num_threads(before);
        return value;
    }();
    return loss;
}

bool trains() { return std::abs(trained() - trained_on_one_thread()) < 1e-4; }

}  // namespace

#ifdef _OPENMP

TEST_CASE("a training ends whatever number of threads OpenMP grants") {
    REQUIRE(std::isfinite(trained_on_one_thread()));
    struct Case {
        const char* name;
        bool (*works)();
    };
    const Case cases[] = {
        {"dynamic",
         [] {
             omp_set_dynamic(1);
             set_num_threads(8);  // more than there are processors: fewer would be granted
             return trains() && omp_get_dynamic() != 0 && num_threads() == 8;
         }},
        {"no parallel regions",
         [] {
             set_num_threads(2);
             omp_set_max_active_levels(0);
             return trains() && num_threads() == 1;
         }},
        {"in a parallel region of the program's own",
         [] {
             set_num_threads(2);
             std::atomic<int> good{0};
#pragma omp parallel num_threads(2)
             good += trains() && num_threads() == 1;
             return good == 2 && trains() && num_threads() == 2;
         }},
        {"in one that may have parallel regions inside",
         [] {
             omp_set_max_active_levels(4);
             set_num_threads(2);
             std::atomic<int> good{0};
#pragma omp parallel num_threads(2)
             good += trains();
             return good == 2;
         }},
        {"in one of a single thread",
         [] {
             set_num_threads(2);
             bool good = false;
#pragma omp parallel num_threads(1)
             good = trains() && num_threads() == 1 + (omp_get_max_active_levels() > 0);
             return good;
         }},
        {"before and after the number changes",
         [] {
             set_num_threads(3);
             bool good = trains();
             omp_set_dynamic(1);
             good = good && trains();
             omp_set_dynamic(0);
             omp_set_num_threads(1);  // behind Cyclone's back
             return good && trains() && num_threads() == 1;
         }},
    };
    for (const Case& c : cases) {
        INFO(c.name);
        CHECK(in_child(c.works) == 0);
    }
}

#endif

TEST_CASE("a child of fork predicts and trains, and so does its parent") {
    const int before = num_threads();
    set_num_threads(2);
    CHECK(trains());  // the workers are there
    CHECK(in_child([] { return trains() && num_threads() == 2; }) == 0);
    CHECK(in_child([] {  // of a child
              return trains() && in_child(trains) == 0 && trains();
          }) == 0);
    CHECK(in_child([] {
              bool good = false;
              std::thread([&good] { good = trains(); }).join();
              return good;
          }) == 0);
    CHECK(trains());
    // From within a parallel region, whose other threads the child lacks.
    std::atomic<int> good{0};
    in_parallel(2, [&](int part, int) {
        if (part == 0) good = in_child([] { return trains() && num_threads() == 1; }) == 0;
    });
    CHECK(good == 1);
    set_num_threads(before);
}

#ifndef CYCLONE_NO_MULTIVERSION

TEST_CASE("where the system starts no more threads there are fewer, and the work is done") {
    trained_on_one_thread();  // here: a change to one thread ends OpenMP's workers
    CHECK(in_child([] {
              const test::RefusedThreads refused(2);
              set_num_threads(6);
              return num_threads() == 3;  // with the calling one
          }) == 0);
    CHECK(in_child([] {
              const test::RefusedThreads refused(0);
              set_num_threads(6);
              return num_threads() == 1 && trains() && num_threads() == 1;
          }) == 0);
    // Those that have been granted once stay: two threads on trial, and OpenMP's own.
    CHECK(in_child([] {
              const test::RefusedThreads refused(4);
              set_num_threads(3);
              const bool good = trains() && num_threads() == 3;
              set_num_threads(9);
              return good && trains() && num_threads() == 3;
          }) == 0);
}

#endif
