// The gradients of slices, and their sum.

#include <cyclone/autograd/gradient_sink.h>
#include <cyclone/base/team.h>

#include <algorithm>
#include <utility>

#include "autograd/accumulate.h"
#include "kernels/elementwise.h"

namespace cyclone {
namespace {

thread_local GradientSink* current = nullptr;

constexpr std::int64_t kChunk = 1 << 13;  // elements that one task adds up: they stay in the first cache

// A piece of a leaf's gradient, to which those of the slices are added.
struct Piece {
    Tensor* sum;
    const Tensor* const* slices;
    std::size_t count;
    std::int64_t begin, end;

    void add() const {
        visit_floating(sum->dtype(), "backward", [&](auto zero) {
            using T = decltype(zero);
            T* into = const_cast<T*>(sum->data<T>());  // counted as a modification before
            for (std::size_t s = 0; s < count; ++s)
                kernels::add_into_serial(slices[s]->data<T>() + begin, into + begin, end - begin);
        });
    }
};

}  // namespace

GradientSink::Scope::Scope(GradientSink& sink) : before_(std::exchange(current, &sink)) {}
GradientSink::Scope::~Scope() { current = before_; }
GradientSink* GradientSink::mine() { return current; }

GradientSink::Entry* GradientSink::find(const Tensor& leaf) {
    const auto at =
        std::find_if(entries_.begin(), entries_.end(), [&](const Entry& e) { return e.leaf.is_same(leaf); });
    return at == entries_.end() ? nullptr : &*at;
}

const Tensor* GradientSink::gradient(const Tensor& leaf) const {
    const Entry* entry = const_cast<GradientSink*>(this)->find(leaf);
    return entry ? &entry->grad : nullptr;
}

void GradientSink::add(const Tensor& leaf, Tensor grad) {
    if (Entry* entry = find(leaf))
        autograd::add_into(entry->grad, grad);
    else
        entries_.push_back({leaf, autograd::owned(std::move(grad))});
}

void GradientSink::clear() { entries_.clear(), actions_.clear(); }

void GradientSink::act() const {
    for (const auto& action : actions_) action();
}

void GradientSink::add_up(std::span<GradientSink> sinks) {
    // Where a leaf has no gradient yet, that of the first sink that has one becomes the sum.
    std::vector<Tensor, CachingAllocator<Tensor>> sums;
    std::vector<const Tensor*, CachingAllocator<const Tensor*>> slices;
    std::vector<Piece, CachingAllocator<Piece>> pieces;
    std::size_t leaves = 0;
    for (const GradientSink& sink : sinks) leaves += sink.entries_.size();
    sums.reserve(leaves), slices.reserve(leaves);
    for (std::size_t s = 0; s < sinks.size(); ++s)
        for (Entry& entry : sinks[s].entries_) {
            bool seen = false;
            for (std::size_t before = 0; before < s && !seen; ++before)
                seen = sinks[before].find(entry.leaf) != nullptr;
            if (seen) continue;
            Tensor sum = entry.leaf.grad();
            const std::size_t first = slices.size();
            std::size_t next = s;
            if (!sum.defined()) {
                sum = entry.grad;
                entry.leaf.set_grad(sum);
                ++next;
            }
            for (; next < sinks.size(); ++next)
                if (Entry* more = sinks[next].find(entry.leaf)) slices.push_back(&more->grad);
            if (slices.size() == first) continue;
            sum.bump_version();
            sums.push_back(std::move(sum));
            for (std::int64_t begin = 0; begin < sums.back().numel(); begin += kChunk)
                pieces.push_back({&sums.back(), slices.data() + first, slices.size() - first, begin,
                                  std::min(begin + kChunk, sums.back().numel())});
        }
    Team::mine().run(std::ssize(pieces), [&](std::int64_t i) { pieces[static_cast<std::size_t>(i)].add(); });
    for (const GradientSink& sink : sinks) sink.act();
    for (GradientSink& sink : sinks) sink.clear();
}

}  // namespace cyclone
