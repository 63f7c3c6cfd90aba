#pragma once
// Live: the training that the page in the browser shows, as any program can run it: generated patches, the README's
// small network, plain SGD whose rate may be changed while it goes on.

#include <cyclone/data/dataset.h>
#include <cyclone/data/loader.h>
#include <cyclone/nn/sequential.h>
#include <cyclone/optim/sgd.h>
#include <cyclone/schedule/schedule.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace cyclone::web {

struct LiveOptions {
    std::uint64_t seed = 1;                                   ///< of patches, weights and shuffles
    std::int64_t positives = 300, negatives = 900;            ///< patches to train on
    std::int64_t test_positives = 100, test_negatives = 300;  ///< patches held out
    std::int64_t batch_size = 32;
};

struct LiveData {
    data::Dataset train, test;  ///< standardised by the first
};
LiveData live_data(const LiveOptions& options);

/// The rate: a schedule by its text, and what its name is filled in with.
struct LiveRate {
    std::string schedule = "triangular";
    double base = 0.002, max = 0.03;
    std::uint64_t step_size = 80, total = 800;  ///< in updates
};

struct LiveUpdate {
    double rate = 0, loss = 0;  ///< the loss is that before the update
};

/// Not to be moved: the optimizer's hook knows its place.
class Live {
public:
    explicit Live(const LiveOptions& options);
    Live(const Live&) = delete;
    Live& operator=(const Live&) = delete;

    /// From the next update on; the place in the schedule is the number of the update. Error for a text that is no
    /// schedule and for values that make none; the rate then stays as it was.
    void set_rate(const LiveRate& rate);
    /// What the rate of any update is or would be.
    double rate_at(std::uint64_t update) const;

    LiveUpdate update();
    std::uint64_t updates() const { return sgd_.updates(); }

    const LiveData& data() const { return data_; }
    /// Of the positive class, for the held-out patches.
    std::vector<double> probabilities();
    /// Of these; NaN when one of them is.
    double auc(const std::vector<double>& probabilities) const;

private:
    LiveData data_;
    nn::Sequential model_;
    data::Loader loader_;
    std::optional<data::Loader::Iterator> place_;
    optim::Sgd sgd_;
    std::optional<Schedule> rate_;
};

}  // namespace cyclone::web
