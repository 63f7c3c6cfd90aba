#pragma once
// Turning scores into probabilities that hold: Platt scaling and isotonic calibration, fitted on a validation split,
// and the shift to another share of positives. Weights, samplers and logit adjustment all distort probabilities;
// rankings (AUC, average precision) stay as they are under Platt scaling and the shift.

#include <cstdint>
#include <span>
#include <vector>

namespace cyclone::metrics {

/// log(p / (1 - p)) with p clipped to [eps, 1 - eps]; the default is the resolution of a softmax in f32.
/// Errors: p outside [0, 1] (up to rounding), eps outside (0, .5).
double log_odds(double probability, double eps = 1.1920929e-7);

/// 1 / (1 + exp(slope * score + offset)), so the slope is negative where higher scores are more likely positive (Platt
/// 1999; scikit-learn's signs). Scores are best log odds: a difference of logits, or log_odds(p).
struct PlattScaling {
    double slope = -1;
    double offset = 0;
    double operator()(double score) const;

    /// The minimum of the cross-entropy towards Platt's targets (n1 + 1) / (n1 + 2) and 1 / (n0 + 2), by Newton's
    /// method (Lin, Lin and Weng 2007). With one class only, or a constant score, the slope is 0 and every probability
    /// the mean target. Arguments and errors as roc_auc.
    static PlattScaling fit(std::span<const std::int64_t> labels, std::span<const double> scores);
};

/// A rising function from score to probability through the points (score[i], probability[i]), linear in between and
/// constant outside.
struct IsotonicCalibration {
    std::vector<double> scores;         ///< strictly rising
    std::vector<double> probabilities;  ///< not falling
    double operator()(double score) const;

    /// The rising function nearest to the labels in the sum of squares, by pooling adjacent violators; equal scores are
    /// one point. Inside a constant piece only the ends are kept (scikit-learn's IsotonicRegression with
    /// out_of_bounds="clip"). With one class only it is constant. Ties appear in the ranking. It needs about a thousand
    /// samples, and fits fewer too closely. Arguments and errors as roc_auc.
    static IsotonicCalibration fit(std::span<const std::int64_t> labels, std::span<const double> scores);
};

/// The probability of class 1 where its share is `to`, given p from a model for which it is `from`: the odds times
/// (to / (1 - to)) / (from / (1 - from)) (Saerens, Latinne and Decaestecker 2002). It holds as long as the classes look
/// the same in both places. Errors: p outside [0, 1] (up to rounding), a share that is not between 0 and 1.
double shift_prior(double probability, double from, double to);

/// The same for the probabilities of K classes, n x K row-major in place: p_c times to_c / from_c, normalised. Shares
/// may have any sum. Errors: as above, lengths that do not fit, a row that becomes all 0.
void shift_prior(std::span<double> probabilities, std::span<const double> from, std::span<const double> to);

}  // namespace cyclone::metrics
