#pragma once
// A thread that produces batches ahead of the consumer, in order, into a ring of fixed length.

#include <cyclone/base/threads.h>
#include <cyclone/data/batch.h>

#include <condition_variable>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace cyclone::data {

/// Calls produce(first), produce(first + 1), ... up to produce(last - 1) on its own thread, at most `ahead` calls
/// before the consumer. An exception of produce() is thrown by the next() that would have returned its batch. Where the
/// system starts no thread, and in the child of fork(), which has none, next() calls produce() itself.
class Prefetcher {
public:
    using Produce = std::function<Batch(std::int64_t)>;

    Prefetcher(Produce produce, std::int64_t first, std::int64_t last, std::int64_t ahead)
        : shared_(std::make_unique<Shared>(std::move(produce), first, last, ahead)) {
        try {
            thread_ = std::make_unique<std::thread>([shared = shared_.get()] { shared->run(); });
        } catch (const std::exception&) {  // no room for a thread
        }
    }

    ~Prefetcher() {
        if (forks() != forks_) {  // the thread may have held the lock
            (void)thread_.release();
            (void)shared_.release();
        }
        if (!thread_) return;
        {
            const std::lock_guard lock(shared_->mutex);
            shared_->stop = true;
        }
        shared_->changed.notify_all();
        thread_->join();
    }
    Prefetcher(const Prefetcher&) = delete;
    Prefetcher& operator=(const Prefetcher&) = delete;

    /// Waits for the next batch; must not be called more than last - first times.
    Batch next() { return thread_ && forks() == forks_ ? shared_->next() : shared_->produce(shared_->consumed++); }

private:
    struct Shared {
        Shared(Produce produce_, std::int64_t first, std::int64_t last_, std::int64_t ahead)
            : produce(std::move(produce_)),
              ring(static_cast<std::size_t>(ahead)),
              produced(first),
              consumed(first),
              last(last_) {}

        Batch& slot(std::int64_t i) { return ring[static_cast<std::size_t>(i) % ring.size()]; }

        Batch next() {
            std::unique_lock lock(mutex);
            changed.wait(lock, [this] { return produced > consumed || error; });
            if (produced == consumed) std::rethrow_exception(error);
            Batch batch = std::move(slot(consumed));
            ++consumed;
            lock.unlock();
            changed.notify_all();
            return batch;
        }

        void run() noexcept {
            try {
                for (std::int64_t i = produced; i < last; ++i) {
                    {
                        std::unique_lock lock(mutex);
                        changed.wait(lock,
                                     [&] { return stop || i - consumed < static_cast<std::int64_t>(ring.size()); });
                        if (stop) return;
                    }
                    Batch batch = produce(i);
                    {
                        const std::lock_guard lock(mutex);
                        slot(i) = std::move(batch);
                        ++produced;
                    }
                    changed.notify_all();
                }
            } catch (...) {
                {
                    const std::lock_guard lock(mutex);
                    error = std::current_exception();
                }
                changed.notify_all();
            }
        }

        Produce produce;
        std::mutex mutex;
        std::condition_variable changed;
        std::vector<Batch> ring;
        std::int64_t produced, consumed, last;
        std::exception_ptr error;
        bool stop = false;
    };

    std::unique_ptr<Shared> shared_;
    std::unique_ptr<std::thread> thread_;
    int forks_ = forks();
};

}  // namespace cyclone::data
