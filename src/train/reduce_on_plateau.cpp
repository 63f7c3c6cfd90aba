// Lowers the learning rate where the training no longer improves.

#include <cyclone/base/error.h>
#include <cyclone/train/reduce_on_plateau.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace cyclone::train {

Control ReduceOnPlateau::operator()(const History& history) const {
    check<UsageError>(patience >= 1, "ReduceOnPlateau", "patience: expected at least 1, got ", patience);
    check<UsageError>(factor > 0 && factor < 1, "ReduceOnPlateau", "factor: expected a number in (0, 1), got ", factor);
    check<UsageError>(lowest > 0 && std::isfinite(lowest), "ReduceOnPlateau",
                      "lowest: expected a finite number > 0, got ", lowest);
    double best = -std::numeric_limits<double>::infinity();
    std::int64_t waited = 0;
    bool reduces = false;  // after the last epoch
    for (const EpochRow& row : history.epochs()) {
        const double score = monitor(row);
        reduces = false;
        if (std::isnan(score)) continue;
        if (score > best) {
            best = score;
            waited = 0;
        } else if (++waited == patience) {
            waited = 0;
            reduces = true;
        }
    }
    // What was restored from a checkpoint is in its factor.
    const double now = optimizer.lr_factor();
    if (reduces && history.epochs().size() > history.restored() && now > lowest)
        optimizer.set_lr_factor(std::max(lowest, now * factor));
    return Control::proceed;
}

}  // namespace cyclone::train
