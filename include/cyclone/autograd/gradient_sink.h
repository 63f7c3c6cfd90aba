#pragma once
// GradientSink: where the gradients of one slice of a batch go until all slices are there.

#include <cyclone/autograd/record.h>

#include <functional>
#include <span>
#include <utility>
#include <vector>

namespace cyclone {

/// While its Scope lives, backward() of the calling thread adds the gradients of leaves here and not to their grad(),
/// so that several threads can work on one model. Leaves are added in the order in which they come.
class GradientSink {
public:
    /// Makes `sink` that of the calling thread.
    class Scope {
    public:
        explicit Scope(GradientSink& sink);  ///< until the end of this object
        ~Scope();
        Scope(const Scope&) = delete;
        Scope& operator=(const Scope&) = delete;

    private:
        GradientSink* before_;
    };

    static GradientSink* mine();  ///< of the calling thread; null: none

    /// Adds to the gradient of `leaf`; takes `grad` itself if it is the first and nothing else shares it.
    void add(const Tensor& leaf, Tensor grad);
    void clear();                                         ///< forgets everything
    std::size_t size() const { return entries_.size(); }  ///< leaves that have a gradient here
    const Tensor* gradient(const Tensor& leaf) const;     ///< null: none

    /// Adds the gradients of all sinks to grad() of their leaves, element by element in the order of the sinks, calls
    /// what waits, and clears the sinks. The Team of the calling thread works on it.
    static void add_up(std::span<GradientSink> sinks);

    /// Of an op that moves a value on, as batch norm does its running mean: in a thread with a sink `action` waits and
    /// is called by add_up(), in the order of the sinks and of the calls of each; without one it is called at once.
    template <class Action>
    static void after_slices(Action action) {
        if (GradientSink* sink = mine())
            sink->actions_.emplace_back(std::move(action));
        else
            action();  // without a std::function, which would be on the heap
    }
    bool waits() const { return !actions_.empty(); }  ///< whether something waits
    void act() const;                                 ///< calls what waits

private:
    struct Entry {
        Tensor leaf, grad;
    };
    Entry* find(const Tensor& leaf);

    std::vector<Entry, CachingAllocator<Entry>> entries_;
    std::vector<std::function<void()>> actions_;
};

}  // namespace cyclone
