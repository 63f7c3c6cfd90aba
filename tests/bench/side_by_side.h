#pragma once
// Several one-thread trainings at the same time, as the comparison runs them.

#include "bench/training.h"

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace bench {

/// A thread with a training of its own; it keeps its caches from turn to turn.
class OneThreadTraining {
public:
    explicit OneThreadTraining(const cyclone::data::Dataset& data) : thread_([this, data] { work(data); }) {}
    ~OneThreadTraining() {
        set_wanted(-1);
        thread_.join();
    }
    OneThreadTraining(const OneThreadTraining&) = delete;
    OneThreadTraining& operator=(const OneThreadTraining&) = delete;

    void start(int steps) { set_wanted(steps); }
    void wait() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return wanted_ == 0; });
    }

private:
    void set_wanted(int steps) {
        {
            const std::lock_guard lock(mutex_);
            wanted_ = steps;
        }
        changed_.notify_all();
    }

    void work(const cyclone::data::Dataset& data) {
        cyclone::set_num_threads(1);
        Training training(data, 32);
        for (;;) {
            std::unique_lock lock(mutex_);
            changed_.wait(lock, [this] { return wanted_ != 0; });
            const int steps = wanted_;
            if (steps < 0) return;
            lock.unlock();
            for (int i = 0; i < steps; ++i) training.step();
            set_wanted(0);
        }
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    int wanted_ = 0;  // steps to make; 0: none, below 0: end
    std::thread thread_;
};

}  // namespace bench
