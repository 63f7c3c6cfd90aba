// A pass over the training set for the batch norms.

#include <cyclone/autograd/grad_mode.h>
#include <cyclone/base/random.h>
#include <cyclone/data/loader.h>
#include <cyclone/nn/layers.h>
#include <cyclone/ops/batch_statistics.h>
#include <cyclone/train/renew_batch_statistics.h>

#include <iterator>
#include <vector>

namespace cyclone::train {
namespace {

/// Training mode as fit() has it, but for dropout; the modes and the thread's generator come back at the end.
class Renewing {
public:
    explicit Renewing(nn::Module& model) : generator_(default_generator()) {
        for (const auto& [name, module] : model.named_modules()) modes_.emplace_back(module, module->is_training());
        if (!model.is_training()) model.train();
        for (const auto& [module, mode] : modes_)
            if (dynamic_cast<nn::Dropout*>(module) != nullptr) module->eval();
    }
    ~Renewing() {
        for (const auto& [module, mode] : modes_) module->train(mode);  // a part comes after its whole
        default_generator() = generator_;
    }
    Renewing(const Renewing&) = delete;
    Renewing& operator=(const Renewing&) = delete;

private:
    std::vector<std::pair<nn::Module*, bool>> modes_;
    Generator generator_;
};

}  // namespace

std::size_t renew_batch_statistics(nn::Module& model, const data::Dataset& train, const RenewOptions& options) {
    check<UsageError>(options.batch_size >= 1, "renew_batch_statistics", "expected a batch size of at least 1, got ",
                      options.batch_size);
    const Renewing renewing(model);
    const NoGrad guard;
    BatchStatistics statistics;
    data::Sampler sampler = options.sampler;
    std::int64_t images = options.batch_size, samples = train.size();
    if (!sampler.plain()) {
        const std::int64_t update = options.sampler_batch > 0 ? options.sampler_batch : options.batch_size;
        sampler = {sampler.name(), [update, drawn = options.sampler](data::SamplerInput input) {
                       input.batch_size = update;
                       return drawn.order(input);
                   }};
        samples = std::ssize(sampler.order(
            {.labels = train.labels.values<std::int64_t>(), .classes = train.classes(), .seed = options.seed}));
    }
    while (images < samples && samples % images == 1) ++images;  // a batch of one image has no variance
    data::Loader loader(train, {.batch_size = images, .seed = options.seed, .sampler = sampler});
    for (const data::Batch& batch : loader) {
        model(batch.x);
        if (statistics.size() == 0) return 0;
    }
    statistics.store();
    return statistics.size();
}

}  // namespace cyclone::train
