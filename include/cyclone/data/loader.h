#pragma once
// Loader: turns a dataset into batches of standardised f32 images, in a new order each epoch, prepared ahead on a
// thread of its own.

#include <cyclone/data/augment.h>
#include <cyclone/data/batch.h>
#include <cyclone/data/batch_source.h>
#include <cyclone/data/dataset.h>
#include <cyclone/data/sampler.h>
#include <cyclone/tensor/tensor.h>

#include <cstdint>
#include <functional>
#include <iterator>
#include <memory>
#include <utility>
#include <vector>

namespace cyclone::data {

/// How a Loader goes through a dataset.
struct LoaderOptions {
    std::int64_t batch_size = 32;    ///< images per batch
    bool shuffle = true;             ///< false: the order of the dataset
    std::uint64_t seed = 0;          ///< of the shuffles
    bool drop_last = false;          ///< leave out the last batch of an epoch when it is smaller
    std::int64_t prefetch = 2;       ///< batches prepared ahead; 0: in the calling thread, with the same bits
    Sampler sampler = {};            ///< which samples an epoch visits; by default each once
    Augmentation augmentation = {};  ///< random changes of the images, for training only
    /// For one of several processes that share a batch of `rows` rows: the rows whose images are made, from first up to
    /// second. They are as without it; the other rows of Batch::x are left as they come. Called in the loader's thread.
    /// By default all.
    std::function<std::pair<std::int64_t, std::int64_t>(std::int64_t rows)> part = {};
};

/// A place in the run, for checkpoints: the next batch is number `batch` of epoch `epoch`.
struct LoaderPosition {
    std::int64_t epoch = 0;                                  ///< from 0
    std::int64_t batch = 0;                                  ///< in the epoch, from 0
    bool operator==(const LoaderPosition&) const = default;  ///< the same place
};

/// `for (const Batch& batch : loader)` is one epoch; the next loop is the next epoch, also after a `break`. A batch may
/// be kept: its tensors are never written again. The dataset's pixels must not change while the loader lives.
/// One thread iterates at a time; moving is fine, copying is not offered.
class Loader {
public:
    /// Errors: an invalid dataset, batch_size < 1, prefetch outside [0, 1024], no complete batch with drop_last,
    /// a sampler without shuffle, a sampler or an augmentation that does not fit the data, mixup or cutmix with
    /// targets.
    explicit Loader(Dataset dataset, LoaderOptions options = {});
    /// Batches of a program, in the order that it gives them. Errors: an invalid source, a sampler or an augmentation,
    /// which are the source's own affair, batch_size < 1, prefetch outside [0, 1024]; while it runs, a batch of another
    /// size than asked for, and what the source throws.
    explicit Loader(BatchSource source, LoaderOptions options = {});
    ~Loader();
    /// @cond what a range-based for loop needs
    Loader(Loader&&) noexcept;
    Loader& operator=(Loader&&) noexcept;
    class Iterator {
    public:
        using value_type = Batch;
        using difference_type = std::ptrdiff_t;
        using reference = const Batch&;
        using pointer = const Batch*;
        using iterator_category = std::input_iterator_tag;

        const Batch& operator*() const;
        const Batch* operator->() const { return &**this; }
        Iterator& operator++();
        void operator++(int) { ++*this; }
        friend bool operator==(const Iterator& it, std::default_sentinel_t) { return it.done(); }

    private:
        friend class Loader;
        explicit Iterator(Loader* loader) : loader_(loader) {}
        bool done() const;
        Loader* loader_;
    };
    /// @endcond

    /// Starts the epoch position() names and fetches its first batch. Ends an epoch that is still under way.
    Iterator begin();
    std::default_sentinel_t end() const { return {}; }  ///< of the epoch

    /// The next loop runs epoch `epoch`, from its first batch.
    void set_epoch(std::int64_t epoch);
    /// The next loop leaves out the first `batches` batches of its epoch (all of them: it is empty). Resuming a run is
    /// set_epoch(p.epoch) and skip(p.batch) with the stored position p.
    void skip(std::int64_t batches);
    /// Inside a loop: the place after the current batch. Outside: where the next loop begins.
    LoaderPosition position() const;

    std::int64_t batches_per_epoch() const;  ///< the same in every epoch
    const Dataset& dataset() const;          ///< what it was made from; empty of a source
    const LoaderOptions& options() const;    ///< what it was made with

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace cyclone::data
