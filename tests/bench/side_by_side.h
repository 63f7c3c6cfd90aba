#pragma once
// Trainings in threads of their own: several at the same time, as the comparison runs them, or one beside strangers.

#include "bench/training.h"

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>

namespace bench {

/// A thread with a training of its own, which uses `threads` threads; it keeps its caches from turn to turn.
class TrainingThread {
public:
    explicit TrainingThread(const cyclone::data::Dataset& data, int threads = 1)
        : thread_([this, data, threads] { work(data, threads); }) {}
    ~TrainingThread() {
        set_wanted(-1);
        thread_.join();
    }
    TrainingThread(const TrainingThread&) = delete;
    TrainingThread& operator=(const TrainingThread&) = delete;

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

    void work(const cyclone::data::Dataset& data, int threads) {
        cyclone::set_num_threads(threads);
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

/// Processes that compute and nothing else, until it ends.
class Neighbours {
public:
    explicit Neighbours(int count) {
        for (int i = 0; i < count; ++i)
            if (const pid_t child = fork(); child == 0)
                compute_for_ever();
            else if (child > 0)
                children_.push_back(child);
    }
    ~Neighbours() {
        for (const pid_t child : children_) kill(child, SIGKILL), waitpid(child, nullptr, 0);
    }
    Neighbours(const Neighbours&) = delete;
    Neighbours& operator=(const Neighbours&) = delete;

private:
    [[noreturn]] static void compute_for_ever() {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (std::atomic<unsigned> x = 0;;) ++x;
    }

    std::vector<pid_t> children_;
};

}  // namespace bench
