#pragma once
// The argument checks that all metrics share (private).

#include <cyclone/base/error.h>

#include <cmath>
#include <cstdint>
#include <span>
#include <string_view>

namespace cyclone::metrics {

inline void check_lengths(std::string_view where, std::size_t labels, std::size_t others, std::string_view what) {
    check(labels > 0, where, "expected at least one label, got none");
    check(labels == others, where, "expected one entry of ", what, " per label, got ", others, " for ", labels,
          " labels");
}

/// Class numbers 0 ... classes - 1.
inline void check_classes(std::string_view where, std::span<const std::int64_t> labels, std::int64_t classes,
                          std::string_view what = "label") {
    for (std::size_t i = 0; i < labels.size(); ++i)
        check(labels[i] >= 0 && labels[i] < classes, where, "expected ", what, "s from 0 to ", classes - 1, ", got ",
              labels[i], " at index ", i);
}

inline void check_finite(std::string_view where, std::span<const double> scores) {
    for (std::size_t i = 0; i < scores.size(); ++i)
        check(std::isfinite(scores[i]), where, "expected finite scores, got ", scores[i], " at index ", i,
              " (did the training diverge?)");
}

inline void check_scores(std::string_view where, std::span<const std::int64_t> labels, std::span<const double> scores) {
    check_lengths(where, labels.size(), scores.size(), "scores");
    check_classes(where, labels, 2);
    check_finite(where, scores);
}

/// How far outside [0, 1] a probability may lie: a softmax in f32 may round that far.
constexpr double probability_slack = 1e-6;

inline void check_probabilities(std::string_view where, std::span<const double> probabilities) {
    check_finite(where, probabilities);
    for (std::size_t i = 0; i < probabilities.size(); ++i)
        check(probabilities[i] >= -probability_slack && probabilities[i] <= 1 + probability_slack, where,
              "expected probabilities from 0 to 1, got ", probabilities[i], " at index ", i,
              " (logits need a softmax or sigmoid first)");
}

}  // namespace cyclone::metrics
