#pragma once
// Every remedy against class imbalance by one name, "weights", "over:0.5", "focal:2", so that programs can offer them
// as one option and comparisons can put schedules and remedies into one table.

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

namespace cyclone::lab {

/// One remedy for one training set. Where a part is empty, training is as usual.
struct Balance {
    std::string name;                                                        ///< the text it was made from
    data::Sampler sampler;                                                   ///< plain unless the remedy samples
    std::function<Tensor(const Tensor& output, const Tensor& labels)> loss;  ///< empty: cross_entropy
    std::vector<double> class_weights;                                       ///< the factors in the loss; empty: none
    std::vector<double> prior_bias;  ///< class shares for prepare(); empty: the model's own bias
    /// The class shares that the trained probabilities answer for; metrics::shift_prior() brings them back to the true
    /// ones, or to a user's. Empty where no such shares exist (focal loss).
    std::vector<double> trained_prior;

    /// Images the loader gives in an epoch: the training set's size unless the remedy samples.
    std::int64_t samples_per_epoch = 0;

    /// Puts sampler and loss into `options`; an epoch may then have another number of updates (over, under).
    void apply(train::FitOptions& options) const;
    /// Fills the bias of the last layer by nn::init::prior_bias where the remedy asks for it. Error when the model's
    /// last parameter has not one element per class.
    void prepare(nn::Module& model) const;
};

/// A remedy before the data are known.
class BalanceMethod {
public:
    using Make = std::function<Balance(std::span<const std::int64_t> class_counts, std::int64_t batch_size)>;

    BalanceMethod(std::string name, Make make) : name_(std::move(name)), make_(std::move(make)) {}

    const std::string& name() const { return name_; }
    /// For the class counts of the training split (Dataset::class_counts()) and the batch size of the training.
    /// Errors: a class without a sample; a number of positives that does not fit the batch or the classes.
    Balance for_data(std::span<const std::int64_t> class_counts, std::int64_t batch_size) const;

private:
    std::string name_;
    Make make_;
};

/// The remedy of a text "name[:argument...]", e.g. "none", "weights", "batch:8", "class-balanced:0.999"; '_' counts as
/// '-'. UsageError for an unknown name (with the nearest known one), a superfluous or malformed argument, or a value
/// out of range.
BalanceMethod parse_balance(std::string_view text);

struct BalanceName {
    std::string name;         ///< "over"
    std::string usage;        ///< "over[:RATIO]"
    std::string description;  ///< one line
};

/// Every name parse_balance() knows, in the order for --help.
std::vector<BalanceName> known_balance_names();

}  // namespace cyclone::lab
