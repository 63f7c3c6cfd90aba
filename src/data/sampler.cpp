// Samplers.

#include <cyclone/base/error.h>
#include <cyclone/base/random.h>
#include <cyclone/data/batch.h>
#include <cyclone/data/sampler.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "data/members.h"

namespace cyclone::data {
namespace {

// Streams of draws: a family in the upper half, the epoch in the lower.
constexpr std::uint64_t kShuffleStream = std::uint64_t{0x5AFF'1E00} << 32;
constexpr std::uint64_t kDrawStream = std::uint64_t{0x5AFF'1E01} << 32;   // which samples
constexpr std::uint64_t kPlaceStream = std::uint64_t{0x5AFF'1E02} << 32;  // places within a batch
constexpr int kIndexBits = 40;                                            // of a draw's index: lanes above

using Members = std::vector<std::vector<std::int64_t>>;

Random random_of(const SamplerInput& input, std::uint64_t stream) {
    return Random(input.seed, stream + static_cast<std::uint64_t>(input.epoch));
}

/// Separate draws for each class (and each pass over it) within one stream.
class Lane {
public:
    Lane(const Random& random, std::uint64_t lane) : random_(random), next_(lane << kIndexBits) {}
    std::int64_t below(std::int64_t bound) {
        return static_cast<std::int64_t>(random_.below(next_++, static_cast<std::uint64_t>(bound)));
    }
    /// The first `count` elements become a random choice of all, in random order.
    void choose(std::vector<std::int64_t>& values, std::size_t count) {
        for (std::size_t i = 0; i < count; ++i)
            std::swap(values[i],
                      values[i + static_cast<std::size_t>(below(static_cast<std::int64_t>(values.size() - i)))]);
    }

private:
    Random random_;
    std::uint64_t next_;
};

Members members_of(const char* where, const SamplerInput& input) {
    Members members = members_of_classes(input.labels, input.classes);
    for (std::size_t c = 0; c < members.size(); ++c)
        check(!members[c].empty(), where, "expected at least one sample of each class, class ", c, " has none");
    return members;
}

std::vector<std::int64_t> shuffled(std::vector<std::int64_t> indices, const SamplerInput& input) {
    const auto places = epoch_order(static_cast<std::int64_t>(indices.size()), input.seed, input.epoch);
    std::vector<std::int64_t> out;
    out.reserve(indices.size());
    for (const std::int64_t place : places) out.push_back(indices[static_cast<std::size_t>(place)]);
    return out;
}

std::vector<std::int64_t> draw_with_replacement(const std::vector<double>& weights, std::int64_t draws,
                                                const Random& random) {
    std::vector<double> upper(weights.size());
    std::partial_sum(weights.begin(), weights.end(), upper.begin());
    // The last sample that can be drawn: rounding must not pick one of weight 0 after it.
    const auto last = std::lower_bound(upper.begin(), upper.end(), upper.back());
    std::vector<std::int64_t> order(static_cast<std::size_t>(draws));
    for (std::size_t i = 0; i < order.size(); ++i) {
        const auto at = std::upper_bound(upper.begin(), last, random.uniform(i) * upper.back());
        order[i] = at - upper.begin();
    }
    return order;
}

std::vector<std::int64_t> balanced_order(const SamplerInput& input) {
    const Members members = members_of("sampler::balanced", input);
    std::vector<double> weights;
    for (const std::int64_t label : input.labels)
        weights.push_back(1 / static_cast<double>(members[static_cast<std::size_t>(label)].size()));
    return draw_with_replacement(weights, static_cast<std::int64_t>(weights.size()), random_of(input, kDrawStream));
}

/// Goes through the members of a class again and again, each time in another random order.
class Rounds {
public:
    Rounds(std::vector<std::int64_t> members, const Random& random, std::uint64_t lane)
        : members_(std::move(members)), draws_(random, lane), at_(members_.size()) {}

    std::int64_t next() {
        if (at_ == members_.size()) {
            draws_.choose(members_, members_.size());
            at_ = 0;
        }
        return members_[at_++];
    }

private:
    std::vector<std::int64_t> members_;
    Lane draws_;
    std::size_t at_;
};

// How many of each class batch number `batch` gets.
std::vector<std::int64_t> counts_of_batch(const sampler::BalancedBatchOptions& options, const SamplerInput& input,
                                          std::int64_t batch) {
    if (options.positives > 0) return {input.batch_size - options.positives, options.positives};
    std::vector<std::int64_t> counts(static_cast<std::size_t>(input.classes), input.batch_size / input.classes);
    const std::int64_t extra = input.batch_size % input.classes;
    for (std::int64_t k = 0; k < extra; ++k) ++counts[static_cast<std::size_t>((batch * extra + k) % input.classes)];
    return counts;
}

std::vector<std::int64_t> balanced_batch_order(const sampler::BalancedBatchOptions& options,
                                               const SamplerInput& input) {
    const char* where = "sampler::balanced_batch";
    check<UsageError>(options.positives == 0 || input.classes == 2, where,
                      "a number of positives needs two classes, got ", input.classes);
    check<UsageError>(options.positives >= 0 && options.positives < input.batch_size, where, "expected 1 to ",
                      input.batch_size - 1, " positives in a batch of ", input.batch_size, ", got ", options.positives);
    check<UsageError>(input.batch_size >= input.classes, where, "expected a batch of at least the ", input.classes,
                      " classes, got ", input.batch_size);
    constexpr std::int64_t kLargest = std::int64_t{1} << 24;
    check<UsageError>(input.batch_size <= kLargest, where, "expected a batch of at most ", kLargest, " images, got ",
                      input.batch_size);
    const Members members = members_of(where, input);
    const Random draws = random_of(input, kDrawStream);
    std::vector<Rounds> rounds;
    for (std::size_t c = 0; c < members.size(); ++c) rounds.emplace_back(members[c], draws, c);
    Lane places(random_of(input, kPlaceStream), 0);
    const auto samples = static_cast<std::int64_t>(input.labels.size());
    std::vector<std::int64_t> order, batch;
    for (std::int64_t b = 0; b < batches_in(samples, input.batch_size); ++b) {
        batch.clear();
        const auto counts = counts_of_batch(options, input, b);
        for (std::size_t c = 0; c < counts.size(); ++c)
            for (std::int64_t k = 0; k < counts[c]; ++k) batch.push_back(rounds[c].next());
        places.choose(batch, batch.size());
        order.insert(order.end(), batch.begin(), batch.end());
    }
    return order;
}

void check_ratio(const char* where, double ratio) {
    check<UsageError>(ratio > 0 && ratio <= 1, where,
                      "expected a ratio of the smaller to the larger class above 0 and at most 1, got ", ratio);
}

// imbalanced-learn truncates, so 0.29 of 100 may be 28.
std::size_t whole(double x) { return static_cast<std::size_t>(std::floor(x)); }

std::vector<std::int64_t> oversample_order(double ratio, const SamplerInput& input) {
    Members members = members_of("sampler::oversample", input);
    std::size_t largest = 0;
    for (const auto& own : members) largest = std::max(largest, own.size());
    const std::size_t wanted = whole(ratio * static_cast<double>(largest));
    const Random draws = random_of(input, kDrawStream);
    std::vector<std::int64_t> indices;
    for (std::size_t c = 0; c < members.size(); ++c) {
        const auto& own = members[c];
        indices.insert(indices.end(), own.begin(), own.end());
        Lane lane(draws, c);
        for (std::size_t i = own.size(); i < wanted; ++i)
            indices.push_back(own[static_cast<std::size_t>(lane.below(static_cast<std::int64_t>(own.size())))]);
    }
    return shuffled(std::move(indices), input);
}

std::vector<std::int64_t> undersample_order(double ratio, bool every_epoch, const SamplerInput& input) {
    Members members = members_of("sampler::undersample", input);
    std::size_t smallest = input.labels.size();
    for (const auto& own : members) smallest = std::min(smallest, own.size());
    const std::size_t wanted = whole(static_cast<double>(smallest) / ratio);
    SamplerInput chooser = input;
    if (!every_epoch) chooser.epoch = 0;
    const Random draws = random_of(chooser, kDrawStream);
    std::vector<std::int64_t> indices;
    for (std::size_t c = 0; c < members.size(); ++c) {
        auto& own = members[c];
        const std::size_t kept = std::min(own.size(), wanted);
        if (kept < own.size()) Lane(draws, c).choose(own, kept);
        indices.insert(indices.end(), own.begin(), own.begin() + static_cast<std::ptrdiff_t>(kept));
    }
    return shuffled(std::move(indices), input);
}

}  // namespace

std::vector<std::int64_t> epoch_order(std::int64_t count, std::uint64_t seed, std::int64_t epoch) {
    return permutation(count, Random(seed, kShuffleStream + static_cast<std::uint64_t>(epoch)));
}

std::vector<std::int64_t> Sampler::order(const SamplerInput& input) const {
    const auto samples = static_cast<std::int64_t>(input.labels.size());
    if (plain()) return epoch_order(samples, input.seed, input.epoch);
    auto order = order_(input);
    const std::string where = "sampler " + name_;
    check(!order.empty(), where, "expected at least one sample per epoch, got none");
    for (const std::int64_t i : order)
        check(i >= 0 && i < samples, where, "expected indices from 0 to ", samples - 1, ", got ", i);
    return order;
}

namespace sampler {

Sampler balanced() { return {"balanced", balanced_order}; }

Sampler balanced_batch(BalancedBatchOptions options) {
    return {joined("balanced_batch(", options.positives, ")"),
            [options](const SamplerInput& input) { return balanced_batch_order(options, input); }};
}

Sampler oversample(double ratio) {
    check_ratio("sampler::oversample", ratio);
    return {joined("oversample(", ratio, ")"),
            [ratio](const SamplerInput& input) { return oversample_order(ratio, input); }};
}

Sampler undersample(double ratio, bool every_epoch) {
    check_ratio("sampler::undersample", ratio);
    return {joined("undersample(", ratio, every_epoch ? ")" : ", the same in all epochs)"),
            [=](const SamplerInput& input) { return undersample_order(ratio, every_epoch, input); }};
}

std::vector<std::int64_t> class_counts(const Sampler& sampler, const SamplerInput& input) {
    std::vector<std::int64_t> counts(static_cast<std::size_t>(input.classes));
    for (const std::int64_t i : sampler.order(input))
        ++counts[static_cast<std::size_t>(input.labels[static_cast<std::size_t>(i)])];
    return counts;
}

}  // namespace sampler
}  // namespace cyclone::data
