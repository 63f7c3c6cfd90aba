// The sums of gradients of several ranks.

#include "train/rank_sum.h"

#include <cyclone/base/error.h>
#include <cyclone/base/team.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "kernels/elementwise.h"

namespace cyclone::train {
namespace {

constexpr std::size_t kBlock = 16;       // elements: a cache line
constexpr std::size_t kChunk = 1 << 13;  // elements that one task adds up: they stay in the first cache

std::size_t whole(std::int64_t number) { return static_cast<std::size_t>(number); }

// The bytes of elements [begin, end).
template <class T>
auto bytes_of(std::vector<T>& all, std::size_t begin, std::size_t end) {
    return std::as_writable_bytes(std::span(all).subspan(begin, end - begin));
}

}  // namespace

RankSum::RankSum(Ranks& ranks, const nn::Module& model) : ranks_(ranks) {
    for (const NamedTensor& parameter : model.all_named_parameters()) leaves_.push_back(parameter.tensor);
    for (const NamedTensor& buffer : model.named_buffers()) buffers_.push_back(buffer.tensor);
    for (const Tensor& leaf : leaves_)
        check(leaf.dtype() == DType::f32, "ranks", "expected parameters of f32, got one of ", name_of(leaf.dtype()));
}

void RankSum::share(std::span<double> losses, std::int64_t sums, std::span<const GradientSink> sinks,
                    std::uint64_t& position) {
    sums_ = sums;
    const auto slice = [&](std::int64_t sum) { return whole(std::ssize(losses) * sum / sums); };
    begins_.assign(1, 0);
    for (int r = 0; r < ranks_.size(); ++r) {
        const auto [first, last] = ranks_.part_of(sums, r);
        begins_.push_back(begins_.back() + 2 + slice(last) - slice(first) + whole(last - first) * leaves_.size());
    }
    header_.resize(begins_.back());
    present_.resize(whole(sums) * leaves_.size());

    const auto [own_first, own_last] = own(sums);
    double* out = header_.data() + begins_[whole(ranks_.rank())];
    *out++ = std::bit_cast<double>(position);
    *out++ = std::any_of(sinks.begin(), sinks.end(), [](const GradientSink& s) { return s.waits(); }) ? 1 : 0;
    out = std::copy(losses.begin() + std::ssize(losses) * own_first / sums,
                    losses.begin() + std::ssize(losses) * own_last / sums, out);
    for (const GradientSink& sink : sinks) {
        std::size_t known = 0;
        for (const Tensor& leaf : leaves_) known += (*out++ = sink.gradient(leaf) ? 1 : 0) > 0 ? 1 : 0;
        check(known == sink.size(), "ranks", "a tensor that is no parameter of the model has a gradient");
    }
    ranks_.share(std::span(header_), begins_);
    buffers_move_ = false;
    for (int r = 0; r < ranks_.size(); ++r) {
        const auto [first, last] = ranks_.part_of(sums, r);
        const double* in = header_.data() + begins_[whole(r)];
        if (r == 0) position = std::bit_cast<std::uint64_t>(*in);
        buffers_move_ = buffers_move_ || in[1] > 0;
        in += 2;
        for (std::size_t i = slice(first); i < slice(last); ++i) losses[i] = *in++;
        for (std::size_t i = whole(first) * leaves_.size(); i < whole(last) * leaves_.size(); ++i)
            present_[i] = *in++ > 0;
    }
}

void RankSum::add_up(std::span<const GradientSink> sinks) {
    lay_out();
    send_ranges(sinks);
    add_own_range();
    ranks_.share(std::span(total_), begins_);
    for (Leaf& leaf : layout_) {
        Tensor sum = leaf.tensor.grad();
        if (!sum.defined()) leaf.tensor.set_grad(sum = Tensor::empty(leaf.tensor.shape()));
        std::memcpy(sum.mutable_data<float>(), total_.data() + leaf.begin, (leaf.end - leaf.begin) * sizeof(float));
    }
    if (buffers_move_) move_buffers(sinks);
}

// One rank after the other, as each goes on from what the one before has left.
void RankSum::move_buffers(std::span<const GradientSink> sinks) {
    for (int r = 0; r < ranks_.size(); ++r) {
        const auto [first, last] = ranks_.part_of(sums_, r);
        if (first == last) continue;
        if (r == ranks_.rank())
            for (const GradientSink& sink : sinks) sink.act();
        for (Tensor& buffer : buffers_) {
            const std::size_t bytes = whole(buffer.numel()) * size_of(buffer.dtype());
            for (std::size_t i = 0; i < begins_.size(); ++i) begins_[i] = i <= whole(r) ? 0 : bytes;
            ranks_.share(std::span(static_cast<std::byte*>(buffer.mutable_bytes()), bytes), begins_);
        }
    }
}

// Which elements there are, and which of them each rank adds up.
void RankSum::lay_out() {
    layout_.clear();
    std::size_t elements = 0;
    for (std::size_t i = 0; i < leaves_.size(); ++i) {
        bool there = false;
        for (std::size_t sum = 0; sum < whole(sums_); ++sum) there = there || present_[sum * leaves_.size() + i];
        if (!there) continue;
        layout_.push_back({leaves_[i], elements, elements + whole(leaves_[i].numel()), i});
        elements = layout_.back().end;
    }
    total_.resize(elements);
    begins_.assign(1, 0);
    for (int r = 0; r < ranks_.size(); ++r) {
        const auto blocks = static_cast<std::int64_t>((elements + kBlock - 1) / kBlock);
        begins_.push_back(std::min(elements, whole(ranks_.part_of(blocks, r).second) * kBlock));
    }
}

void RankSum::send_ranges(std::span<const GradientSink> sinks) {
    const std::size_t count = whole(ranks_.size()), own = whole(ranks_.rank()), mine = begins_[own + 1] - begins_[own];
    sent_.resize(sinks.size() * total_.size());
    received_.resize(whole(sums_) * mine);
    // For each rank, of each sink the elements that are that rank's.
    Team::mine().run(std::ssize(sinks), [&](std::int64_t i) {
        for (const Leaf& leaf : layout_) {
            const Tensor* gradient = sinks[whole(i)].gradient(leaf.tensor);
            if (!gradient) continue;
            const float* from = gradient->data<float>();
            for (std::size_t r = 0; r < count; ++r) {
                const std::size_t begin = std::max(leaf.begin, begins_[r]), end = std::min(leaf.end, begins_[r + 1]);
                const std::size_t length = begins_[r + 1] - begins_[r];
                if (begin < end)
                    std::memcpy(sent_.data() + sinks.size() * begins_[r] + whole(i) * length + (begin - begins_[r]),
                                from + (begin - leaf.begin), (end - begin) * sizeof(float));
            }
        }
    });
    std::vector<std::span<const std::byte>> to;
    std::vector<std::span<std::byte>> from;
    for (std::size_t r = 0; r < count; ++r) {
        const auto [first, last] = ranks_.part_of(sums_, static_cast<int>(r));
        to.push_back(bytes_of(sent_, sinks.size() * begins_[r], sinks.size() * begins_[r + 1]));
        from.push_back(bytes_of(received_, whole(first) * mine, whole(last) * mine));
    }
    ranks_.exchange(to, from);
}

void RankSum::add_own_range() {
    const std::size_t own = whole(ranks_.rank()), first = begins_[own], last = begins_[own + 1];
    const auto chunks = static_cast<std::int64_t>((last - first + kChunk - 1) / kChunk);
    Team::mine().run(chunks, [&](std::int64_t chunk) {
        const std::size_t chunk_begin = first + whole(chunk) * kChunk, chunk_end = std::min(last, chunk_begin + kChunk);
        for (const Leaf& leaf : layout_) {
            const std::size_t begin = std::max(leaf.begin, chunk_begin), end = std::min(leaf.end, chunk_end);
            if (begin >= end) continue;
            float* into = total_.data() + begin;
            const Tensor before = leaf.tensor.grad();
            bool empty = !before.defined();
            if (!empty) std::copy_n(before.data<float>() + (begin - leaf.begin), end - begin, into);
            for (std::size_t sum = 0; sum < whole(sums_); ++sum) {
                if (!present_[sum * leaves_.size() + leaf.number]) continue;
                const float* more = received_.data() + sum * (last - first) + (begin - first);
                if (empty)
                    std::copy_n(more, end - begin, into);
                else
                    kernels::add_into_serial(more, into, static_cast<std::int64_t>(end - begin));
                empty = false;
            }
        }
    });
}

}  // namespace cyclone::train
