// How many threads there are: with OpenMP's settings, inside the program's own parallel regions, where the system
// starts no more, and in the child of fork(). Before, a training hung in each of these.

#include <cyclone/autograd/backward.h>
#include <cyclone/base/team.h>
#include <cyclone/base/threads.h>
#include <cyclone/data/loader.h>
#include <cyclone/data/synthetic.h>
#include <cyclone/nn/nn.h>
#include <cyclone/ops/ops.h>
#include <cyclone/optim/sgd.h>

#include <array>
#include <atomic>
#include <cmath>
#include <cstdlib>
#include <iterator>
#include <optional>
#include <thread>

#include "base/refused_threads.h"
#include "lab/workers.h"
#include "support/catch.h"
#include "support/child.h"
#include "support/threads.h"

#ifdef _OPENMP
#include <omp.h>
#endif

namespace {

using namespace cyclone;
using test::in_child;

// The loss after some updates of a network whose weight gradients oneDNN computes with all threads.
double trained() {
    manual_seed(1);
    nn::Sequential model{nn::Conv2d{1, 32, {.padding = nn::same, .activation = relu}},
                         nn::Conv2d{32, 32, {.padding = nn::same, .activation = relu}}, nn::Flatten{},
                         nn::Linear{16 * 16 * 32, 2}};
    optim::Sgd sgd(model.parameters(), {.lr = 0.01});
    const Tensor x = Tensor::ones({16, 16, 16, 1}), y = Tensor::zeros({16}, DType::i64);
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

// The sum of the pixels of each batch that is left in this epoch.
std::vector<double> rest_of_epoch(data::Loader::Iterator at) {
    std::vector<double> sums;
    for (; at != std::default_sentinel; ++at) sums.push_back(sum((*at).x).item());
    return sums;
}

}  // namespace

TEST_CASE("ending the idle workers changes neither the thread count nor what is computed after it") {
    const int before = num_threads();
    set_num_threads(3);
    const Tensor x = Tensor::ones({64, 1024});  // large enough to be spread over the threads
    CHECK(sum(x).item() == 65536);
    end_idle_threads();
    CHECK(num_threads() == 3);
    CHECK(sum(x).item() == 65536);
    end_idle_threads();
    end_idle_threads();
    set_num_threads(before);
}

TEST_CASE("thread counts that no machine has are refused by name") {
    CHECK_THROWS_WITH(set_num_threads(0), Catch::Contains("expected a count from 1 to 1024, got 0"));
    CHECK_THROWS_WITH(set_num_threads(100'000), Catch::Contains("got 100000"));
}

TEST_CASE("parts run side by side, each once, with OpenMP and on the team") {
    const test::Threads setting(3);
    for (const bool on_team : {false, true}) {
        std::optional<TeamLoops> loops;
        if (on_team) loops.emplace();
        std::array<std::atomic<int>, 3> calls{};
        std::atomic<int> here{0}, wrong{0};
        in_parallel(3, [&](int part, int parts) {
            ++here;
            while (here < 3) std::this_thread::yield();  // for ever, were they one after the other
            if (parts != 3 || num_threads() != 1) ++wrong;
            ++calls[static_cast<std::size_t>(part)];
        });
        CHECK(wrong == 0);
        for (const auto& n : calls) CHECK(n == 1);
    }
    int calls = 0;
    in_parallel(1, [&](int part, int parts) { calls += part == 0 && parts == 1 && num_threads() == 3; });
    CHECK(calls == 1);
}

#ifndef _OPENMP

TEST_CASE("without OpenMP the number of threads is what was asked for, per thread") {
    const test::Threads setting(2);
    CHECK(num_threads() == 2);
    {
        const ExactThreads one(1);
        CHECK(num_threads() == 1);
    }
    CHECK(num_threads() == 2);
    int elsewhere = 0;
    std::thread([&] { elsewhere = num_threads(); }).join();
    const char* wanted = std::getenv("OMP_NUM_THREADS");
    CHECK(elsewhere == (wanted ? std::atoi(wanted) : available_processors()));
}

#else

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

TEST_CASE("fork while other threads allocate, and in the middle of an epoch") {
    std::atomic<bool> over{false};
    std::vector<std::thread> busy;
    for (int i = 0; i < 2; ++i)
        busy.emplace_back([&over] {
            set_num_threads(1);
            std::vector<Tensor> kept;
            for (std::int64_t size = 1; !over; size = size % 50 + 1) {
                kept.push_back(Tensor::ones({size, 16}));
                if (kept.size() > 100) kept.clear();
            }
        });
    // Tensors of another thread go back to that thread's cache.
    data::Loader loader(data::synthetic_patches({.positives = 10, .negatives = 30, .seed = 1, .size = 8}),
                        {.batch_size = 4, .seed = 3, .prefetch = 2});
    auto at = loader.begin();
    ++at;
    for (int i = 0; i < 10; ++i)
        CHECK(in_child([] {
                  Tensor x = Tensor::ones({7, 16});
                  return sum(x).item() == 112;
              }) == 0);
    data::Loader plain(loader.dataset(), {.batch_size = 4, .seed = 3, .prefetch = 0});
    auto expected_at = plain.begin();
    ++expected_at;
    const auto expected = rest_of_epoch(expected_at);
    CHECK(expected.size() == 9);
    CHECK(in_child([&] {
              const data::Loader mine = std::move(loader);  // ends in the child, which has no thread to join
              return mine.batches_per_epoch() == 10;
          }) == 0);
    CHECK(in_child([&] { return rest_of_epoch(at) == expected; }) == 0);
    CHECK(rest_of_epoch(at) == expected);  // the parent's own is untouched
    over = true;
    for (std::thread& thread : busy) thread.join();
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
    const auto sums = [] {
        data::Loader loader(data::synthetic_patches({.positives = 4, .negatives = 9, .seed = 1, .size = 8}),
                            {.batch_size = 4, .seed = 5, .prefetch = 3});
        return rest_of_epoch(loader.begin());
    };
    const auto expected = sums();
    const test::RefusedThreads refused(0);
    CHECK(sums() == expected);
}

TEST_CASE("jobs run in as many threads as there are, and none at all is an error") {
    std::atomic<int> done{0};
    {
        const test::RefusedThreads refused(2);
        lab::run_jobs(7, 4, 1, [&](std::size_t) { ++done; });
        CHECK(done == 7);
    }
    const test::RefusedThreads refused(0);
    CHECK_THROWS_WITH(lab::run_jobs(7, 4, 1, [&](std::size_t) { ++done; }),
                      Catch::Contains("no thread can be started") && Catch::Contains("ulimit -u"));
    CHECK(done == 7);
}

#endif
