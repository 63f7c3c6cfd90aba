// The training of the live page: train::fit's loop, one update at a time.

#include "web/live.h"

#include <cyclone/autograd/backward.h>
#include <cyclone/autograd/grad_mode.h>
#include <cyclone/base/random.h>
#include <cyclone/data/synthetic.h>
#include <cyclone/metrics/ranking.h>
#include <cyclone/nn/layers.h>
#include <cyclone/ops/ops.h>
#include <cyclone/schedule/parse.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>

namespace cyclone::web {
namespace {

nn::Sequential network(std::uint64_t seed) {
    manual_seed(seed);
    return nn::Sequential{nn::Conv2d{1, 32, {.kernel = 3, .padding = nn::same, .activation = relu}}, nn::MaxPool2d{2},
                          nn::Flatten{}, nn::Linear{8 * 8 * 32, 2}};
}

}  // namespace

LiveData live_data(const LiveOptions& o) {
    LiveData data;
    data.train = data::synthetic_patches({.positives = o.positives, .negatives = o.negatives, .seed = o.seed});
    data.test = data::synthetic_patches({.positives = o.test_positives,
                                         .negatives = o.test_negatives,
                                         .seed = o.seed,
                                         .first = std::max(o.positives, o.negatives)});
    data.train.standardization = data.test.standardization = data::Standardization::fit(data.train.images);
    return data;
}

Live::Live(const LiveOptions& options)
    : data_(live_data(options)),
      model_(network(options.seed)),
      loader_(data_.train, {.batch_size = options.batch_size, .seed = options.seed, .prefetch = 0}),
      sgd_(model_.parameters()) {
    set_rate({});
    sgd_.before_update([this](optim::Update& update) { update.groups[0]["lr"] = rate_at(update.number); });
}

void Live::set_rate(const LiveRate& rate) {
    rate_ =
        parse_schedule(rate.schedule, {.base = rate.base,
                                       .max = rate.max,
                                       .step_size = Iterations{rate.step_size},
                                       .total = Iterations{rate.total},
                                       .updates_per_epoch = static_cast<std::uint64_t>(loader_.batches_per_epoch())})
            .with_updates_per_epoch(static_cast<std::uint64_t>(loader_.batches_per_epoch()));
}

double Live::rate_at(std::uint64_t update) const { return rate_->value(update); }

LiveUpdate Live::update() {
    if (!place_ || *place_ == std::default_sentinel) place_ = loader_.begin();
    const data::Batch& batch = **place_;
    const Tensor loss = cross_entropy(model_(batch.x), batch.y);
    sgd_.zero_grad();
    backward(loss);
    sgd_.step();
    ++*place_;
    return {sgd_.last_lr(), loss.item()};
}

std::vector<double> Live::probabilities() {
    const nn::Evaluating evaluating;
    const NoGrad guard;
    std::vector<double> out;
    data::Loader loader(data_.test, {.batch_size = 100, .shuffle = false, .prefetch = 0});
    for (const data::Batch& batch : loader) {
        const Tensor both = softmax(model_(batch.x));
        for (std::int64_t i = 0; i < both.size(0); ++i) out.push_back(both.data<float>()[2 * i + 1]);
    }
    return out;
}

double Live::auc(const std::vector<double>& probabilities) const {
    for (const double p : probabilities)
        if (!std::isfinite(p)) return std::numeric_limits<double>::quiet_NaN();
    return metrics::roc_auc(data_.test.labels.values<std::int64_t>(), probabilities);
}

}  // namespace cyclone::web
