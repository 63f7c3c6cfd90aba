#pragma once
// A thread that produces batches ahead of the consumer, in order, into a ring of fixed length.

#include <cyclone/data/batch.h>

#include <condition_variable>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace cyclone::data {

/// Calls produce(first), produce(first + 1), ... up to produce(last - 1) on its own thread, at most `ahead` calls
/// before the consumer. An exception of produce() is thrown by the next() that would have returned its batch.
class Prefetcher {
public:
    using Produce = std::function<Batch(std::int64_t)>;

    Prefetcher(Produce produce, std::int64_t first, std::int64_t last, std::int64_t ahead)
        : produce_(std::move(produce)),
          ring_(static_cast<std::size_t>(ahead)),
          produced_(first),
          consumed_(first),
          last_(last),
          thread_([this] { run(); }) {}

    ~Prefetcher() {
        {
            const std::lock_guard lock(mutex_);
            stop_ = true;
        }
        changed_.notify_all();
        thread_.join();
    }
    Prefetcher(const Prefetcher&) = delete;
    Prefetcher& operator=(const Prefetcher&) = delete;

    /// Waits for the next batch; must not be called more than last - first times.
    Batch next() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return produced_ > consumed_ || error_; });
        if (produced_ == consumed_) std::rethrow_exception(error_);
        Batch batch = std::move(slot(consumed_));
        ++consumed_;
        lock.unlock();
        changed_.notify_all();
        return batch;
    }

private:
    Batch& slot(std::int64_t i) { return ring_[static_cast<std::size_t>(i) % ring_.size()]; }

    void run() noexcept {
        try {
            for (std::int64_t i = produced_; i < last_; ++i) {
                {
                    std::unique_lock lock(mutex_);
                    changed_.wait(lock,
                                  [&] { return stop_ || i - consumed_ < static_cast<std::int64_t>(ring_.size()); });
                    if (stop_) return;
                }
                Batch batch = produce_(i);
                {
                    const std::lock_guard lock(mutex_);
                    slot(i) = std::move(batch);
                    ++produced_;
                }
                changed_.notify_all();
            }
        } catch (...) {
            {
                const std::lock_guard lock(mutex_);
                error_ = std::current_exception();
            }
            changed_.notify_all();
        }
    }

    Produce produce_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<Batch> ring_;
    std::int64_t produced_, consumed_, last_;
    std::exception_ptr error_;
    bool stop_ = false;
    std::thread thread_;  // last: starts when all else is there
};

}  // namespace cyclone::data
