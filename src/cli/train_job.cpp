// A training before its first update.

#include "cli/train_job.h"

#include <cyclone/base/arguments.h>
#include <cyclone/base/random.h>
#include <cyclone/nn/parse.h>
#include <cyclone/nn/patterns.h>
#include <cyclone/optim/parse.h>
#include <cyclone/train/initial_weights.h>

#include "cli/shared.h"
#include "cli/train_inputs.h"

namespace cyclone::cli {

nn::Sequential Job::network() const {
    manual_seed(s.seed);
    return drawn_network();
}

nn::Sequential Job::drawn_network() const {
    nn::Sequential net = nn::parse_model(model, data.train.image_shape(), classes());
    balance.prepare(net);
    if (!s.init.empty()) train::load_initial_weights(net, s.init, data.train.image_shape(), s.init_options());
    std::vector<std::string> frozen;
    if (!s.freeze.empty()) frozen = split_at_commas("--freeze", s.freeze);
    try {
        for (const std::string& pattern : frozen) nn::freeze(net, pattern);
    } catch (const UsageError& error) {
        fail<UsageError>("--freeze", error.what());
    }
    check<UsageError>(!net.parameters().empty(), "--freeze", "'", s.freeze, "' leaves nothing to train");
    return net;
}

std::unique_ptr<optim::Optimizer> Job::optimizer(const nn::Sequential& network) const {
    auto made = make_optimizer(s, network.parameters(), schedule());
    try {
        if (!s.groups.empty()) optim::parse_groups(s.groups, network, *made);
    } catch (const UsageError& error) {
        fail<UsageError>("--parameter-groups", error.what());
    }
    return made;
}

std::string Job::transfer() const {
    std::string text = s.freeze.empty() ? "" : "frozen: " + s.freeze;
    if (!s.unfreeze.empty()) text += (text.empty() ? "" : "; ") + ("unfreezing: " + s.unfreeze);
    if (!s.groups.empty()) text += (text.empty() ? "" : "; ") + ("parameter groups: " + s.groups);
    return text;
}

ScheduleContext Job::context() const {
    return {.base = *s.base_lr,
            .max = s.max_lr,
            .step_size = parse_length(s.step_size),
            .total = Epochs{s.epochs},
            .updates_per_epoch = updates_per_epoch};
}

Schedule Job::schedule() const {
    return parse_schedule(s.schedule, context()).with_updates_per_epoch(updates_per_epoch);
}

train::Classifier Job::classifier(const nn::Sequential& network, double threshold) const {
    return {.model = model,
            .input = data.train.image_shape(),
            .pixels = data.train.images.dtype(),
            .fit = s.open.images.fit,
            .class_names = data.train.class_names,
            .standardization = data.train.standardization,
            .threshold = threshold,
            .network = network};
}

Job make_job(const TrainSettings& s) {
    const auto method = train::parse_rebalancing(s.rebalance);
    const auto augmentation = data::parse_augmentation(s.augment);
    const auto goal = metrics::threshold_goals().parse(s.threshold);
    const std::string model = model_text(s.model);
    data::Splits data = load_data(s);
    train::Rebalancing balance = method.for_data(data.train.class_counts(), s.images_per_update());
    augmentation.validate("--augment", data.train.image_shape());
    const std::int64_t updates = data::batches_in(balance.samples_per_epoch, s.images_per_update(), s.drop_last);
    check<UsageError>(updates > 0, "--drop-last", "an update of ", s.images_per_update(), " images is larger than the ",
                      balance.samples_per_epoch, " of an epoch");
    return {s,
            std::move(data),
            model,
            std::move(balance),
            augmentation,
            train::Monitor(s.monitor),
            goal,
            static_cast<std::uint64_t>(updates)};
}

}  // namespace cyclone::cli
