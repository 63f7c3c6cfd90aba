#pragma once
// Rebalancing methods: what a training does against unbalanced classes, by one name ("weights", "over:0.5", "focal:2"),
// so that programs can offer them as one option and comparisons can combine schedules and methods.

#include <cyclone/base/registry.h>
#include <cyclone/data/sampler.h>
#include <cyclone/nn/module.h>
#include <cyclone/tensor/tensor.h>
#include <cyclone/train/fit.h>

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cyclone::train {

/// Name of the method that changes nothing.
inline constexpr const char* kNoRebalancing = "none";

/// A method for one training set. What is empty stays as usual.
struct Rebalancing {
    std::string name;                                                        ///< the text it was made from
    data::Sampler sampler;                                                   ///< plain unless the method samples
    std::function<Tensor(const Tensor& output, const Tensor& labels)> loss;  ///< empty: cross_entropy
    std::vector<double> class_weights;                                       ///< the factors in the loss; empty: none
    std::vector<double> prior_bias;  ///< class fractions for prepare(); empty: the model's own bias
    /// The prior that the trained probabilities are calibrated to; metrics::shift_prior() moves them to the true one,
    /// or to a user's. Empty where there is none (focal loss).
    std::vector<double> trained_prior;

    /// Images per epoch of the loader: the size of the training set unless the method samples.
    std::int64_t samples_per_epoch = 0;

    /// Sets sampler and loss in `options`; the number of updates per epoch may change (over, under).
    void apply(FitOptions& options) const;
    /// Fills the bias of the last layer by nn::init::prior_bias where the method requires it. Error when the model does
    /// not end in logits; then also unless its last parameter has one element per class.
    void prepare(nn::Module& model) const;
};

/// A method before the data are known.
class RebalancingMethod {
public:
    /// Makes the method for class counts and a batch size.
    using Make = std::function<Rebalancing(std::span<const std::int64_t> class_counts, std::int64_t batch_size)>;

    /// `name` is the text that it was made from.
    RebalancingMethod(std::string name, Make make) : name_(std::move(name)), make_(std::move(make)) {}

    const std::string& name() const { return name_; }  ///< "over:0.5"
    /// For the class counts of the training set (Dataset::class_counts()) and the batch size of the training.
    /// Errors: a class without a sample; a number of positives that does not fit the batch or the classes.
    Rebalancing for_data(std::span<const std::int64_t> class_counts, std::int64_t batch_size) const;

private:
    std::string name_;
    Make make_;
};

/// Every method by name; a program may add its own.
Registry<RebalancingMethod::Make(Arguments&)>& rebalancings();

/// The method of a text "name[:argument...]": "none", "weights", "batch:8", "class-balanced:0.999". UsageError for an
/// unknown name (with the nearest known one), a superfluous or malformed argument, or a value out of range.
RebalancingMethod parse_rebalancing(std::string_view text);

}  // namespace cyclone::train
