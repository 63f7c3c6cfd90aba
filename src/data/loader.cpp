// Loader: the order of an epoch, and the batches made from it.

#include <cyclone/base/profile.h>
#include <cyclone/data/loader.h>
#include <cyclone/data/pixels.h>
#include <cyclone/ops/gather.h>

#include <algorithm>
#include <numeric>
#include <optional>

#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

#include "data/augment_batch.h"
#include "data/prefetcher.h"

namespace cyclone::data {
namespace {

// Denormal results become zero in either thread, so that both make the same bits. (flush_denormals() of base would
// start OpenMP workers in the loader's thread.)
class FlushDenormals {
public:
#if defined(__x86_64__)
    FlushDenormals() : before_(_mm_getcsr()) { _mm_setcsr(before_ | 0x8040U); }
    ~FlushDenormals() { _mm_setcsr(before_); }
    FlushDenormals(const FlushDenormals&) = delete;
    FlushDenormals& operator=(const FlushDenormals&) = delete;

private:
    unsigned before_;
#endif
};

}  // namespace

void BatchSource::validate(std::string_view where) const {
    check<UsageError>(static_cast<bool>(make), where, "expected a function that makes batches, got an empty one");
    check<UsageError>(images >= 1, where, "expected at least one image per epoch of ", name, ", got ", images);
    check<UsageError>(image_shape.rank() >= 1 && image_shape.numel() > 0, where,
                      "expected images of at least one element of ", name, ", got shape ", image_shape);
}

namespace {

// What a source has made of a request.
void check_batch(const Batch& batch, const BatchSource& source, const BatchRequest& request) {
    const std::string_view where = "Loader";
    Shape shape{request.count};
    for (const std::int64_t size : source.image_shape) shape.push_back(size);
    check(batch.x.defined() && batch.x.dtype() == DType::f32 && batch.x.shape() == shape, where,
          "expected images of f32 and shape ", shape, " from ", source.name, " for batch ", request.index, " of epoch ",
          request.epoch, ", got ",
          batch.x.defined() ? std::string(name_of(batch.x.dtype())) + " " + batch.x.shape().str() : "none");
    check(!batch.y.defined() || (batch.y.dtype() == DType::i64 && batch.y.shape() == Shape{request.count}), where,
          "expected labels of i64 and shape (", request.count, ") from ", source.name, ", got ",
          batch.y.defined() ? std::string(name_of(batch.y.dtype())) + " " + batch.y.shape().str() : "none");
    const auto check_rows = [&](const Tensor& t, const char* what) {
        check(t.defined() && t.rank() >= 1 && t.size(0) == request.count, where, "expected ", what, " with ",
              request.count, " rows from ", source.name, ", got ", t.defined() ? t.shape().str() : "none");
    };
    if (batch.targets.defined()) check_rows(batch.targets, "targets");
    if (batch.weights.defined()) check_rows(batch.weights, "weights");
    if (batch.mixed_y.defined()) check_rows(batch.mixed_y, "mixed labels");
    for (const Tensor& t : batch.more) check_rows(t, "further tensors");
}

}  // namespace

struct Loader::State {
    Dataset dataset;
    std::optional<BatchSource> source;  // then there is no dataset
    LoaderOptions options;
    std::vector<double> mean, inverse;  // per channel
    std::int64_t samples = 0;           // of an epoch
    std::int64_t epoch = 0;             // the one under way, and
    std::vector<std::int64_t> order;    // its samples
    LoaderPosition next;
    bool in_epoch = false;
    Batch current;
    std::optional<Prefetcher> prefetcher;

