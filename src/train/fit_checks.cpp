// What fit() asks before the first update.

#include "train/fit_checks.h"

#include <cyclone/base/error.h>
#include <cyclone/base/first_few.h>
#include <cyclone/base/random.h>
#include <cyclone/io/crc64.h>
#include <cyclone/train/ranks.h>

#include <algorithm>
#include <vector>

#include "train/identity.h"

namespace cyclone::train {
namespace {

bool is_among(const Tensor& tensor, const std::vector<Tensor>& tensors) {
    return std::any_of(tensors.begin(), tensors.end(), [&](const Tensor& other) { return other.is_same(tensor); });
}

}  // namespace

void check_optimizer(const nn::Module& model, const optim::Optimizer& optimizer, const Reporter& report) {
    const std::vector<Tensor> trained = optimizer.parameters();
    std::vector<Tensor> own;
    for (const NamedTensor& t : model.state_dict()) own.push_back(t.tensor);
    std::vector<std::string> left_out;
    for (const NamedTensor& p : model.named_parameters())
        if (p.tensor.requires_grad() && !is_among(p.tensor, trained)) left_out.push_back(p.name);
    const auto strangers =
        std::count_if(trained.begin(), trained.end(), [&](const Tensor& p) { return !is_among(p, own); });
    if (left_out.empty() && strangers < static_cast<std::ptrdiff_t>(trained.size())) return;
    check<UsageError>(strangers == 0, "fit", strangers, " of the optimizer's ", trained.size(),
                      " parameters are not in this model, and it trains none of ",
                      left_out.empty() ? "the model's own" : first_few(left_out),
                      " (hint: make the optimizer from model.parameters() after a layer was replaced or the model was "
                      "copied; a factory from the parameters it is given)");
    notify(report, "fit: no group of the optimizer has " + first_few(left_out) +
                       ", which stay as they are (hint: freeze() the layers where that is meant)");
}

void check_losses(const TrainingSet& train, const FitOptions& options) {
    check<UsageError>(!options.batch_loss || (!options.loss && !options.loss_weight), "fit",
                      "expected a loss or a batch_loss, got both (hint: batch_weight goes with batch_loss)");
    check<UsageError>(options.batch_loss || !options.batch_weight, "fit", "a batch_weight needs a batch_loss");
    check<UsageError>(options.batch_loss || !train.has_weights(), "fit",
                      "the data have weights, which this loss does not see (hint: batch_loss, and "
                      "batch_weight = their sum)");
    if (options.validation.source()) options.validation.source()->validate("fit");  // its batches show what they have
    const data::Dataset* validation = options.validation.dataset();
    check<UsageError>(!validation || validation->classes() >= 2 || validation->targets.defined() || options.batch_loss,
                      "fit", "expected validation data with classes or targets, or a batch_loss, got ",
                      validation ? validation->describe() : "");
}

void check_logits(const nn::Module& model, const TrainingSet& train, const FitOptions& options) {
    const std::string bound = model.bounded_by();
    const bool own = options.loss || options.batch_loss || train.is_regression() || train.is_source();
    const bool classifies = options.validation && options.validation.classes() >= 2;
    // What a loss of the program expects is not known; the evaluation applies softmax in any case.
    if (!bound.empty() && (!own || (classifies && bound == "softmax"))) fail_logits(bound);
}

void fail_logits(const std::string& bound) {
    fail<UsageError>("fit", "expected a model that ends in logits, its last layer is ", bound,
                     " (hint: leave it out; the loss applies softmax itself, and so do evaluate() and predict())");
}

void check_ranks(const nn::Module& model, const optim::Optimizer& optimizer, const TrainingSet& train,
                 const FitOptions& options) {
    Ranks& ranks = *options.ranks;
    const Generator draws = default_generator();
    io::Metadata all = identity_of(model, optimizer, train, options);
    all.emplace_back("epochs", std::to_string(options.epochs));
    all.emplace_back("random numbers", std::to_string(draws.seed) + " at " + std::to_string(draws.position));
    for (const auto& [key, value] : all)
        check<UsageError>(ranks.same(value), "fit", "the ranks do not train the same: ", key, " differs, here it is ",
                          value, " (hint: the same options and data everywhere, and manual_seed() before the model)");
    check_same_weights(ranks, model);
}

void check_same_weights(Ranks& ranks, const nn::Module& model) {
    std::uint64_t sum = 0;
    for (const NamedTensor& t : model.state_dict())
        sum = io::crc64(sum, t.tensor.bytes(), static_cast<std::size_t>(t.tensor.numel()) * size_of(t.tensor.dtype()));
    check(ranks.same({reinterpret_cast<const char*>(&sum), sizeof sum}), "fit",
          "the weights are not the same on all ranks (hint: manual_seed() before the model; hooks that change weights "
          "do so on all ranks; processors of one kind)");
}

void begin_hooks(nn::Module& model, const optim::Optimizer& optimizer, const std::vector<WeightHook*>& hooks) {
    std::vector<std::string> names;
    for (WeightHook* hook : hooks) {
        check<UsageError>(hook != nullptr, "fit", "weight_hooks: expected hooks, got a null pointer");
        check<UsageError>(std::find(names.begin(), names.end(), hook->name()) == names.end(), "fit",
                          "weight_hooks: two are called ", hook->name(), " (recorders are hooks, too)");
        names.push_back(hook->name());
        hook->begin(model, optimizer);
    }
}

TrainingMode::TrainingMode(nn::Module& model) : model_(model) {
    if (!model_.is_training()) model_.train();
    remember();
}

void TrainingMode::remember() {
    if (!model_.is_training()) return;
    modes_.clear();
    for (const auto& [name, module] : model_.named_modules())
        if (!module->is_frozen()) modes_[name] = module->is_training();  // train() leaves frozen ones alone
}

void TrainingMode::ensure() {
    if (model_.is_training()) return;
    model_.train();                                            // parts that are new
    for (const auto& [name, module] : model_.named_modules())  // a part comes after its whole
        if (const auto mode = modes_.find(name); mode != modes_.end()) module->train(mode->second);
}

}  // namespace cyclone::train
