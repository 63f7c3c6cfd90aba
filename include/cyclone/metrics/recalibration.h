#pragma once
// The shift of probabilities to another prior. Class weights, samplers and logit adjustment train a model for a prior
// that is not that of the data; rankings (AUC, average precision) stay the same under the shift.

namespace cyclone::metrics {

/// The probability of class 1 where its prior is `to`, given p from a model for which it is `from`: the odds times
/// (to / (1 - to)) / (from / (1 - from)) (Saerens, Latinne and Decaestecker 2002). It assumes that the images of each
/// class are distributed alike under both priors. Errors: p outside [0, 1] (up to rounding), a prior that is not
/// between 0 and 1.
double shift_prior(double probability, double from, double to);

}  // namespace cyclone::metrics