    std::int64_t batches() const { return batches_in(samples, options.batch_size, options.drop_last); }
    std::vector<std::int64_t> order_of(std::int64_t which) const;
    Batch make(std::int64_t index) const;
    Batch from_source(std::int64_t index) const;
    void fetch();
};

std::vector<std::int64_t> Loader::State::order_of(std::int64_t which) const {
    if (source) return {};
    if (options.shuffle)
        return options.sampler.order({.labels = dataset.labels.values<std::int64_t>(),
                                      .classes = dataset.classes(),
                                      .batch_size = options.batch_size,
                                      .seed = options.seed,
                                      .epoch = which});
    std::vector<std::int64_t> as_stored(static_cast<std::size_t>(dataset.size()));
    std::iota(as_stored.begin(), as_stored.end(), 0);
    return as_stored;
}

Batch Loader::State::from_source(std::int64_t index) const {
    const std::int64_t first = index * options.batch_size;
    const BatchRequest request{epoch, index, first, std::min(options.batch_size, samples - first), options.seed};
    Batch batch = source->make(request);
    check_batch(batch, *source, request);
    batch.index = index;
    profile::lap(profile::Phase::loader, "make a batch");
    return batch;
}

Batch Loader::State::make(std::int64_t index) const {
    [[maybe_unused]] const FlushDenormals flush;
    profile::lap(profile::Phase::loader, nullptr);  // on its own thread it waited for room until now
    if (source) return from_source(index);
    const std::int64_t first = index * options.batch_size;
    const std::int64_t count = std::min(options.batch_size, samples - first);
    Shape shape = dataset.images.shape();
    shape.set(0, count);
    Batch batch{.x = Tensor::empty(shape), .y = Tensor::empty({count}, DType::i64), .index = index};
    float* x = batch.x.mutable_data<float>();
    auto* y = batch.y.mutable_data<std::int64_t>();
    const std::int64_t per_image = shape.numel_between(1, 4);
    const auto* labels = dataset.labels.data<std::int64_t>();
    const auto shown = std::span(order).subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(count));
    for (const std::int64_t sample : shown) *y++ = labels[sample];
    if (dataset.targets.defined() || dataset.weights.defined()) {
        const Tensor places = Tensor::from(shown, {count});
        if (dataset.targets.defined()) batch.targets = take(dataset.targets, places);
        if (dataset.weights.defined()) batch.weights = take(dataset.weights, places);
    }
    const AugmentationKey key{options.seed, epoch, first};
    const auto make_rows = [&](std::int64_t begin, std::int64_t end) {
        visit_pixels(dataset.images.dtype(), "Loader", [&](auto zero) {
            using T = decltype(zero);
            const auto chosen = shown.subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(end - begin));
            dataset.images.visit(chosen, [&](std::int64_t k, const void* pixels) {
                standardize(static_cast<const T*>(pixels), x + (begin + k) * per_image, per_image, mean, inverse);
            });
        });
        profile::lap(profile::Phase::loader, "make a batch");
        if (!options.augmentation.any()) return;
        augment_rows(batch, begin, end, options.augmentation, key, shown,
                     dataset.standardization ? &*dataset.standardization : nullptr);
        profile::lap(profile::Phase::loader, "augment a batch");
    };
    const auto [begin, end] = options.part ? options.part(count) : std::pair(std::int64_t{0}, count);
    make_rows(begin, end);
    if (options.augmentation.mixup > 0 || options.augmentation.cutmix > 0) {
        const Mixing mixing = draw_mixing(options.augmentation, shape, key);
        if (end - begin < count) {  // also those that they are mixed with
            const std::int64_t other = begin + mixing.step;
            if (other < count) make_rows(other, std::min(count, end + mixing.step));
            if (end + mixing.step > count) make_rows(std::max(count, other) - count, end + mixing.step - count);
        }
        mix_rows(batch, begin, end, mixing);
        profile::lap(profile::Phase::loader, "augment a batch");
    }
    return batch;
}

// Makes `next` the current batch, or ends the epoch.
void Loader::State::fetch() {
    if (!in_epoch) return;  // set_epoch() or skip() inside the loop ended it
    profile::lap(profile::Phase::other, "between updates");
    if (next.batch == batches()) {
        prefetcher.reset();
        current = {};
        in_epoch = false;
        next = {next.epoch + 1, 0};
        return;
    }
    current = prefetcher ? prefetcher->next() : make(next.batch);
    profile::lap(profile::Phase::idle, "wait for a batch");
    ++next.batch;
}

namespace {

LoaderOptions checked(LoaderOptions options) {
    check<UsageError>(options.batch_size >= 1, "Loader", "expected a batch size of at least 1, got ",
                      options.batch_size);
    check<UsageError>(options.prefetch >= 0 && options.prefetch <= 1024, "Loader",
                      "expected a prefetch of 0 to 1024 batches, got ", options.prefetch);
    return options;
}

}  // namespace

