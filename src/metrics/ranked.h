#pragma once
// What each threshold calls positive: the sweep that curves and threshold tuning share (private).

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

namespace cyclone::metrics {

/// What a threshold at `score` calls positive: all samples with a score >= it.
struct RankedPoint {
    double score;
    std::int64_t true_positives;
    std::int64_t false_positives;
};

/// One point per distinct score, scores falling; the last one counts everything.
inline std::vector<RankedPoint> rank(std::span<const std::int64_t> labels, std::span<const double> scores) {
    std::vector<std::size_t> order(scores.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return scores[a] > scores[b]; });
    std::vector<RankedPoint> points;
    std::int64_t true_positives = 0, false_positives = 0;
    for (std::size_t i = 0; i < order.size(); ++i) {
        (labels[order[i]] == 1 ? true_positives : false_positives) += 1;
        const double score = scores[order[i]];
        if (i + 1 == order.size() || scores[order[i + 1]] != score)
            points.push_back({score, true_positives, false_positives});
    }
    return points;
}

}  // namespace cyclone::metrics
