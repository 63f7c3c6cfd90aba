#pragma once
// A schedule looked at before any training: its numbers over a run, and what is likely a mistake.

#include <cyclone/schedule/schedule.h>

#include <cstdint>
#include <string>
#include <vector>

namespace cyclone::schedule {

/// A schedule over one run.
struct Preview {
    std::string name;                   ///< for tables and pictures
    Schedule schedule;                  ///< lengths in updates
    std::uint64_t updates = 0;          ///< of the run
    double sum = 0;                     ///< the learning-rate budget, as sum()
    double mean = 0;                    ///< sum / updates
    double lowest = 0;                  ///< of all updates
    double highest = 0;                 ///< of all updates
    std::uint64_t highest_at = 0;       ///< the first update with the highest rate
    double first = 0;                   ///< rate of the first update
    double last = 0;                    ///< rate of the last update
    std::vector<std::string> warnings;  ///< sentences, with the numbers that led to them
};

/// Evaluates the updates 0 ... updates - 1 (at least one), and warns of
/// - a run that ends in the middle of a cycle (Smith: stop at the end of one),
/// - a highest rate that comes after the end of the run, and one that stays far below the maximum given,
/// - a warm-up longer than the run, pieces of join() that never run, decays that the run ends long before their end,
/// - cycles whose highest rate is hardly above the lowest, rates above 10, and none but 0,
/// - a length in epochs that would fit as updates only, and the reverse.
/// All of them are guesses at what was meant: nothing is changed or refused. A schedule that says nothing of itself
/// gets no warning.
Preview preview(std::string name, const Schedule& schedule, std::uint64_t updates, std::uint64_t updates_per_epoch);

/// Updates of a run beyond which programs ask for no preview: it takes the rate of every update.
inline constexpr std::uint64_t kLongestPreview = 100'000'000;

/// A warning for every schedule whose sum of rates is 1000 times below the largest one: it hardly moves the weights, so
/// a comparison with it compares training with no training. (The "fixed" rate of the 2018 study was one.)
std::vector<std::string> budget_warnings(const std::vector<Preview>& previews);

/// One point of a drawing.
struct Sample {
    std::uint64_t update;  ///< 0, 1, 2, ...
    double value;          ///< of the schedule there
};

/// The schedule for drawing: the updates 0 ... updates - 1, or of each of `parts` equal stretches the lowest and the
/// highest, in the order of the updates, so that no peak is lost.
std::vector<Sample> samples(const Schedule& schedule, std::uint64_t updates, std::size_t parts);

}  // namespace cyclone::schedule