Loader::Loader(BatchSource source, LoaderOptions options) : state_(std::make_unique<State>()) {
    State& s = *state_;
    s.options = checked(std::move(options));
    source.validate("Loader");
    check<UsageError>(s.options.sampler.plain() && !s.options.augmentation.any(), "Loader",
                      "expected no sampler and no augmentation with a source of batches, which makes them as it wants");
    s.samples = source.images;
    s.source = std::move(source);
    check<UsageError>(s.batches() > 0, "Loader", "a batch of ", s.options.batch_size, " is larger than the ", s.samples,
                      " images of an epoch (hint: drop_last = false)");
}

Loader::Loader(Dataset dataset, LoaderOptions options) : state_(std::make_unique<State>()) {
    options = checked(std::move(options));
    dataset.validate("Loader");
    State& s = *state_;
    s.dataset = std::move(dataset);
    s.options = std::move(options);
    check<UsageError>(s.options.shuffle || s.options.sampler.plain(), "Loader",
                      "expected shuffle with a sampler, which makes the order itself, got shuffle = false");
    s.options.augmentation.validate("Loader", s.dataset.image_shape());
    check<UsageError>(
        !s.dataset.targets.defined() || (s.options.augmentation.mixup == 0 && s.options.augmentation.cutmix == 0),
        "Loader", "mixup and cutmix mix labels, not targets (hint: a BatchSource can mix both)");
    s.samples = s.options.sampler.plain() ? s.dataset.size() : static_cast<std::int64_t>(s.order_of(0).size());
    check<UsageError>(s.batches() > 0, "Loader", "a batch of ", s.options.batch_size, " is larger than the ", s.samples,
                      " images of an epoch (hint: drop_last = false)");
    const auto channels = static_cast<std::size_t>(s.dataset.images.size(3));
    s.mean.assign(channels, 0.0);
    s.inverse.assign(channels, 1.0);
    if (const auto& standardization = s.dataset.standardization) {
        s.mean = standardization->mean;
        for (std::size_t c = 0; c < channels; ++c) s.inverse[c] = 1 / standardization->scale[c];
    }
}

Loader::~Loader() = default;
Loader::Loader(Loader&&) noexcept = default;
Loader& Loader::operator=(Loader&&) noexcept = default;

Loader::Iterator Loader::begin() {
    State& s = *state_;
    s.prefetcher.reset();
    if (s.in_epoch) s.next = {s.next.epoch + 1, 0};  // the last loop was left early
    s.epoch = s.next.epoch;
    s.order = s.order_of(s.epoch);
    check(s.source || static_cast<std::int64_t>(s.order.size()) == s.samples, "Loader", "expected ", s.samples,
          " samples from the sampler in each epoch, got ", s.order.size());
    s.in_epoch = true;
    if (s.options.prefetch > 0 && s.next.batch < s.batches())
        s.prefetcher.emplace([&s](std::int64_t i) { return s.make(i); }, s.next.batch, s.batches(), s.options.prefetch);
    s.fetch();
    return Iterator(this);
}

void Loader::set_epoch(std::int64_t epoch) {
    check<UsageError>(epoch >= 0, "Loader::set_epoch", "expected an epoch of at least 0, got ", epoch);
    State& s = *state_;
    s.prefetcher.reset();
    s.in_epoch = false;
    s.next = {epoch, 0};
}

void Loader::skip(std::int64_t batches) {
    State& s = *state_;
    check<UsageError>(batches >= 0 && batches <= s.batches(), "Loader::skip", "expected 0 to ", s.batches(),
                      " batches, got ", batches);
    if (s.in_epoch) set_epoch(s.next.epoch + 1);
    s.next.batch = batches;
}

LoaderPosition Loader::position() const { return state_->next; }
std::int64_t Loader::batches_per_epoch() const { return state_->batches(); }
const Dataset& Loader::dataset() const { return state_->dataset; }
const LoaderOptions& Loader::options() const { return state_->options; }

const Batch& Loader::Iterator::operator*() const { return loader_->state_->current; }
bool Loader::Iterator::done() const { return !loader_->state_->in_epoch; }
Loader::Iterator& Loader::Iterator::operator++() {
    loader_->state_->fetch();
    return *this;
}

}  // namespace cyclone::data
