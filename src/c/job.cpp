// A training before its first update.

#include <cyclone/base/random.h>
#include <cyclone/base/threads.h>
#include <cyclone/data/augment.h>
#include <cyclone/data/batch.h>
#include <cyclone/metrics/threshold.h>
#include <cyclone/nn/parse.h>
#include <cyclone/optim/parse.h>
#include <cyclone/schedule/parse.h>
#include <cyclone/train/evaluate.h>
#include <cyclone/train/initial_weights.h>

#include <algorithm>

#include "c/training.h"

namespace cyclone::c {
namespace {

constexpr std::int64_t kMostClasses = 1'000'000;  // as Classifier::load() has it

std::vector<std::string> numbered(std::string_view where, const data::Dataset& train) {
    const auto labels = train.labels.values<std::int64_t>();
    const std::int64_t last = std::max<std::int64_t>(1, *std::max_element(labels.begin(), labels.end()));
    check<UsageError>(last < kMostClasses, where, "expected labels below ", kMostClasses, ", got ", last);
    std::vector<std::string> names;
    for (std::int64_t c = 0; c <= last; ++c) names.push_back(std::to_string(c));
    return names;
}

data::Splits splits_of(std::string_view where, const TrainingObject& training) {
    check<UsageError>(training.train.has_value(), where,
                      "expected training images (hint: cyclone_training_data() with ", "CYCLONE_TRAIN)");
    data::Splits parts{.train = *training.train, .validation = training.validation};
    parts.train.class_names = training.class_names.empty() ? numbered(where, parts.train) : training.class_names;
    if (parts.validation) parts.validation->class_names = parts.train.class_names;
    parts.standardize();
    parts.validate(where);
    return parts;
}

}  // namespace

CallersState::CallersState(int threads) : before_(threads > 0 ? num_threads() : 0) {
    std::fegetenv(&environment_);
    if (threads > 0) set_num_threads(threads);
}

CallersState::~CallersState() {
    if (before_ > 0) set_num_threads(before_);
    std::fesetenv(&environment_);
}

Job::Job(std::string_view where, const TrainingObject& training)
    : s(training.settings),
      data(splits_of(where, training)),
      augmentation(data::parse_augmentation(training.settings.augment)) {
    check<UsageError>(s.base() <= s.max_lr, where, "expected base-lr <= max-lr, got ", s.base(), " and ", s.max_lr);
    check<UsageError>(s.batch_size <= std::numeric_limits<std::int64_t>::max() / s.accumulate, where,
                      "expected fewer images per update, got ", s.accumulate, " times ", s.batch_size);
    const std::int64_t images = s.batch_size * s.accumulate;
    balance = train::parse_rebalancing(s.rebalance).for_data(data.train.class_counts(), images);
    augmentation.validate("augment", data.train.image_shape());
    updates_per_epoch = static_cast<std::uint64_t>(data::batches_in(balance.samples_per_epoch, images, s.drop_last));
    check<UsageError>(updates_per_epoch > 0, "drop-last", "an update of ", images, " images is larger than the ",
                      balance.samples_per_epoch, " of an epoch");
}

nn::Sequential Job::network(std::string* notes) const {
    manual_seed(s.seed);
    return drawn_network(notes);
}

nn::Sequential Job::drawn_network(std::string* notes) const {
    nn::Sequential net = nn::parse_model(s.model, data.train.image_shape(), data.train.classes());
    balance.prepare(net);
    if (s.init.empty()) return net;
    const io::LoadedWeights loaded =
        train::load_initial_weights(net, s.init, data.train.image_shape(), {.strict = false, .layout = s.init_layout});
    if (notes) {
        if (!loaded.left_out.fits()) *notes += "init: " + loaded.left_out.str() + "\n";
        for (const std::string& note : loaded.notes) *notes += "init: " + note + "\n";
    }
    return net;
}

Schedule Job::schedule(const std::string& text, std::uint64_t per_epoch) const {
    return parse_schedule(text, {.base = s.base(),
                                 .max = s.max_lr,
                                 .step_size = parse_length(s.step_size),
                                 .total = Epochs{s.epochs},
                                 .updates_per_epoch = per_epoch})
        .with_updates_per_epoch(per_epoch);
}

std::unique_ptr<optim::Optimizer> Job::optimizer(const std::vector<Tensor>& parameters,
                                                 const optim::Hyper& rate) const {
    return optim::parse(optim::with_options(s.optimizer, s.momentum, s.weight_decay), parameters, rate);
}

train::Classifier Job::classifier(const nn::Sequential& network) const {
    return {.model = s.model,
            .input = data.train.image_shape(),
            .pixels = data.train.images.dtype(),
            .class_names = data.train.class_names,
            .standardization = data.train.standardization,
            .network = network};
}

}  // namespace cyclone::c
