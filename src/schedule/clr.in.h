// clr.hpp: learning-rate schedules and the range test in one header, for a training loop of your own (LibTorch, dlib,
// mlpack, or by hand). C++17, no dependency, no exceptions, no RTTI; values equal Cyclone's. Made of Cyclone's sources
// (version @PROJECT_VERSION@, Apache 2.0) by its build: do not edit.
//
//     #include <cyclone/clr.hpp>
//     const clr::Triangular rate{0.002, 0.03, 2000};            // base, max, updates of half a cycle
//     for (std::uint64_t update = 0; update < 24000; ++update) step(rate(update));
//
// A schedule is a struct of numbers. Its call operator is a pure function of the update number (the first is 0), so a
// resumed training needs no state. problem() says what is wrong with the numbers, or is null; a schedule with a problem
// gives NaN, never a rate that merely looks like one.
#ifndef CLR_HPP
#define CLR_HPP

// The formulas and the rules, as they stand in the sources of the library.@clr_sources@

namespace clr {
namespace detail {
inline bool rate(double value) { return std::isfinite(value) && value >= 0; }
inline bool factor(double value) { return value > 0 && value <= 1; }
inline const char* cycle_problem(double base, double max, std::uint64_t step_size, std::uint64_t down = 0) {
    constexpr std::uint64_t kMost = std::uint64_t{1} << 53;
    if (!rate(base) || !rate(max)) return "base, max: expected finite rates >= 0";
    if (base > max) return "base, max: expected base <= max";
    if (step_size > kMost || down > kMost) return "step_size: expected at most 2^53 updates";
    return step_size == 0 ? "step_size: expected at least 1 update" : nullptr;
}
inline const char* decay_problem(double start, double end, std::uint64_t length) {
    if (!rate(start) || !rate(end)) return "start, end: expected finite rates >= 0";
    return length == 0 ? "length: expected at least 1 update" : nullptr;
}
inline constexpr double kNone = NAN;
inline double between(double a, double b, double height) {
    return std::isnan(height) ? kNone : formula::mix(a, b, height);  // std::lerp makes b of NaN
}
}  // namespace detail

/// base up to max in step_size updates, and down again in as many or in step_size_down (Smith 2017, arXiv
/// 1506.01186).
struct Triangular {
    double base, max;                  ///< rates
    std::uint64_t step_size;           ///< updates of a rise
    std::uint64_t step_size_down = 0;  ///< updates of a fall; 0: as a rise

    const char* problem() const { return detail::cycle_problem(base, max, step_size, step_size_down); }
    formula::Wave wave() const { return {step_size, step_size_down == 0 ? step_size : step_size_down}; }
    /// 0 at base, 1 at max: for a momentum that moves against the rate, see mirrored().
    double height(std::uint64_t t) const { return problem() ? detail::kNone : wave().height(t); }
    double operator()(std::uint64_t t) const { return detail::between(base, max, height(t)); }
};

/// Triangular with an amplitude that halves with each cycle.
struct Triangular2 {
    double base, max;                  ///< rates
    std::uint64_t step_size;           ///< updates of a rise
    std::uint64_t step_size_down = 0;  ///< updates of a fall; 0: as a rise

    const char* problem() const { return detail::cycle_problem(base, max, step_size, step_size_down); }
    /// 0 at base, 1 at max.
    double height(std::uint64_t t) const {
        return problem() ? detail::kNone : Triangular{base, max, step_size, step_size_down}.wave().halving_height(t);
    }
    double operator()(std::uint64_t t) const { return detail::between(base, max, height(t)); }
};

/// Triangular with an amplitude of (max - base) * gamma^t.
struct ExpRange {
    double base, max;                  ///< rates
    std::uint64_t step_size;           ///< updates of a rise
    double gamma = 0.99994;            ///< in (0, 1]
    std::uint64_t step_size_down = 0;  ///< updates of a fall; 0: as a rise

