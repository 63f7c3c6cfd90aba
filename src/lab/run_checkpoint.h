#pragma once
// What the checkpoint of a run holds besides its training: what was measured, and the time that it took (private).

#include <cyclone/lab/run.h>
#include <cyclone/train/checkpoint.h>

#include <chrono>
#include <optional>

namespace cyclone::lab {

/// The time of a run without its tests, over all processes that have trained it.
class Stopwatch {
public:
    void start() { start_ = Clock::now(); }
    void add(double seconds) {
        before_ += std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
    }
    void pause() { before_ += Clock::now() - *start_, start_.reset(); }
    double seconds() const {
        const Clock::duration running = start_ ? Clock::now() - *start_ : Clock::duration::zero();
        return std::chrono::duration<double>(before_ + running).count();
    }

private:
    using Clock = std::chrono::steady_clock;
    Clock::duration before_{0};
    std::optional<Clock::time_point> start_;
};

train::CheckpointExtra measured(const Run& run, const Stopwatch& watch);

/// Error where `extra` is not what measured() gave, or version 0.1.
void restore(train::CheckpointExtra extra, Run& run, Stopwatch& watch);

}  // namespace cyclone::lab
