#pragma once
// What the ranks have computed of a batch, brought together.

#include <cyclone/autograd/gradient_sink.h>
#include <cyclone/nn/module.h>
#include <cyclone/train/ranks.h>

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace cyclone::train {

/// A batch has `sums` sums of gradients, of which a rank computes Ranks::part_of(sums). It sends each other rank the
/// elements that are that one's to add up, and gets added up what the others have: with s sums of n elements and r
/// ranks it receives some (s / r + 1) n elements, where sums that everybody sends to everybody would be s n.
class RankSum {
public:
    /// Of the parameters of `model`; Error unless they are of f32.
    RankSum(Ranks& ranks, const nn::Module& model);

    /// The sums of this rank, of `sums` in all.
    std::pair<std::int64_t, std::int64_t> own(std::int64_t sums) const { return ranks_.part_of(sums, ranks_.rank()); }

    /// `losses` has a place per slice; those in this rank's sums are set, and afterwards all are. `position` becomes
    /// that of the first rank. `sinks` are this rank's sums.
    void share(std::span<double> losses, std::int64_t sums, std::span<const GradientSink> sinks,
               std::uint64_t& position);
    /// After share(): adds the gradients of all sums to grad() of the leaves in the order of the sums, on all ranks,
    /// and then moves the model's buffers on as all sums have it. The Team of the calling thread works on it.
    void add_up(std::span<const GradientSink> sinks);

private:
    struct Leaf {
        Tensor tensor;
        std::size_t begin, end;  // of its elements among those of all leaves that have a gradient
        std::size_t number;      // in present_
    };
    void lay_out();
    void send_ranges(std::span<const GradientSink> sinks);
    void add_own_range();
    void move_buffers(std::span<const GradientSink> sinks);

    Ranks& ranks_;
    std::vector<Tensor> leaves_, buffers_;
    bool buffers_move_ = false;
    std::int64_t sums_ = 0;
    std::vector<char> present_;        // per sum and leaf: whether there is a gradient
    std::vector<Leaf> layout_;         // of the leaves with gradients
    std::vector<std::size_t> begins_;  // of the ranks, in header_ or among the elements
    std::vector<double> header_;
    std::vector<float> sent_, received_, total_;
};

}  // namespace cyclone::train