    const char* problem() const {
        return detail::factor(gamma) ? detail::cycle_problem(base, max, step_size, step_size_down)
                                     : "gamma: expected a number in (0, 1]";
    }
    /// 0 at base, at most 1.
    double height(std::uint64_t t) const {
        return problem() ? detail::kNone
                         : Triangular{base, max, step_size, step_size_down}.wave().falling_height(t, gamma);
    }
    double operator()(std::uint64_t t) const { return detail::between(base, max, height(t)); }
};

/// One rise to max and one long fall (Smith and Topin 2017, arXiv 1708.07120), with the values of PyTorch's
/// OneCycleLR.
struct OneCycle {
    double max;                     ///< highest rate
    std::uint64_t length;           ///< updates of the run
    double pct_start = 0.3;         ///< fraction of the run that rises, in [0, 1]; with three phases in (0, 0.5]
    double div_factor = 25;         ///< the first rate is max / div_factor; >= 1
    double final_div_factor = 1e4;  ///< the last rate is max / div_factor / final_div_factor; >= 1
    bool straight = false;          ///< straight lines instead of half cosines
    bool three_phases = false;      ///< up, down to the first rate, then on to the last rate

    const char* problem() const {
        if (!detail::rate(max)) return "max: expected a finite rate >= 0";
        if (length == 0) return "length: expected at least 1 update";
        if (!(pct_start >= 0 && pct_start <= 1)) return "pct_start: expected a fraction in [0, 1]";
        if (three_phases && !(pct_start > 0 && pct_start <= 0.5))
            return "pct_start: expected a fraction in (0, 0.5] with three phases";
        const bool factors = std::isfinite(div_factor) && std::isfinite(final_div_factor);
        return factors && div_factor >= 1 && final_div_factor >= 1
                   ? nullptr
                   : "div_factor, final_div_factor: expected numbers >= 1";
    }
    /// 0 at the first and last rate, 1 at max.
    double height(std::uint64_t t) const {
        return problem() ? detail::kNone
                         : formula::OneCyclePath{pct_start, straight, three_phases}.level(t, length, 0, 1, 0);
    }
    double operator()(std::uint64_t t) const {
        if (problem()) return detail::kNone;
        const double first = max / div_factor;
        return formula::OneCyclePath{pct_start, straight, three_phases}.level(t, length, first, max,
                                                                              first / final_div_factor);
    }
};

/// A straight line from start to end.
struct Linear {
    double start, end;     ///< rates
    std::uint64_t length;  ///< updates; after them the rate stays

    const char* problem() const { return detail::decay_problem(start, end, length); }
    double operator()(std::uint64_t t) const {
        return problem() ? detail::kNone : formula::mix(start, end, formula::passed(t, length));
    }
};

/// end + (start - end) * (1 - t / length)^power.
struct Polynomial {
    double start, end;     ///< rates
    std::uint64_t length;  ///< updates; after them the rate stays
    double power = 2;      ///< > 0

    const char* problem() const {
        return std::isfinite(power) && power > 0 ? detail::decay_problem(start, end, length)
                                                 : "power: expected a number > 0";
    }
    double operator()(std::uint64_t t) const {
        return problem() ? detail::kNone : formula::mix(end, start, std::pow(1 - formula::passed(t, length), power));
    }
};

/// Half a cosine from start to end.
struct Cosine {
    double start, end;     ///< rates
    std::uint64_t length;  ///< updates; after them the rate stays

    const char* problem() const { return detail::decay_problem(start, end, length); }
    double operator()(std::uint64_t t) const {
        return problem() ? detail::kNone : formula::mix(end, start, formula::half_cosine(formula::passed(t, length)));
    }
};

/// base * gamma^k after every k * `every` updates.
struct Step {
    double base;          ///< first rate
    std::uint64_t every;  ///< updates between two falls
    double gamma = 0.1;   ///< in (0, 1]

    const char* problem() const {
        return detail::factor(gamma) ? detail::decay_problem(base, 0, every) : "gamma: expected a number in (0, 1]";
    }
    double operator()(std::uint64_t t) const {
        return problem() ? detail::kNone : formula::decayed(base, gamma, static_cast<double>(t / every));
    }
};

/// base / (1 + decay t): Keras's SGD(decay=...). With the 0.96 of the 2018 study it has ended after a few updates.
struct TimeDecay {
    double base, decay;  ///< first rate; decay per update, >= 0

    const char* problem() const {
        return detail::rate(base) && detail::rate(decay) ? nullptr : "base, decay: expected finite numbers >= 0";
    }
    double operator()(std::uint64_t t) const { return problem() ? detail::kNone : formula::time_decay(base, decay, t); }
};

/// Cosine from max to base, restarted (Loshchilov and Hutter 2017, arXiv 1608.03983).
struct WarmRestarts {
    double base, max;       ///< rates
    std::uint64_t period;   ///< updates of the first cycle
    double multiplier = 1;  ///< each cycle is this many times as long as the one before; > 0
    double peak_decay = 1;  ///< each peak is base + (max - base) * peak_decay^n; in (0, 1]

