// The loader around fork(), and where the system starts no more threads.

#include <cyclone/base/threads.h>
#include <cyclone/data/loader.h>
#include <cyclone/data/synthetic.h>
#include <cyclone/ops/ops.h>

#include <atomic>
#include <iterator>
#include <thread>
#include <utility>
#include <vector>

#include "support/catch.h"
#include "support/child.h"
#include "support/refused_threads.h"

namespace {

using namespace cyclone;
using test::in_child;

// The sum of the pixels of each batch that is left in this epoch.
std::vector<double> rest_of_epoch(data::Loader::Iterator at) {
    std::vector<double> sums;
    for (; at != std::default_sentinel; ++at) sums.push_back(sum((*at).x).item());
    return sums;
}

}  // namespace

TEST_CASE("fork while other threads allocate, and in the middle of an epoch") {
    CYCLONE_NEED_FORK_BESIDE_THREADS();
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

TEST_CASE("a loader whose threads the system does not start gives the same batches") {
    const auto sums = [] {
        data::Loader loader(data::synthetic_patches({.positives = 4, .negatives = 9, .seed = 1, .size = 8}),
                            {.batch_size = 4, .seed = 5, .prefetch = 3});
        return rest_of_epoch(loader.begin());
    };
    const auto expected = sums();
    const test::RefusedThreads refused(0);
    CHECK(sums() == expected);
}

#endif