    const char* problem() const {
        if (!(std::isfinite(multiplier) && multiplier > 0)) return "multiplier: expected a number > 0";
        return detail::factor(peak_decay) ? detail::cycle_problem(base, max, period)
                                          : "peak_decay: expected a number in (0, 1]";
    }
    double operator()(std::uint64_t t) const {
        if (problem()) return detail::kNone;
        return formula::warm_restarts(base, max, peak_decay, formula::RestartClock(period, multiplier).at(t));
    }
};

/// `high` where height is 0 and `low` where it is 1: mirrored(rate.height(t), 0.85, 0.95) is a momentum that moves
/// against the rate.
inline double mirrored(double height, double low, double high) { return detail::between(high, low, height); }

/// What the rules say of a range test's curve; none is an answer.
struct Suggestions {
    std::optional<double> valley, slide, minimum, steepest;  ///< one rate each
    std::optional<rules::RatePair> pair;                     ///< base and max for a cycle, and why
    std::string no_pair;                                     ///< why there is no pair; empty when there is one
};

inline Suggestions suggest(const rules::MeasuredCurve& curve) {
    Suggestions all;
    for (std::size_t i = 0; i < curve.points; ++i)
        if (!(std::isfinite(curve.rate[i]) && curve.rate[i] > (i == 0 ? 0.0 : curve.rate[i - 1]))) {
            all.no_pair = "expected positive ascending rates";
            return all;
        }
    const rules::Readable r = rules::read(curve);
    all.valley = rules::valley(r), all.slide = rules::slide(r);
    all.minimum = rules::minimum(r), all.steepest = rules::steepest(r);
    all.pair = rules::pair_of(r, curve.higher_is_better);
    if (!all.pair) all.no_pair = rules::why_no_pair(r);
    return all;
}

/// The learning-rate range test (Smith 2017, section 3.3) around a loop of your own: a new network, and
///
///     clr::RangeTest test(1e-4, 10, 300);
///     while (!test.done()) test.record(step(test.rate()));  // step(): the loss of its batch before the update
///
///     const auto found = test.suggestions();
///
///     if (found.pair) std::printf("%g to %g\n", found.pair->base, found.pair->max);
class RangeTest {
public:
    /// Rates `from` to `to`, both > 0, rising by the same factor over `updates` updates. `fractions_only` is the
    /// loss of an answer that knows the class fractions alone (-sum f ln f; on balanced batches ln of the number of
    /// classes): only what lies below it is gain. Numbers that make no sweep make one that is done at once.
    RangeTest(double from, double to, std::size_t updates, double fractions_only = NAN, double smoothing = 0.9,
              double stop_factor = 4)
        : from_(from),
          to_(to),
          updates_(updates),
          fractions_(fractions_only),
          smoothing_(smoothing),
          mean_(smoothing, stop_factor) {
        mean_.set_fractions(fractions_only);
        const bool sweep =
            from > 0 && to > from && std::isfinite(to) && smoothing >= 0 && smoothing < 1 && stop_factor > 1;
        if (!sweep) updates_ = 0;
    }

    /// The rate of the next update.
    double rate() const { return sweep::rate_at(from_, to_, losses_.size(), updates_, false); }
    /// The loss of that update. Returns whether the sweep goes on.
    bool record(double loss) {
        if (done()) return false;
        rates_.push_back(rate());
        losses_.push_back(loss);
        smoothed_.push_back(mean_.add(loss));
        return !done();
    }
    bool done() const { return diverged() || losses_.size() >= updates_; }  ///< all updates made, or diverged
    bool diverged() const { return mean_.diverged(); }                      ///< the smoothed loss rose too far
    const std::vector<double>& rates() const { return rates_; }             ///< of each update so far
    const std::vector<double>& losses() const { return losses_; }           ///< of each update so far
    const std::vector<double>& smoothed() const { return smoothed_; }       ///< what the rules read
    /// What the rules say of the curve so far.
    Suggestions suggestions() const {
        return suggest({rates_.data(), smoothed_.data(), rates_.size(), false,
                        sweep::noise_of_mean(losses_, smoothing_), fractions_});
    }

private:
    double from_, to_;
    std::size_t updates_;
    double fractions_, smoothing_;
    sweep::SmoothedLoss mean_;
    std::vector<double> rates_, losses_, smoothed_;
};

}  // namespace clr
#endif
